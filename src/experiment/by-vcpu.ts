import type { Samples } from '../measure/sample-taker.ts';
import { mergeSorted, type Summary, sortSamples, summariseSorted } from '../stats/quantiles.ts';
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

/** The samples of one kind in ascending order, and what each vCPU had of them, in the order of their numbers. */
export interface SortedSamples {
  readonly sorted: Float64Array;
  readonly vcpus: readonly VcpuLatency[];
}

/**
 * Sorts the samples of one kind: those of each vCPU by themselves, then merges them.
 * @throws InvariantError when a sample is NaN
 */
export function sortByVcpu(
  { latency, vcpus, censored }: Samples,
  names: readonly VcpuName[],
): SortedSamples {
  const whose = vcpus.values();
  // Those of pCPUs, and of idle vCPUs, come behind the others.
  const nobody = names.length;
  const counts = new Int32Array(nobody + 1);
  const unfinished = new Int32Array(nobody + 1);
  // Those that had not ended are the last.
  const ended = whose.length - censored;
  for (let i = 0; i < whose.length; i++) {
    const vcpu = whose[i] < 0 ? nobody : whose[i];
    counts[vcpu]++;
    if (i >= ended) unfinished[vcpu]++;
  }
  const values = latency.values();
  const parts = Array.from(counts, (count) => new Float64Array(count));
  counts.fill(0);
  for (let i = 0; i < whose.length; i++) {
    const vcpu = whose[i] < 0 ? nobody : whose[i];
    parts[vcpu][counts[vcpu]++] = values[i];
  }
  const sorted = parts.map((part) => (part.length === 0 ? part : sortSamples(part)));
  const each = names.flatMap(({ domain, number }, vcpu) => {
    if (counts[vcpu] === 0) return [];
    const summary = summariseSorted(sorted[vcpu]);
    return [{ domain, vcpu: number, summary, censored: unfinished[vcpu] }];
  });
  return { sorted: mergeSorted(sorted.filter(({ length }) => length > 0)), vcpus: each };
}
