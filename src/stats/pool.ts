import type { Counted } from './bucket-counts.ts';
import { bucketMiddle, bucketOf } from './buckets.ts';

/** Different numbers that a pool holds; with more it goes over to buckets of 0.1 %. */
const NUMBERS_MAX = 1 << 18;
const BITS = 9;
/** Rounding of sums of weights that counts as none. */
const ROUNDING = 1e-12;

/** Numbers, ascending and each once: how many samples have it, and what these weigh together. */
interface Runs extends Counted {
  readonly weights: Float64Array;
}

/** A quantile of a pool, and how much is known of its neighbourhood. */
export interface PooledQuantile {
  readonly estimate: number;
  /** Samples below it and beyond it, whichever are fewer. */
  readonly beyond: number;
}

/**
 * The samples of all replications together. Each replication's may weigh more or less than one each, where rare ones were
 * sampled more often than they occur. Quantiles are the inverse of the distribution function (type 1 of Hyndman and Fan
 * 1996): the least sample at or below which lies at least the part p of the weight.
 */
export class Pool {
  /** Samples, and their weight. */
  count = 0;
  weight = 0;
  /** Sorted lists that get shorter; each is merged with the next as soon as that is no longer. */
  private readonly parts: Runs[] = [];
  private isCoarse = false;

  add({ values, counts }: Counted, weight: number): void {
    if (values.length === 0) return;
    const weights = counts.map((count) => count * weight);
    for (const count of counts) this.count += count;
    for (const own of weights) this.weight += own;
    const added = { values, counts, weights };
    this.parts.push(this.isCoarse ? coarse(added) : added);
    this.mergeTail(1);
  }

  /** The `p` quantile, 0 .. 1; without samples NaN. */
  quantile(p: number): PooledQuantile {
    const { values, counts, weights } = this.runs();
    if (values.length === 0) return { estimate: Number.NaN, beyond: 0 };
    const wanted = p * this.weight * (1 - ROUNDING);
    let below = 0;
    let samples = 0;
    let i = 0;
    for (; i < values.length - 1 && below + weights[i] < wanted; i++) {
      below += weights[i];
      samples += counts[i];
    }
    // Of the samples that equal it, those up to p are counted below, the others beyond.
    samples += counts[i] * Math.min(1, Math.max(0, (wanted - below) / weights[i]));
    return { estimate: values[i], beyond: Math.min(samples, this.count - samples) };
  }

  private runs(): Runs {
    this.mergeTail(Number.POSITIVE_INFINITY);
    return this.parts[0] ?? NONE;
  }

  private mergeTail(factor: number): void {
    const { parts } = this;
    while (parts.length > 1) {
      const [a, b] = parts.slice(-2);
      if (a.values.length > factor * b.values.length) return;
      const merged = merge(a, b);
      if (merged.values.length > NUMBERS_MAX) this.isCoarse = true;
      parts.splice(-2, 2, this.isCoarse ? coarse(merged) : merged);
    }
  }
}

const NONE: Runs = {
  values: new Float64Array(0),
  counts: new Float64Array(0),
  weights: new Float64Array(0),
};

function merge(a: Runs, b: Runs): Runs {
  const most = a.values.length + b.values.length;
  const values = new Float64Array(most);
  const counts = new Float64Array(most);
  const weights = new Float64Array(most);
  let n = 0;
  let i = 0;
  let j = 0;
  while (i < a.values.length || j < b.values.length) {
    const x = i < a.values.length ? a.values[i] : Number.POSITIVE_INFINITY;
    const y = j < b.values.length ? b.values[j] : Number.POSITIVE_INFINITY;
    values[n] = Math.min(x, y);
    if (x <= y) {
      counts[n] += a.counts[i];
      weights[n] += a.weights[i++];
    }
    if (y <= x) {
      counts[n] += b.counts[j];
      weights[n] += b.weights[j++];
    }
    n++;
  }
  return {
    values: values.slice(0, n),
    counts: counts.slice(0, n),
    weights: weights.slice(0, n),
  };
}

/** The same in buckets. */
function coarse({ values, counts, weights }: Runs): Runs {
  const middles = values.map((value) => bucketMiddle(bucketOf(Math.floor(value), BITS), BITS));
  let n = 0;
  const result = {
    values: new Float64Array(values.length),
    counts: new Float64Array(values.length),
    weights: new Float64Array(values.length),
  };
  middles.forEach((middle, i) => {
    if (n === 0 || result.values[n - 1] !== middle) result.values[n++] = middle;
    result.counts[n - 1] += counts[i];
    result.weights[n - 1] += weights[i];
  });
  return {
    values: result.values.slice(0, n),
    counts: result.counts.slice(0, n),
    weights: result.weights.slice(0, n),
  };
}

/** How many samples of a replication are at most `value`. */
export function countUpTo({ values, counts }: Counted, value: number): number {
  let count = 0;
  for (let i = 0; i < values.length && values[i] <= value; i++) count += counts[i];
  return count;
}
