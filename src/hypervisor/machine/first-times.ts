import type { Time } from '../../engine/time.ts';

/**
 * When a timer of `pcpu` comes first [ns]; 0 if there are no `times`.
 * @param times - by pCPU; the last one counts for all that follow
 */
export function firstTimeOf(times: readonly Time[] | undefined, pcpu: number): Time {
  return times?.[Math.min(pcpu, times.length - 1)] ?? 0;
}
