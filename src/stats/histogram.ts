import { invariant } from '../engine/invariant.ts';
import { bucketMiddle, bucketOf } from './buckets.ts';

/** Each power of two is divided into 2^9 buckets. */
const BITS = 9;
const PER_OCTAVE = 2 ** BITS;
/** Values below 2^9 have a bucket each, and so have the 44 octaves from 2^9 to 2^53. */
const BUCKETS = PER_OCTAVE * (1 + 53 - BITS);

/**
 * Largest relative error of a quantile [-]: half a bucket, less than 0.1 %. Below 1024 there is
 * none.
 */
export const HISTOGRAM_ERROR_MAX = 2 ** -(BITS + 1);

/**
 * Counts of whole numbers 0 .. 2^53 - 1, here [ns], in 180 KiB however many there are.
 *
 * In the buckets of `bucketOf`. Count, mean, least and largest value are exact; quantiles err by at most
 * `HISTOGRAM_ERROR_MAX`. What is reported does not depend on the order of recording and merging.
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  // The sum in two parts: a fast one that stays a whole number below 2^53, and what has been
  // carried over.
  #sum = 0;
  #carried = 0n;

  /** Number of values recorded. */
  get count(): number {
    return this.#count;
  }

  /** Least value recorded; NaN when there is none. */
  get min(): number {
    return this.#count === 0 ? Number.NaN : this.#min;
  }

  /** Largest value recorded; NaN when there is none. */
  get max(): number {
    return this.#count === 0 ? Number.NaN : this.#max;
  }

  /** Mean of the values recorded, from their exact sum; NaN when there is none. */
  get mean(): number {
    return Number(this.#carried + BigInt(this.#sum)) / this.#count;
  }

  /**
   * Records `value`, `count` times.
   * @param value - whole number, 0 .. 2^53 - 1
   * @param count - whole number from 1
   */
  record(value: number, count = 1): void {
    invariant(Number.isSafeInteger(value) && value >= 0, 'a histogram holds whole numbers from 0');
    invariant(
      Number.isSafeInteger(count) && count >= 1,
      'a value is recorded a whole number of times',
    );
    this.#counts[bucketOf(value, BITS)] += count;
    this.#count += count;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    const added = value * count;
    if (this.#sum + added <= Number.MAX_SAFE_INTEGER) {
      this.#sum += added;
    } else {
      this.#carried += BigInt(this.#sum) + BigInt(value) * BigInt(count);
      this.#sum = 0;
    }
  }

  /** Adds everything that `other` holds; `other` is unchanged. */
  merge(other: Histogram): void {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i] += other.#counts[i];
    this.#carried += other.#carried + BigInt(other.#sum);
    this.#count += other.#count;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  /**
   * The `p` quantile (type 7, as `quantileSorted`) of the values recorded, within
   * `HISTOGRAM_ERROR_MAX`; exact at 0 and 1. NaN when there is none.
   * @param p - probability, 0 .. 1
   */
  quantile(p: number): number {
    invariant(p >= 0 && p <= 1, 'a quantile lies in 0 .. 1');
    if (this.#count === 0) return Number.NaN;
    const position = (this.#count - 1) * p;
    const rank = Math.floor(position);
    const lower = this.#orderStatistic(rank);
    if (position === rank) return lower;
    return lower + (position - rank) * (this.#orderStatistic(rank + 1) - lower);
  }

  /**
   * About the value with `rank` smaller ones: the middle of its bucket, but never outside min ..
   * max.
   */
  #orderStatistic(rank: number): number {
    if (rank === 0) return this.#min;
    if (rank === this.#count - 1) return this.#max;
    let bucket = 0;
    for (let upTo = this.#counts[0]; upTo <= rank; ) upTo += this.#counts[++bucket];
    const middle = bucketMiddle(bucket, BITS);
    return Math.min(Math.max(middle, this.#min), this.#max);
  }
}
