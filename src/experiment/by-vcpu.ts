import type { Samples } from '../measure/sample-taker.ts';
import { type Summary, sortSamples, summariseSorted } from '../stats/quantiles.ts';
import type { VcpuName } from './vcpu-names.ts';

/** The samples of one vCPU. */
export interface VcpuLatency {
  readonly domain: string;
  /** Its number in the domain. */
  readonly vcpu: number;
  readonly summary: Summary;
  /** Samples that had not ended. */
  readonly censored: number;
}

/** Of each vCPU that has samples of a kind, in the order of their numbers. */
export function byVcpu(
  { latency, vcpus, censored }: Samples,
  names: readonly VcpuName[],
): VcpuLatency[] {
  const whose = vcpus.values();
  const counts = new Int32Array(names.length);
  const unfinished = new Int32Array(names.length);
  // Those that had not ended are the last.
  const ended = whose.length - censored;
  whose.forEach((vcpu, i) => {
    if (vcpu < 0) return;
    counts[vcpu]++;
    if (i >= ended) unfinished[vcpu]++;
  });
  const samples = Array.from(counts, (count) => new Float64Array(count));
  counts.fill(0);
  const values = latency.values();
  whose.forEach((vcpu, i) => {
    if (vcpu >= 0) samples[vcpu][counts[vcpu]++] = values[i];
  });
  return names.flatMap(({ domain, number }, vcpu) => {
    if (counts[vcpu] === 0) return [];
    const summary = summariseSorted(sortSamples(samples[vcpu]));
    return [{ domain, vcpu: number, summary, censored: unfinished[vcpu] }];
  });
}
