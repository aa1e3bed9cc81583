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
  const parts = partsOf(latency.values(), whose, names.length);
  const unfinished = new Int32Array(names.length);
  // Those that had not ended are the last.
  for (let i = whose.length - censored; i < whose.length; i++) {
    if (whose[i] >= 0) unfinished[whose[i]]++;
  }
  const each: VcpuLatency[] = [];
  const lists: Float64Array[] = [];
  parts.forEach((part, vcpu) => {
    if (part.length === 0) return;
    const sorted = sortSamples(part);
    lists.push(sorted);
    if (vcpu === names.length) return;
    const { domain, number } = names[vcpu];
    const summary = summariseSorted(sorted);
    each.push({ domain, vcpu: number, summary, censored: unfinished[vcpu] });
  });
  return { sorted: mergeSorted(lists), vcpus: each };
}

/** Values by vCPU, in their order; behind these those of none. */
function partsOf(values: Float64Array, whose: Int32Array, vcpus: number): Float64Array[] {
  const counts = new Int32Array(vcpus + 1);
  for (let i = 0; i < whose.length; i++) counts[whose[i] < 0 ? vcpus : whose[i]]++;
  const parts = Array.from(counts, (count) => new Float64Array(count));
  counts.fill(0);
  for (let i = 0; i < whose.length; i++) {
    const vcpu = whose[i] < 0 ? vcpus : whose[i];
    parts[vcpu][counts[vcpu]++] = values[i];
  }
  return parts;
}
