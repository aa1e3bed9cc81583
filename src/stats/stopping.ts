import { invariant } from '../engine/invariant.ts';
import type { Interval } from './interval.ts';

/** When to stop replicating: fixed before the first replication. */
export interface StoppingRule {
  /** Every interval is to be narrower than this [unit of the values]. */
  readonly width: number;
  /** Most replications. */
  readonly atMost: number;
  /** Fewest replications, at least 2: a spread seen in very few is often too small by chance. */
  readonly atLeast: number;
}

/** What a stopping rule says. */
export type StoppingDecision =
  /** Every interval is narrow enough. */
  | 'reached'
  /** The most replications are done and some interval is still too wide. */
  | 'exhausted'
  /** More are needed. */
  | 'continue';

/**
 * Whether to stop after the replications that `intervals` came from: the 95 % intervals of one metric, one per cell.
 *
 * An interval without ends (NaN) is not narrow. Intervals after such a rule cover a little less than their nominal
 * rate, as one stops when the spread happens to look small (Chow and Robbins 1965: exact only in the limit); `atLeast`
 * keeps that small. So look after whole batches, not after every replication.
 */
export function stoppingDecision(
  { width, atMost, atLeast }: StoppingRule,
  intervals: readonly Interval[],
): StoppingDecision {
  invariant(width > 0, 'a stopping rule asks for a width above 0');
  invariant(atLeast >= 2 && atMost >= atLeast, 'a stopping rule has 2 <= atLeast <= atMost');
  const done = Math.min(...intervals.map(({ n }) => n));
  if (done >= atLeast && intervals.every(({ lo, hi }) => hi - lo < width)) return 'reached';
  return done >= atMost ? 'exhausted' : 'continue';
}
