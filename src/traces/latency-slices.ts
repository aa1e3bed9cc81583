import type { Duration, Time } from '../engine/time.ts';
import type { ReplicationResult } from '../experiment/replication.ts';
import { domainOf, type LatencyKind } from '../measure/latency-kinds.ts';

/** One measured latency, from when it began to when it ended. */
export interface LatencySlice {
  readonly kind: LatencyKind;
  /** Global number of its vCPU; -1: it is the pCPU's. */
  readonly vcpu: number;
  readonly pcpu: number;
  readonly from: Time;
  readonly to: Time;
  /** It had not ended then, and is at least so long. */
  readonly isCensored: boolean;
  /** The largest of its kind; of equal ones the first. */
  readonly isWorst: boolean;
  /** What it was made of, without what is 0 [ns]. */
  readonly causes: readonly (readonly [cause: string, length: Duration])[];
}

/**
 * The samples of a replication as slices, by kind and when they began. Left out are those of no length, those of single domains,
 * which all samples have too, and `slowdown`, which is no time.
 * @param causes - names of the causes, in the order of the samples'
 */
export function latencySlices(
  samples: ReplicationResult['samples'],
  causes: readonly string[],
): LatencySlice[] {
  return samples.flatMap(({ kind, columns }) => {
    if (kind === 'slowdown' || domainOf(kind) !== undefined) return [];
    const worst = columns.latency.reduce((max, latency) => Math.max(max, latency), 0);
    const first = columns.latency.indexOf(worst);
    const slices = Array.from(columns.latency, (latency, i): LatencySlice => {
      const parts = columns.causes.subarray(i * causes.length, (i + 1) * causes.length);
      return {
        kind,
        vcpu: columns.vcpu[i],
        pcpu: columns.pcpu[i],
        from: columns.time[i] - latency,
        to: columns.time[i],
        isCensored: columns.censored[i] === 1,
        isWorst: i === first,
        causes: causes.flatMap((cause, part) => (parts[part] > 0 ? [[cause, parts[part]]] : [])),
      };
    });
    return slices.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from);
  });
}

/** A row on which latencies of one kind stand one after the other: those that overlap are on several. */
export interface LatencyLane {
  readonly kind: LatencyKind;
  readonly vcpu: number;
  readonly pcpu: number;
  /** From 0 among those of the same kind and vCPU or pCPU. */
  readonly number: number;
  readonly slices: LatencySlice[];
}

/** Most rows for latencies of one kind of one vCPU or pCPU. */
const LANES_MAX = 32;

/** Puts latencies on rows; those for which there is none left are left out. */
export function latencyLanes(latencies: readonly LatencySlice[]): LatencyLane[] {
  const groups = new Map<string, LatencyLane[]>();
  for (const slice of latencies) {
    const { kind, vcpu } = slice;
    const pcpu = vcpu < 0 ? slice.pcpu : -1;
    const key = `${kind} ${vcpu} ${pcpu}`;
    const lanes = groups.get(key) ?? [];
    groups.set(key, lanes);
    const free = lanes.find(({ slices }) => (slices.at(-1)?.to ?? 0) <= slice.from);
    if (free !== undefined) free.slices.push(slice);
    else if (lanes.length < LANES_MAX) {
      lanes.push({ kind, vcpu, pcpu, number: lanes.length, slices: [slice] });
    }
  }
  return [...groups.values()].flat();
}
