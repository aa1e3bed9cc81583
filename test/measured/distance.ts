/**
 * Kolmogorov-Smirnov distance of two samples, where values that are not more than `tolerance` apart count as equal:
 * the least shares by which no shift of single values by up to the tolerance can do better. 0 (alike) to 1 (all of
 * one lie beyond all of the other).
 */
export function distance(a: readonly number[], b: readonly number[], tolerance: number): number {
  const [x, y] = [a, b].map((values) => [...values].sort((p, q) => p - q));
  return Math.max(0, excess(x, y, tolerance), excess(y, x, tolerance));
}

/**
 * By how much the distribution of `low`, moved up by `tolerance`, lies above that of `high` where it does so most.
 * That is at one of its own steps: between them it does not rise, and the other one does not fall.
 */
function excess(low: readonly number[], high: readonly number[], tolerance: number): number {
  let largest = -Infinity;
  for (const value of low) {
    const at = value + tolerance;
    largest = Math.max(largest, shareUpTo(low, value) - shareUpTo(high, at));
  }
  return largest;
}

/** Which part of sorted values is `x` or less. */
function shareUpTo(values: readonly number[], x: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low / values.length;
}
