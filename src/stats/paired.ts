import { square } from '../engine/elementary.ts';
import { invariant } from '../engine/invariant.ts';
import type { Interval } from './interval.ts';
import { stratifiedSpread } from './strata.ts';
import { studentTQuantile } from './student-t.ts';

/**
 * A mean difference over replications that share their random numbers, in the unit of the values.
 */
export interface PairedDifference extends Interval {
  /** Half the width of the interval by the quantile of its t; NaN for fewer than two pairs or a NaN among the values. */
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

/** A statistic with an interval of its own, and what each replication contributes to it. */
export interface Side {
  readonly estimate: number;
  readonly lo: number;
  readonly hi: number;
  readonly contributions: ArrayLike<number>;
}

/**
 * The difference of two statistics whose intervals need not be symmetric, paired by replication: its interval is recovered from
 * theirs and from the correlation of their contributions (Zou and Donner 2008, MOVER; Zou 2007 for correlated ones). What is
 * common to both takes from the interval only as far as both vary alike: contributions are linear, and where one side lies at a
 * gap between samples and the other does not, they move differently.
 */
export function recoveredDifference(
  a: Side,
  b: Side,
  { strata, grain = 0 }: PairOptions = {},
): PairedDifference {
  const plain = pairedDifference(a.contributions, b.contributions, { strata });
  const estimate = a.estimate - b.estimate;
  const correlation = correlationOf(a.contributions, b.contributions, strata);
  const arm = (x: number, y: number) =>
    Math.max(
      grain,
      Math.sqrt(Math.max(0, square(x) + square(y) - 2 * correlation * square(Math.min(x, y)))),
    );
  const lo = estimate - arm(a.estimate - a.lo, b.hi - b.estimate);
  const hi = estimate + arm(a.hi - a.estimate, b.estimate - b.lo);
  const t = -studentTQuantile(0.025, plain.dof >= 1 ? plain.dof : 1);
  return { ...plain, estimate, lo, hi, standardError: (hi - lo) / 2 / t };
}

/** By the spread within strata; 0 if one side does not vary. */
function correlationOf(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  strata: ArrayLike<number> | undefined,
): number {
  const error = (values: ArrayLike<number>) => stratifiedSpread(values, strata).standardError;
  const sum = error(Float64Array.from(a, (value, i) => value + b[i]));
  const [x, y] = [error(a), error(b)];
  if (x === 0 || y === 0) return 0;
  return Math.min(1, Math.max(-1, (square(sum) - square(x) - square(y)) / (2 * x * y)));
}
