import { bucketMiddle, bucketOf } from './buckets.ts';

/** Samples are written as they are, or in so many buckets per power of two (2 to the power of this): the finest that fits. */
const EXACT = 0;
const RESOLUTIONS = [EXACT, 9, 8, 7, 6] as const;
/** Different numbers that are written at most; the coarsest resolution may have a thousand more. */
const NUMBERS_MAX = 2048;
/** A distribution that is drawn is in buckets of this resolution. */
const DRAWN = 6;

/** Largest relative error of the value of a step: half a bucket, less than 0.8 %. Below 128 there is none. */
export const COUNTS_ERROR_MAX = 2 ** -(DRAWN + 1);

/** A text that `encodeCounts` may have written. */
export const COUNTS_PATTERN = /^(?:[06-9](?: \d{1,16} \d{1,15})+)?$/;

/** Numbers, each once and ascending, and how many samples have it. */
export interface Counted {
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

/**
 * Samples as text: the resolution, then for each different number how much larger it is than the one before (the first:
 * than 0), and how many samples have it; separated by spaces. Up to 2048 different numbers are kept as they are, of more
 * the bucket, of 512 per power of two (0.1 %) or as many as fit, at least 64. Fractions are left out.
 * @param sorted - samples 0 .. 2^53 - 1 in ascending order
 */
export function encodeCounts(sorted: Float64Array): string {
  if (sorted.length === 0) return '';
  for (const bits of RESOLUTIONS) {
    const most = bits === DRAWN ? Number.POSITIVE_INFINITY : NUMBERS_MAX;
    const parts = countsAt(sorted, bits, most);
    if (parts !== undefined) return parts.join(' ');
  }
  return '';
}

function countsAt(sorted: Float64Array, bits: number, most: number): number[] | undefined {
  const parts = [bits];
  let number = numberOf(sorted[0], bits);
  let count = 0;
  let before = 0;
  for (const sample of sorted) {
    const own = numberOf(sample, bits);
    if (own !== number) {
      if (parts.length > 2 * most - 2) return undefined;
      parts.push(number - before, count);
      before = number;
      count = 0;
    }
    number = own;
    count++;
  }
  parts.push(number - before, count);
  return parts;
}

function numberOf(sample: number, bits: number): number {
  return bits === EXACT ? Math.floor(sample) : bucketOf(sample, bits);
}

/** What `encodeCounts` wrote; of a bucket its middle. */
export function decodeCounts(text: string): Counted {
  if (text === '') return { values: new Float64Array(0), counts: new Float64Array(0) };
  const [bits, ...parts] = text.split(' ').map(Number);
  const values = new Float64Array(parts.length / 2);
  const counts = new Float64Array(parts.length / 2);
  let number = 0;
  for (let i = 0; i < values.length; i++) {
    number += parts[2 * i];
    values[i] = bits === EXACT ? number : bucketMiddle(number, bits);
    counts[i] = parts[2 * i + 1];
  }
  return { values, counts };
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
    const { values, counts } = decodeCounts(text);
    values.forEach((value, i) => {
      const bucket = bucketOf(Math.floor(value), DRAWN);
      this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + counts[i]);
      this.count += counts[i];
    });
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
      const value = Math.min(Math.max(bucketMiddle(bucket, DRAWN), this.min), this.max);
      // The largest sample has a step of its own.
      step(value, Math.min(upTo, this.count - 1));
    }
    step(this.max, this.count);
    return steps;
  }
}
