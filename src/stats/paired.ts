import { invariant } from '../engine/invariant.ts';
import type { Interval } from './interval.ts';
import { stratifiedSpread } from './strata.ts';
import { studentTQuantile } from './student-t.ts';

/**
 * A mean difference over replications that share their random numbers, in the unit of the values.
 */
export interface PairedDifference extends Interval {
  /** Standard error of the estimate; NaN for fewer than two pairs or a NaN among the values. */
  readonly standardError: number;
  /** Degrees of freedom of its Student's t. */
  readonly dof: number;
}

/** What is known about pairs besides their values. */
export interface PairOptions {
  /** The stratum of each pair; default: all in one. */
  readonly strata?: ArrayLike<number> | undefined;
  /** The interval is at least so wide to either side: what cannot be known better, 0 or more; default 0. */
  readonly grain?: number;
}

/**
 * The mean of `a[i] - b[i]` with its 95 % Student t interval: below 0 means that `a` is lower.
 *
 * Pairs belong to the same replication; common random numbers make their difference vary less than
 * either. Fewer than two pairs: no interval. All differences equal: lo = hi = estimate, but for the grain.
 */
export function pairedDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { strata, grain = 0 }: PairOptions = {},
): PairedDifference {
  invariant(a.length === b.length, 'a paired difference has as many values on both sides');
  const differences = Float64Array.from(a, (value, i) => value - b[i]);
  const { estimate, standardError: error, dof } = stratifiedSpread(differences, strata);
  const n = differences.length;
  const t = dof >= 1 ? -studentTQuantile(0.025, dof) : Number.NaN;
  const half = Math.max(t * error, grain);
  return { estimate, lo: estimate - half, hi: estimate + half, n, standardError: half / t, dof };
}
