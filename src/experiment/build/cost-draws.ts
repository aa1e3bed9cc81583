import type { RandomStream } from '../../engine/random-stream.ts';
import { type Spreads, VaryingCosts } from '../../hypervisor/machine/cost-spread.ts';
import type { Costs } from '../../hypervisor/machine/costs.ts';
import type { FlushCosts } from '../../memory/flush-rule.ts';
import type { PolicySetup } from '../schema/policy-schema.ts';

/** What draws all costs anew each time, for a purpose such as `costs/0`. */
export type CostDraws = (purpose: string) => () => Costs;

/** Draws of costs that vary; undefined if none does. */
export function costDraws(
  typical: Costs,
  spreads: Spreads,
  streamOf: (purpose: string) => RandomStream,
): CostDraws | undefined {
  if (Object.keys(spreads).length === 0) return undefined;
  const varying = new VaryingCosts(typical, spreads);
  return (purpose) => {
    const stream = streamOf(purpose);
    return () => varying.at(stream.uniform());
  };
}

/** What the steps of a flush cost under a policy: for equal costs the same object. */
export function flushCosts({ lock }: Pick<PolicySetup, 'lock'>): (costs: Costs) => FlushCosts {
  const known = new Map<Costs, FlushCosts>();
  return (costs) => {
    const { page, lookup, skip } = costs;
    const check = costs.check + (lock === 'drop' ? costs.lockDrop : 0);
    const made = known.get(costs) ?? { page, lookup, skip, check };
    known.set(costs, made);
    return made;
  };
}
