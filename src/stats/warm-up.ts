import { mean } from './mean.ts';

/** Observations in a batch. */
const BATCH = 5;

/**
 * How many leading observations of `series` to drop as warm-up, by MSER-5 (White, Cobb and Spratt
 * 2000): means of batches of 5, cut where the standard error of the mean of what is left is
 * smallest; the earliest such cut.
 *
 * A multiple of 5, and at most half of the batches: a result at that limit says that the series is
 * too short to judge. An incomplete last batch does not count. 0 for fewer than two batches.
 */
export function warmUpLength(series: ArrayLike<number>): number {
  const batches = Math.floor(series.length / BATCH);
  const values = Float64Array.from(series);
  let squares = 0;
  let centre = 0;
  let best = Number.POSITIVE_INFINITY;
  let cut = 0;
  // From the end, so that each cut adds one batch to the running mean and sum of squares (Welford
  // 1962).
  for (let first = batches - 1; first >= 0; first--) {
    const batch = mean(values.subarray(first * BATCH, (first + 1) * BATCH));
    const left = batches - first;
    const delta = batch - centre;
    centre += delta / left;
    squares += delta * (batch - centre);
    if (first > batches / 2) continue;
    const squaredError = squares / (left * left);
    if (squaredError <= best) {
      best = squaredError;
      cut = first * BATCH;
    }
  }
  return cut;
}
