import { invariant } from '../engine/invariant.ts';
import { mean } from './mean.ts';
import { studentTQuantile } from './student-t.ts';

/** An estimate with its confidence interval, in the unit of the values. */
export interface Interval {
  readonly estimate: number;
  /** Lower end; NaN when there are too few values to say. */
  readonly lo: number;
  /** Upper end; NaN when there are too few values to say. */
  readonly hi: number;
  /** Number of values, here replications. */
  readonly n: number;
}

/**
 * The mean of independent values with its Student t interval.
 *
 * No values: all NaN. One value: lo and hi are NaN. All values equal: lo = hi = estimate. A NaN
 * among the values makes all three NaN.
 * @param confidence - between 0 and 1
 */
export function meanInterval(values: ArrayLike<number>, confidence = 0.95): Interval {
  invariant(confidence > 0 && confidence < 1, 'a confidence lies between 0 and 1');
  const n = values.length;
  const estimate = mean(values);
  if (n < 2) return { estimate, lo: Number.NaN, hi: Number.NaN, n };
  const half = -studentTQuantile((1 - confidence) / 2, n - 1) * standardError(values);
  return { estimate, lo: estimate - half, hi: estimate + half, n };
}

/** Standard error of the mean of independent values: s / sqrt(n); NaN for fewer than two values. */
export function standardError(values: ArrayLike<number>): number {
  const n = values.length;
  const centre = mean(values);
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const distance = values[i] - centre;
    squares += distance * distance;
  }
  return Math.sqrt(squares / (n - 1) / n);
}
