import type { LatencyKind } from '../measure/latency-kinds.ts';
import type { Metric } from '../measure/metrics.ts';
import type { Measurements } from './replication.ts';
import type { Cell } from './schema/schema.ts';

/** One replication that ran, or failed. Its samples are kept apart: there may be millions. */
export type Outcome =
  | { readonly ok: true; readonly replication: number; readonly result: Measurements }
  | { readonly ok: false; readonly replication: number; readonly message: string };

/** The replications of one cell. They are read from disk each time they are asked for. */
export interface CellResult {
  readonly cell: Cell;
  /** All that ran or failed, by replication. */
  readonly outcomes: Iterable<Outcome>;
  /**
   * A statistic of a kind of latency, by replication; NaN where there is none [ns]. `count`: how many samples there are;
   * `censored`: how many of them had not ended, so that every statistic is a lower bound.
   */
  values(kind: LatencyKind, value: Metric | 'count' | 'censored'): Float64Array;
}
