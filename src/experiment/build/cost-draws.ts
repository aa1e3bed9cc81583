import type { RandomStream } from '../../engine/random-stream.ts';
import { type Spreads, VaryingCosts } from '../../hypervisor/machine/cost-spread.ts';
import type { Costs } from '../../hypervisor/machine/costs.ts';
import type { FlushCosts } from '../../memory/flush-rule.ts';
import type { MachineSpec } from '../schema/machine-schema.ts';
import type { PolicySetup } from '../schema/policy-schema.ts';

/** All costs, which vary together: one of several sets of them is drawn anew each time. */
export interface CostDraws {
  /** What draws the numbers of sets for a purpose such as `costs/0`. */
  draws(purpose: string): () => number;
  /** The set with that number; the same object each time. */
  costs(set: number): Costs;
}

/** Draws of costs that vary; undefined if none does. */
export function costDraws(
  typical: Costs,
  spreads: Spreads,
  streamOf: (purpose: string) => RandomStream,
): CostDraws | undefined {
  if (Object.keys(spreads).length === 0) return undefined;
  const varying = varyingCosts(typical, spreads);
  return {
    draws: (purpose) => {
      const stream = streamOf(purpose);
      return () => varying.setAt(stream.uniform());
    },
    costs: (set) => varying.costs(set),
  };
}

/** What draws all costs anew each time. */
export function wholeCosts(drawn: CostDraws, purpose: string): () => Costs {
  const draw = drawn.draws(purpose);
  return () => drawn.costs(draw());
}

/** Sets of costs are dear to make, and depend on nothing but these: replications share them. */
const made = new Map<string, VaryingCosts>();
const MADE_MAX = 16;

/** The sets of costs that can be drawn. */
export function varyingCosts(typical: Costs, spreads: Spreads): VaryingCosts {
  const key = JSON.stringify([typical, spreads]);
  const known = made.get(key);
  if (known !== undefined) return known;
  if (made.size === MADE_MAX) made.clear();
  const varying = new VaryingCosts(typical, spreads);
  made.set(key, varying);
  return varying;
}

/** What the steps of a flush cost under a policy. */
export function flushCosts(
  policy: PolicySetup,
  machine: Pick<MachineSpec, 'costs' | 'pageVariants'>,
): (costs: Costs) => FlushCosts {
  const perPage = pageMultiple(policy, machine);
  return ({ page, lookup, skip, check, lockDrop }) => ({
    page: Math.round(page * perPage),
    lookup,
    skip,
    check: check + (policy.lock === 'drop' ? lockDrop : 0),
  });
}

/** What a page costs under a policy, as a multiple of what it costs with Xen's own check. */
function pageMultiple(
  { during }: PolicySetup,
  { costs, pageVariants }: Pick<MachineSpec, 'costs' | 'pageVariants'>,
): number {
  const { unchecked = costs.page, wideThreshold = costs.page } = pageVariants;
  if (costs.page === 0) return 1;
  if (during.kind === 'never') return unchecked / costs.page;
  if (during.kind === 'count' && !isImmediate(during.threshold)) return wideThreshold / costs.page;
  return 1;
}

/** Arm's CMP takes 12 bits, which may be shifted by 12. */
function isImmediate(threshold: number): boolean {
  return threshold < 2 ** 12 || (threshold % 2 ** 12 === 0 && threshold < 2 ** 24);
}
