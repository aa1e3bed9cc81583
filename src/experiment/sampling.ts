import { InvariantError } from '../engine/invariant.ts';
import type { RandomStream } from '../engine/random-stream.ts';
import type { SampledStratum, Sampling } from './schema/sampling-schema.ts';

/** The golden ratio's fractional part: its multiples fill [0, 1) as evenly as any sequence does. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The number of the stratum that a replication draws from: of any first n replications each stratum has its share to within
 * two or three. It depends on nothing but the number of the replication, so that replications can be added.
 */
export function stratumOf({ strata }: Sampling, replication: number): number {
  const position = (0.5 + replication * GOLDEN) % 1;
  let sum = 0;
  for (let s = 0; s < strata.length - 1; s++) {
    sum += strata[s].share;
    if (position < sum) return s;
  }
  return strata.length - 1;
}

/** Draws from a stratum, uniform over its whole ns [ns]. */
export function drawFrom({ parts }: SampledStratum, stream: RandomStream): number {
  const total = parts.reduce((sum, { from, to }) => sum + (to - from), 0);
  let left = Math.floor(stream.uniform() * total);
  for (const { from, to } of parts) {
    if (left < to - from) return from + left;
    left -= to - from;
  }
  throw new InvariantError('a stratum is not empty');
}

/**
 * How much each of some replications counts, so that what was sampled more often than it occurs counts only as much as it
 * occurs: the probability of its stratum by the fraction of these replications that are in it. They sum to the number of
 * replications. All are 1 without sampling; all NaN if a stratum has no replication, as then part of the truth is missing.
 */
export function replicationWeights(
  sampling: Sampling | undefined,
  replications: readonly number[],
): Float64Array {
  const weights = new Float64Array(replications.length).fill(1);
  if (sampling === undefined) return weights;
  const counts = new Float64Array(sampling.strata.length);
  for (const replication of replications) counts[stratumOf(sampling, replication)]++;
  if (counts.includes(0)) return weights.fill(Number.NaN);
  return weights.map((_, i) => {
    const s = stratumOf(sampling, replications[i]);
    return (sampling.strata[s].probability * replications.length) / counts[s];
  });
}
