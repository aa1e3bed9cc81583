import { invariant } from '../engine/invariant.ts';
import type { Interval } from './interval.ts';
import { quantileSorted, sortSamples } from './quantiles.ts';
import { normalCdf, normalQuantile } from './student-t.ts';

/** Result of a rank test of two independent samples. */
export interface RankTest {
  /** Pairs in which the value of `a` is the larger, ties counted half [-]. */
  readonly u: number;
  /** Two-sided P of "both come from the same distribution" [-]. */
  readonly p: number;
}

/** Up to this many values in all the counts of the exact test are whole numbers below 2^53. */
const EXACT_MAX = 50;
/** Differences that are held at once for a shift estimate: 128 MiB. */
const PAIRS_MAX = 2 ** 24;

/**
 * The Mann-Whitney U test (Wilcoxon's rank sum) of two unpaired samples.
 *
 * Exact for at most 50 values in all without ties, otherwise the normal approximation with
 * corrections for ties and continuity. NaN and 1 when a sample is empty.
 * @throws InvariantError when a value is NaN
 */
export function mannWhitney(a: Float64Array, b: Float64Array): RankTest {
  if (a.length === 0 || b.length === 0) return { u: Number.NaN, p: 1 };
  const n = a.length + b.length;
  const { rankSum, tieTerm } = rank(a, b);
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  if (tieTerm === 0 && n <= EXACT_MAX) return { u, p: exactP(u, a.length, b.length) };

  const pairs = a.length * b.length;
  const variance = (pairs / 12) * (n + 1 - tieTerm / (n * (n - 1)));
  const distance = Math.max(0, Math.abs(u - pairs / 2) - 0.5);
  return { u, p: distance === 0 ? 1 : 2 * normalCdf(-distance / Math.sqrt(variance)) };
}

/**
 * How much larger values of `a` are than values of `b`: the median of all differences `a[i] - b[j]`
 * (Hodges and Lehmann 1963). NaN when a sample is empty.
 * @throws InvariantError for more than 2^24 pairs
 */
export function hodgesLehmann(a: Float64Array, b: Float64Array): number {
  return quantileSorted(sortedDifferences(a, b), 0.5);
}

function sortedDifferences(a: Float64Array, b: Float64Array): Float64Array {
  invariant(a.length * b.length <= PAIRS_MAX, 'a shift is estimated from at most 2^24 pairs');
  const differences = new Float64Array(a.length * b.length);
  let next = 0;
  for (const x of a) for (const y of b) differences[next++] = x - y;
  return differences.sort();
}

/**
 * The shift of `a` against `b` as `hodgesLehmann` estimates it, with its confidence interval: the shifts that
 * `mannWhitney` would not reject (Lehmann 1963; Hollander and Wolfe 1973).
 *
 * Holds for any distribution, as long as both differ by a shift only; exact for at most 50 values in all, by the
 * normal approximation for more; covers more than asked for when differences tie. `n` is the number of all values.
 * lo and hi are NaN when there are too few values for the confidence, such as 3 and 3 for 95 %.
 */
export function shiftInterval(a: Float64Array, b: Float64Array, confidence = 0.95): Interval {
  invariant(confidence > 0 && confidence < 1, 'a confidence lies between 0 and 1');
  const n = a.length + b.length;
  const differences = sortedDifferences(a, b);
  const estimate = quantileSorted(differences, 0.5);
  const cut = cutOff((1 - confidence) / 2, a.length, b.length);
  if (cut < 1) return { estimate, lo: Number.NaN, hi: Number.NaN, n };
  return { estimate, lo: differences[cut - 1], hi: differences[differences.length - cut], n };
}

/** How many of the smallest differences to leave out so that at most `tail` is beyond; and one. */
function cutOff(tail: number, n: number, m: number): number {
  if (n + m > EXACT_MAX) {
    const deviation = Math.sqrt((n * m * (n + m + 1)) / 12);
    return Math.floor((n * m) / 2 + normalQuantile(tail) * deviation);
  }
  const counts = arrangements(n, m);
  let allowed = tail * counts.reduce((sum, count) => sum + count, 0);
  let cut = 0;
  while (cut < counts.length && allowed >= counts[cut]) allowed -= counts[cut++];
  return cut;
}

/**
 * Sum of the ranks of `a` in both, ties at their mean rank, and the sum of t^3 - t over groups of t
 * tied values.
 */
function rank(a: Float64Array, b: Float64Array): { rankSum: number; tieTerm: number } {
  const x = sortSamples(a);
  const y = sortSamples(b);
  let rankSum = 0;
  let tieTerm = 0;
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    const value = j === y.length || x[i] < y[j] ? x[i] : y[j];
    const before = i + j;
    const from = i;
    while (i < x.length && x[i] === value) i++;
    while (j < y.length && y[j] === value) j++;
    const tied = i + j - before;
    rankSum += (i - from) * (before + (tied + 1) / 2);
    tieTerm += tied * tied * tied - tied;
  }
  return { rankSum, tieTerm };
}

/** Two-sided exact P of `u` for sizes n and m. */
function exactP(u: number, n: number, m: number): number {
  // Symmetric: the upper tail from u is the lower tail up to n m - u.
  const extreme = Math.min(u, n * m - u);
  let tail = 0;
  let all = 0;
  arrangements(n, m).forEach((count, k) => {
    all += count;
    if (k <= extreme) tail += count;
  });
  return Math.min(1, (2 * tail) / all);
}

/**
 * The number of arrangements of n and m values with each u, by u: coefficients of the Gaussian binomial, the product
 * over i = 1 .. n of (1 - q^(m+i)) / (1 - q^i) (Mann and Whitney 1947).
 */
function arrangements(n: number, m: number): Float64Array {
  const counts = new Float64Array(n * m + 1);
  counts[0] = 1;
  for (let i = 1; i <= n; i++) {
    for (let k = n * m; k >= m + i; k--) counts[k] -= counts[k - m - i];
    for (let k = i; k <= n * m; k++) counts[k] += counts[k - i];
  }
  return counts;
}
