import * as simple from 'simple-statistics';
import { invariant } from '../engine/invariant.ts';
import { mean } from './mean.ts';

/** What is written about the samples of one replication; in the unit of the samples. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/**
 * The `p` quantile of ascending numbers, interpolated linearly between order statistics (type 7 of
 * Hyndman and Fan 1996, the default of R and NumPy). NaN when there are none.
 * @param p - probability, 0 .. 1
 */
export function quantileSorted(sorted: ArrayLike<number>, p: number): number {
  invariant(p >= 0 && p <= 1, 'a quantile lies in 0 .. 1');
  if (sorted.length === 0) return Number.NaN;
  // The library reads length and elements only; its type asks for an array.
  return simple.quantileSorted(sorted as readonly number[], p);
}

/**
 * A copy of `samples` in ascending order.
 * @throws InvariantError when a sample is NaN: it has no place in the order
 */
export function sortSamples(samples: Float64Array): Float64Array {
  // Doubles that are not negative are in the order of their bits, and whole numbers are sorted in half the time.
  const copy = samples.slice();
  const [least = 0n] = new BigInt64Array(copy.buffer).sort();
  const sorted = least >= 0n ? copy : samples.toSorted();
  // NaN sorts last.
  invariant(!Number.isNaN(sorted.at(-1)), 'a sample is a number');
  return sorted;
}

/** The numbers of several ascending lists in ascending order. */
export function mergeSorted(lists: readonly Float64Array[]): Float64Array {
  if (lists.length === 0) return new Float64Array(0);
  if (lists.length === 1) return lists[0];
  const middle = lists.length >> 1;
  return mergeTwo(mergeSorted(lists.slice(0, middle)), mergeSorted(lists.slice(middle)));
}

function mergeTwo(a: Float64Array, b: Float64Array): Float64Array {
  const merged = new Float64Array(a.length + b.length);
  let i = 0;
  let j = 0;
  for (let at = 0; at < merged.length; at++) {
    merged[at] = j === b.length || (i < a.length && a[i] <= b[j]) ? a[i++] : b[j++];
  }
  return merged;
}

/**
 * Count, mean, extremes and type 7 percentiles of `samples`; the same bits for any order of the
 * same samples. Without samples the count is 0 and the rest NaN.
 * @throws InvariantError when a sample is NaN
 */
export function summarise(samples: Float64Array): Summary {
  return summariseSorted(sortSamples(samples));
}

/** The same of samples that are in ascending order. */
export function summariseSorted(sorted: Float64Array): Summary {
  return {
    count: sorted.length,
    // Summed in ascending order, so that the order of the samples cannot change the rounding.
    mean: mean(sorted),
    min: quantileSorted(sorted, 0),
    p50: quantileSorted(sorted, 0.5),
    p90: quantileSorted(sorted, 0.9),
    p99: quantileSorted(sorted, 0.99),
    p999: quantileSorted(sorted, 0.999),
    max: quantileSorted(sorted, 1),
  };
}
