import type { Strata } from './outcome.ts';
import { replicationWeights, stratumOf } from './sampling.ts';
import type { Setup } from './schema/schema.ts';

/** How the replications of a cell were drawn, if some more often than others. @param ran - those that did not fail */
export function strataOf({ sampling }: Setup, ran: () => readonly number[]): Strata | undefined {
  if (sampling === undefined) return undefined;
  const replications = ran();
  const own = replicationWeights(sampling, replications);
  const weights = new Float64Array(replications.reduce((most, r) => Math.max(most, r + 1), 0));
  replications.forEach((replication, i) => {
    weights[replication] = own[i];
  });
  return { of: weights.map((_, replication) => stratumOf(sampling, replication)), weights };
}
