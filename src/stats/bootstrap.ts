import { invariant } from '../engine/invariant.ts';
import type { Interval } from './interval.ts';
import { mean } from './mean.ts';
import { quantileSorted } from './quantiles.ts';
import { normalCdf, normalQuantile } from './student-t.ts';

/** How a bootstrap is done. */
export interface BootstrapOptions {
  /** Between 0 and 1; default 0.95. */
  readonly confidence?: number;
  /** Number of resamples; default 2000. */
  readonly resamples?: number;
}

/**
 * `statistic` of independent values with its BCa interval: bias-corrected and accelerated bootstrap
 * (Efron 1987).
 *
 * The same values, options and random numbers give the same interval. None: all NaN. One value: lo
 * and hi are NaN. All values equal: lo = hi = estimate. Not for extremes: a resample never exceeds
 * the largest value.
 *
 * Covers less than asked for when there are few values: at 95 %, the mean of n normal values is
 * inside 84 % of intervals for n = 5, 90 % for 10, 93 % for 20, 94 % for 40, 95 % for 100. For
 * means take `meanInterval`.
 *
 * @param statistic - of the values it is given, in any order; may reorder them, must not keep them
 * @param uniform - the next random number, uniform over [0, 1)
 */
export function bcaInterval(
  values: ArrayLike<number>,
  statistic: (values: Float64Array) => number,
  uniform: () => number,
  { confidence = 0.95, resamples = 2000 }: BootstrapOptions = {},
): Interval {
  invariant(confidence > 0 && confidence < 1, 'a confidence lies between 0 and 1');
  invariant(resamples >= 1, 'a bootstrap has resamples');
  const n = values.length;
  const source = Float64Array.from(values);
  const estimate = n === 0 ? Number.NaN : statistic(source);
  if (n < 2) return { estimate, lo: Number.NaN, hi: Number.NaN, n };
  if (source.every((value) => value === source[0]))
    return { estimate, lo: estimate, hi: estimate, n };

  const replicates = resample(source, statistic, uniform, resamples).sort();
  const bias = biasCorrection(replicates, estimate);
  const acceleration = jackknifeAcceleration(source, statistic);
  const end = (p: number): number => {
    const z = bias + normalQuantile(p);
    const stretch = 1 - acceleration * z;
    // Beyond the pole of the transformation no finite percentile is far enough.
    const adjusted = stretch > 0 ? normalCdf(bias + z / stretch) : z > 0 ? 1 : 0;
    return quantileSorted(replicates, adjusted);
  };
  return { estimate, lo: end((1 - confidence) / 2), hi: end((1 + confidence) / 2), n };
}

function resample(
  source: Float64Array,
  statistic: (values: Float64Array) => number,
  uniform: () => number,
  count: number,
): Float64Array {
  const n = source.length;
  const drawn = new Float64Array(n);
  const replicates = new Float64Array(count);
  for (let r = 0; r < count; r++) {
    for (let i = 0; i < n; i++) drawn[i] = source[Math.floor(uniform() * n)];
    replicates[r] = statistic(drawn);
  }
  return replicates;
}

/**
 * Normal quantile of the share of replicates below the estimate; ties count half, as statistics on
 * few values tie.
 */
function biasCorrection(replicates: Float64Array, estimate: number): number {
  let below = 0;
  for (const replicate of replicates) {
    if (replicate < estimate) below += 1;
    else if (replicate === estimate) below += 0.5;
  }
  // At 0 or 1 the correction would be infinite; half a replicate is the nearest that could not be
  // seen.
  const count = replicates.length;
  return normalQuantile(Math.min(Math.max(below, 0.5), count - 0.5) / count);
}

/** Acceleration from the values left out one at a time; 0 when the statistic does not change. */
function jackknifeAcceleration(
  source: Float64Array,
  statistic: (values: Float64Array) => number,
): number {
  const n = source.length;
  const rest = new Float64Array(n - 1);
  const without = new Float64Array(n);
  for (let left = 0; left < n; left++) {
    for (let i = 0; i < n - 1; i++) rest[i] = source[i < left ? i : i + 1];
    without[left] = statistic(rest);
  }
  const centre = mean(without);
  let squares = 0;
  let cubes = 0;
  for (const value of without) {
    const distance = centre - value;
    squares += distance * distance;
    cubes += distance * distance * distance;
  }
  return squares === 0 ? 0 : cubes / (6 * squares * Math.sqrt(squares));
}
