import { ACTIVITIES } from '../hypervisor/paths/activity.ts';

/**
 * What a latency is made of [ns]: what the time of the pCPU went to on which the vCPU, or softirq, waited or ran.
 * - guest, flush, path, lock: guest code, chunks of a flush, other hypervisor code and spinning for a lock, of the vCPU
 *   itself; for softirqs, which wait for a pCPU, of whoever is there
 * - softirq, switch, interrupt, idle: softirq handlers, decisions and context switches, interrupt handlers, WFI
 * - behind_guest, behind_flush, behind_path: another vCPU's guest code, flush, other hypervisor code
 * - timer: a hypervisor timer was due and had not fired: timer_slop, or interrupts were masked
 * - forgotten: longer ago than is remembered
 */
export const CAUSES = [
  ...ACTIVITIES,
  'behind_guest',
  'behind_flush',
  'behind_path',
  'timer',
  'forgotten',
] as const;
/** A cause of latency. */
export type Cause = (typeof CAUSES)[number];

/** Indices into CAUSES; the first are those of ACTIVITIES. */
export const TIMER = CAUSES.indexOf('timer');
export const FORGOTTEN = CAUSES.indexOf('forgotten');

const BEHIND: Partial<Record<(typeof ACTIVITIES)[number], Cause>> = {
  guest: 'behind_guest',
  flush: 'behind_flush',
  path: 'behind_path',
  lock: 'behind_path',
};

/** What each activity of another vCPU is to the one that waits behind it. */
export const CAUSE_BEHIND = Uint8Array.from(ACTIVITIES, (activity, own) => {
  const behind = BEHIND[activity];
  return behind === undefined ? own : CAUSES.indexOf(behind);
});
