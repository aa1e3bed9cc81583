import type { RandomStream } from './random-stream.ts';
import type { Duration } from './time.ts';
import { exponential, normal, uniformInteger } from './variates.ts';

/** A law by which durations are drawn, as data [ns]. */
export type Distribution =
  | { readonly kind: 'constant'; readonly value: Duration }
  /** `mean` need not be whole. */
  | { readonly kind: 'exponential'; readonly mean: number }
  /** Whole numbers from low to high, both included. */
  | { readonly kind: 'uniform'; readonly low: Duration; readonly high: Duration }
  /** One of some values, each with its probability; these sum to 1. */
  | { readonly kind: 'discrete'; readonly values: readonly (readonly [Duration, number])[] }
  /** `above` + |N(0, deviation)|. */
  | { readonly kind: 'half-normal'; readonly above: Duration; readonly deviation: Duration }
  /** These values in their order, over and over. */
  | { readonly kind: 'recorded'; readonly values: readonly Duration[] };

/**
 * Draws from `distribution`, in whole ns: exponential and half-normal numbers are rounded to the nearest.
 * Equal laws on equal streams give equal numbers; constant and recorded ones draw nothing.
 */
export function sampler(distribution: Distribution, stream: RandomStream): () => Duration {
  switch (distribution.kind) {
    case 'constant':
      return () => distribution.value;
    case 'exponential':
      return () => Math.round(exponential(stream, distribution.mean));
    case 'uniform':
      return () => uniformInteger(stream, distribution.low, distribution.high);
    case 'discrete':
      return () => pick(distribution.values, stream.uniform());
    case 'half-normal': {
      const { above, deviation } = distribution;
      return () => above + Math.round(Math.abs(normal(stream, 0, deviation)));
    }
    case 'recorded': {
      const { values } = distribution;
      let next = 0;
      return () => values[next++ % values.length];
    }
  }
}

/** The value at which the sum of probabilities exceeds `u`; the last if rounding leaves none. */
function pick(values: readonly (readonly [Duration, number])[], u: number): Duration {
  let sum = 0;
  for (const [value, probability] of values) {
    sum += probability;
    if (u < sum) return value;
  }
  return values[values.length - 1][0];
}
