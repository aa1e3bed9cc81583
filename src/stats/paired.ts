import { invariant } from '../engine/invariant.ts';
import { type Interval, meanInterval, standardError } from './interval.ts';
import { studentTCdf } from './student-t.ts';

/**
 * A mean difference over replications that share their random numbers, in the unit of the values.
 */
export interface PairedDifference extends Interval {
  /** Standard error of the estimate; NaN for fewer than two pairs or a NaN among the values. */
  readonly standardError: number;
  /** Two-sided P of "no difference" (paired t test); 1 when the standard error is NaN. */
  readonly p: number;
}

/**
 * The mean of `a[i] - b[i]` with its Student t interval: below 0 means that `a` is lower.
 *
 * Pairs belong to the same replication; common random numbers make their difference vary less than
 * either. Fewer than two pairs and equal differences as in `meanInterval`.
 */
export function pairedDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  confidence = 0.95,
): PairedDifference {
  invariant(a.length === b.length, 'a paired difference has as many values on both sides');
  const differences = Float64Array.from(a, (value, i) => value - b[i]);
  const interval = meanInterval(differences, confidence);
  const error = standardError(differences);
  return { ...interval, standardError: error, p: noDifferenceP(interval, error) };
}

function noDifferenceP({ estimate, n }: Interval, error: number): number {
  if (Number.isNaN(error) || estimate === 0) return 1;
  return 2 * studentTCdf(-Math.abs(estimate) / error, n - 1);
}
