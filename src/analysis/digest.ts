import type { Duration } from '../engine/time.ts';
import type { Outcome } from '../experiment/outcome.ts';
import type { NamedLoss } from '../experiment/replication.ts';
import type { Cell } from '../experiment/schema/schema.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import type { OperationCount } from '../measure/operation-counts.ts';
import type { WorstSample } from '../measure/worst-samples.ts';
import { BucketCounts } from '../stats/bucket-counts.ts';
import { addOperations } from './happened.ts';

/** Worst samples that are kept per cell and kind. */
const WORST_MAX = 3;

/** One of the worst samples of a study. */
export interface Worst extends WorstSample {
  readonly cell: Cell;
  readonly replication: number;
  readonly kind: LatencyKind;
}

/** The samples of one kind in one cell, over all its replications. */
export interface KindDigest {
  /** Samples, and what they were made of together, by cause in the order of causesOf [ns]. */
  count: number;
  /** How many of them had not ended. */
  censored: number;
  readonly all: number[];
  /** The same of the tails of the replications. */
  tailCount: number;
  readonly tail: number[];
  /** Worst first; among equals the earlier replication. */
  worst: Worst[];
  /** Their distribution, if it is drawn. */
  readonly samples: BucketCounts | undefined;
}

/** What is kept in memory of the replications of one cell, each of which is read once. */
export class Digest {
  readonly cell: Cell;
  readonly kinds = new Map<LatencyKind, KindDigest>();
  /** vCPUs without progress: in how many replications each. */
  readonly stuck = new Map<string, number>();
  /** vCPUs that were lost: how often, how long at most [ns], and the defect of Xen that it is; empty: none that is known. */
  readonly lost = new Map<string, { count: number; longest: Duration; defect: string }>();
  /** What the toolstack did, by what it was. */
  readonly operations = new Map<string, OperationCount>();
  /** The longest run of context switches without a guest instruction. */
  longestSwitching = 0;
  private readonly keepsSamples: boolean;

  /** @param keepsSamples - keep the distribution of the samples too */
  constructor(cell: Cell, keepsSamples: boolean) {
    this.cell = cell;
    this.keepsSamples = keepsSamples;
  }

  /** Takes in a replication, in the order of replications. */
  add(outcome: Outcome): void {
    if (!outcome.ok) return;
    const { cell } = this;
    const { replication } = outcome;
    const { stuck, lost, counters, operations = [] } = outcome.result;
    addOperations(this.operations, operations);
    for (const name of stuck) this.stuck.set(name, (this.stuck.get(name) ?? 0) + 1);
    for (const loss of lost ?? []) this.addLoss(loss);
    this.longestSwitching = Math.max(this.longestSwitching, counters.switches_without_guest);
    for (const { kind, summary, censored, histogram, causes } of outcome.result.latencies) {
      const sum = this.of(kind, causes.all.length);
      sum.count += summary.count;
      sum.censored += censored;
      sum.tailCount += causes.tailCount;
      for (let i = 0; i < causes.all.length; i++) {
        sum.all[i] += causes.all[i];
        sum.tail[i] += causes.tail[i];
      }
      const least = sum.worst.length < WORST_MAX ? -1 : sum.worst[WORST_MAX - 1].latency;
      const worse = causes.worst.filter(({ latency }) => latency > least);
      if (worse.length > 0) {
        const added = worse.map((sample) => ({ ...sample, cell, replication, kind }));
        sum.worst = worstOf([...sum.worst, ...added]);
      }
      sum.samples?.add(histogram, summary);
    }
  }

  private addLoss({ vcpu, from, to, defect = '' }: NamedLoss): void {
    const known = this.lost.get(vcpu) ?? { count: 0, longest: 0, defect };
    const longest = Math.max(known.longest, to - from);
    this.lost.set(vcpu, { ...known, count: known.count + 1, longest });
  }

  private of(kind: LatencyKind, causes: number): KindDigest {
    const known = this.kinds.get(kind);
    if (known !== undefined) return known;
    const none = () => new Array<number>(causes).fill(0);
    const samples = this.keepsSamples ? new BucketCounts() : undefined;
    const sum = {
      count: 0,
      censored: 0,
      all: none(),
      tailCount: 0,
      tail: none(),
      worst: [],
      samples,
    };
    this.kinds.set(kind, sum);
    return sum;
  }
}

/** The worst samples of each policy, at any setting; worst first. */
export function worstByPolicy(kind: LatencyKind, digests: readonly Digest[]): Worst[] {
  const byPolicy = new Map<string, Worst[]>();
  for (const { cell, kinds } of digests) {
    const before = byPolicy.get(cell.policy) ?? [];
    byPolicy.set(cell.policy, worstOf([...before, ...(kinds.get(kind)?.worst ?? [])]));
  }
  return [...byPolicy.values()].flat().sort((a, b) => b.latency - a.latency);
}

/** The worst of some, worst first; among equals those that come first. */
export function worstOf(samples: readonly Worst[]): Worst[] {
  return [...samples].sort((a, b) => b.latency - a.latency).slice(0, WORST_MAX);
}
