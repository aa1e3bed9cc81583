import { square } from '../engine/elementary.ts';
import { invariant } from '../engine/invariant.ts';
import { type Interval, standardError } from './interval.ts';
import { mean } from './mean.ts';
import { studentTQuantile } from './student-t.ts';

/** What was seen in one stratum, such as the phases in which an interrupt hits a window of 300 ns. */
export interface Stratum {
  /** Probability of the stratum; those of all strata sum to 1. */
  readonly weight: number;
  /** Independent values from within it. */
  readonly values: ArrayLike<number>;
}

/**
 * The mean over all strata, the weights put back: sum of weight times mean, with its Student t interval. So a rare
 * stratum may be sampled as often as a common one and still counts only as much as it occurs.
 *
 * The variance is the sum of weight^2 s^2 / n; the degrees of freedom are those of Welch (1947) and Satterthwaite
 * (1946). `n` is the number of all values. lo and hi are NaN if a stratum of weight above 0 has fewer than two values;
 * strata of weight 0 do not count. If no stratum varies, lo = hi = estimate.
 */
export function stratifiedMean(strata: readonly Stratum[], confidence = 0.95): Interval {
  invariant(confidence > 0 && confidence < 1, 'a confidence lies between 0 and 1');
  invariant(
    strata.every(({ weight }) => weight >= 0) &&
      Math.abs(strata.reduce((sum, { weight }) => sum + weight, -1)) < 1e-9,
    'weights of strata are not negative and sum to 1',
  );
  const { estimate, standardError: error, dof, n } = spreadOf(strata);
  if (Number.isNaN(error)) return { estimate, lo: Number.NaN, hi: Number.NaN, n };
  if (error === 0) return { estimate, lo: estimate, hi: estimate, n };
  const half = -studentTQuantile((1 - confidence) / 2, dof) * error;
  return { estimate, lo: estimate - half, hi: estimate + half, n };
}

/** A mean, its standard error and what that is known by. */
export interface StratifiedSpread {
  readonly estimate: number;
  /** NaN if a stratum has fewer than two values. */
  readonly standardError: number;
  /** Degrees of freedom of its Student's t, by Welch and Satterthwaite. */
  readonly dof: number;
  readonly n: number;
}

/**
 * The mean of `values`, whose weights have been put back already, and its standard error if each was drawn from a stratum of
 * its own kind: only the spread within strata counts. Without `strata` all are alike.
 */
export function stratifiedSpread(
  values: ArrayLike<number>,
  strata: ArrayLike<number> | undefined,
): StratifiedSpread {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < values.length; i++) {
    const stratum = strata?.[i] ?? 0;
    const group = groups.get(stratum) ?? [];
    groups.set(stratum, group);
    group.push(values[i]);
  }
  const parts = [...groups.values()].map((of) => ({
    weight: of.length / values.length,
    values: of,
  }));
  return spreadOf(parts);
}

function spreadOf(strata: readonly Stratum[]): StratifiedSpread {
  const counted = strata.filter(({ weight }) => weight > 0);
  let estimate = counted.length === 0 ? Number.NaN : 0;
  let variance = 0;
  let perDof = 0;
  let n = 0;
  for (const { weight, values } of counted) {
    estimate += weight * mean(values);
    const part = square(weight * standardError(values));
    variance += part;
    perDof += square(part) / (values.length - 1);
    n += values.length;
  }
  // Rounding may leave less than 1 degree of freedom where one stratum of two values has all the variance.
  const dof = variance === 0 ? n - counted.length : Math.max(1, square(variance) / perDof);
  return { estimate, standardError: Math.sqrt(variance), dof, n };
}

/**
 * How many times as many values drawn at random, each stratum as often as it occurs, would be needed for an interval of the
 * mean as narrow as that of `stratifiedMean`: the variances of one value each way, by each other. Infinity if no stratum varies
 * in itself, NaN if a stratum of weight above 0 has fewer than two values.
 */
export function stratificationGain(strata: readonly Stratum[]): number {
  const n = strata.reduce((sum, { weight, values }) => sum + (weight > 0 ? values.length : 0), 0);
  let stratified = 0;
  let squares = 0;
  let total = 0;
  for (const { weight, values } of strata) {
    if (weight === 0) continue;
    const variance = square(standardError(values)) * values.length;
    stratified += (square(weight) * variance * n) / values.length;
    squares += weight * (variance + square(mean(values)));
    total += weight * mean(values);
  }
  const random = squares - square(total);
  return random === 0 && stratified === 0 ? 1 : random / stratified;
}
