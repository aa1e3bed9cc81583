import { bucketMiddle, bucketOf } from './buckets.ts';

/** Each power of two is divided into 2^6 buckets: fine enough to be drawn, and few enough to be kept per replication. */
const BITS = 6;

/** Largest relative error of the value of a step: half a bucket, less than 0.8 %. Below 128 there is none. */
export const COUNTS_ERROR_MAX = 2 ** -(BITS + 1);

/** A text that `encodeCounts` may have written. */
export const COUNTS_PATTERN = /^(?:\d{1,4} \d{1,15}(?: (?=\d)|$))*$/;

/**
 * How many samples lie in each bucket, as text: for each bucket that has any, how many buckets it lies after the one
 * before (the first: after bucket 0), and its count; separated by spaces. Fractions are left out.
 * @param sorted - samples 0 .. 2^53 - 1 in ascending order
 */
export function encodeCounts(sorted: Float64Array): string {
  const parts: number[] = [];
  let bucket = 0;
  let count = 0;
  let before = 0;
  for (const sample of sorted) {
    const own = bucketOf(sample, BITS);
    if (own !== bucket && count > 0) {
      parts.push(bucket - before, count);
      before = bucket;
      count = 0;
    }
    bucket = own;
    count++;
  }
  if (count > 0) parts.push(bucket - before, count);
  return parts.join(' ');
}

/** A step of a distribution function. */
export interface BucketStep {
  /** Within `COUNTS_ERROR_MAX` of the samples that it is of. */
  readonly value: number;
  /** Samples up to this one. */
  readonly upTo: number;
}

/** Counts of the samples of any number of replications together; the same whatever the order of adding. */
export class BucketCounts {
  count = 0;
  private readonly counts = new Map<number, number>();
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;

  /**
   * Adds the samples of a replication, if there are any.
   * @param text - as `encodeCounts` wrote it
   * @param extremes - the least and the largest of these samples
   */
  add(text: string, { min, max }: { readonly min: number; readonly max: number }): void {
    if (text === '') return;
    const parts = text.split(' ');
    let bucket = 0;
    for (let i = 0; i < parts.length; i += 2) {
      bucket += Number(parts[i]);
      const count = Number(parts[i + 1]);
      this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + count);
      this.count += count;
    }
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
  }

  /** The distribution function as steps, ascending. The least and the largest sample are exact. */
  steps(): BucketStep[] {
    if (this.count === 0) return [];
    const steps: BucketStep[] = [];
    const step = (value: number, upTo: number) => {
      const last = steps[steps.length - 1];
      if (value === last?.value) steps.pop();
      else if (upTo === last?.upTo) return;
      steps.push({ value, upTo });
    };
    step(this.min, 1);
    let upTo = 0;
    for (const [bucket, count] of [...this.counts].sort(([a], [b]) => a - b)) {
      upTo += count;
      const value = Math.min(Math.max(bucketMiddle(bucket, BITS), this.min), this.max);
      // The largest sample has a step of its own.
      step(value, Math.min(upTo, this.count - 1));
    }
    step(this.max, this.count);
    return steps;
  }
}
