import type { CounterName } from '../measure/counters.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import type { Metric } from '../measure/metrics.ts';
import type { Measurements } from './replication.ts';
import type { Cell } from './schema/schema.ts';

/** One replication that ran, or failed. Its samples are kept apart: there may be millions. */
export type Outcome =
  | { readonly ok: true; readonly replication: number; readonly result: Measurements }
  | { readonly ok: false; readonly replication: number; readonly message: string };

/**
 * What is known of the samples of a replication by itself: how many there are, their mean [ns], and how many of them are of
 * waits that had not ended with the run.
 */
export const OWN_VALUES = ['count', 'own_mean', 'censored'] as const;
export type OwnValue = (typeof OWN_VALUES)[number];

/** A statistic of a kind of latency over all replications of a cell [ns]; NaN where there are too few samples. */
export interface Statistic {
  readonly estimate: number;
  /** The 95 % interval of a quantile; NaN of other statistics. */
  readonly lo: number;
  readonly hi: number;
  /** How far it would be moved by what happens so seldom that it was not seen. */
  readonly grain: number;
}

/** Where rare things were drawn more often than they occur. */
export interface Strata {
  /** The stratum of each replication. */
  readonly of: ArrayLike<number>;
  /** What each replication counts, so that each stratum counts as much as it is probable; they sum to their number. */
  readonly weights: ArrayLike<number>;
}

/** The replications of one cell. They are read from disk each time they are asked for. */
export interface CellResult {
  readonly cell: Cell;
  /** All that ran or failed, by replication. */
  readonly outcomes: Iterable<Outcome>;
  statistic(kind: LatencyKind, metric: Metric): Statistic;
  /**
   * By replication, its contribution to a statistic (see `PooledStatistics`), or what it has by itself; NaN where it failed
   * or has none [ns].
   */
  values(kind: LatencyKind, value: Metric | OwnValue): Float64Array;
  /** By replication; NaN where it failed. */
  counter(name: CounterName): Float64Array;
  /** How its replications were drawn; undefined if all alike. */
  readonly strata: Strata | undefined;
}
