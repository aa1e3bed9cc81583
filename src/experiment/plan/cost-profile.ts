import { z } from 'zod';
import type { Spreads } from '../../hypervisor/machine/cost-spread.ts';
import {
  COST_NAMES,
  type CostName,
  type Costs,
  OPTIONAL_COSTS,
} from '../../hypervisor/machine/costs.ts';
import { closest } from '../../input/closest.ts';
import { duration, frequency, mapping, NAME, prose, whole } from '../../input/fields.ts';
import { type Problem, show } from '../../input/problems.ts';
import {
  type Complaint,
  locate,
  makeSource,
  type Node,
  problemAt,
  type SourceText,
} from '../../input/tree.ts';
import { type Validated, validate } from '../../input/validate.ts';
import { parseTree } from '../../input/yaml-tree.ts';
import { COST_KEYS, costKey, type PageVariants } from '../schema/machine-schema.ts';
import { spreadSchema } from '../schema/spread-schema.ts';

/** Where cost profiles come from: files beside the experiment and shipped ones, or a test's own. */
export interface ProfileSource {
  /** The text of a profile, or why there is none. */
  read(name: string): { readonly source: SourceText } | { readonly complaint: Complaint };
}

/** What one step costs [ns], in general and where it differs: under a scheduler, or in a variant. */
interface Cost {
  readonly default: number;
  readonly [where: string]: number;
}

/** A cost profile: every step's cost, how it varies, and what the machine's counter knows. */
export interface CostProfile {
  readonly name: string;
  readonly description: string;
  readonly costs: ReadonlyMap<CostName, Cost>;
  readonly spreads: Spreads;
  /** Ticks of the counter in a second; undefined: it knows every ns. */
  readonly counterHz: number | undefined;
}

/** Xen's schedulers, by which a cost may differ. */
const SCHEDULERS = ['credit', 'credit2', 'rtds', 'null', 'arinc653'] as const;
const COST_MAX = 1e12;
const EXTENDS_MAX = 8;
const MHZ = 1e6;
const GHZ = 1e9;

const nanoseconds = z.union([whole(0, COST_MAX), duration({ max: COST_MAX })], {
  error: () => 'whole nanoseconds, or a duration like 2us',
});
/**
 * Variants of a step besides schedulers. `root_level_0`: the p2m has a root of level 0 (44 and 48 bits). `unchecked`: the flush
 * has no check compiled in; `wide_threshold`: it has one whose threshold is no immediate operand of an instruction.
 */
const VARIANTS: Readonly<Partial<Record<CostName, readonly string[]>>> = {
  lookup: ['root_level_0'],
  skip: ['root_level_0'],
  page: ['unchecked', 'wide_threshold'],
};
const perScheduler = Object.fromEntries(SCHEDULERS.map((name) => [name, nanoseconds.optional()]));

function costSchema(name: CostName) {
  const variants = (VARIANTS[name] ?? []).map((key) => [key, nanoseconds.optional()] as const);
  const all = { ...perScheduler, ...Object.fromEntries(variants), default: nanoseconds };
  return z.union(
    [
      nanoseconds.transform((cost): Cost => ({ default: cost })),
      mapping(all).transform((cost) => cost as Cost),
    ],
    {
      error: () =>
        'whole nanoseconds, a duration like 2us, or a mapping {default: ..., credit: ...}',
    },
  );
}

const profileSchema = mapping({
  description: prose('where the costs come from, in prose'),
  extends: NAME.optional(),
  counter: frequency({ min: MHZ, max: GHZ }).optional(),
  spread: spreadSchema.optional(),
  sources: mapping({
    ...forEachCost(() => prose('the source of the cost')),
    counter: prose('the source of the frequency').optional(),
  }).optional(),
  costs: mapping(forEachCost(costSchema)),
});

function forEachCost<Value extends z.ZodType>(value: (name: CostName) => Value) {
  return Object.fromEntries([...COST_KEYS].map(([key, name]) => [key, value(name).optional()]));
}

/**
 * Loads a cost profile by name, and those that it extends. Every cost must be there once all is
 * read.
 * @param node where the name was written: problems of a missing file point there.
 */
export function loadCostProfile(
  name: string,
  node: Node,
  profiles: ProfileSource,
): Validated<CostProfile> {
  return load(name, node, ['machine', 'costs'], profiles, []);
}

function load(
  name: string,
  node: Node,
  path: readonly string[],
  profiles: ProfileSource,
  extending: readonly string[],
): Validated<CostProfile> {
  const refuse = (complaint: Complaint) => fail([problemAt(node.origin, path, complaint)]);
  const chain = [...extending, name];
  if (extending.includes(name))
    return refuse({ message: `a profile extends itself: ${chain.join(' -> ')}` });
  if (chain.length > EXTENDS_MAX) return refuse({ message: `too many profiles extend each other` });
  const file = profiles.read(name);
  if ('complaint' in file) return refuse(file.complaint);
  const { root, problems } = parseTree(file.source);
  if (root === undefined) {
    const empty = problemAt({ source: file.source, offset: 0 }, [], {
      message: 'the file is empty',
    });
    return fail(problems.length > 0 ? problems : [empty]);
  }
  const checked = validate(profileSchema, root, []);
  if (!checked.ok || problems.length > 0)
    return fail([...problems, ...(checked.ok ? [] : checked.problems)]);
  const { description, extends: base, costs: written, spread } = checked.value;
  const costs = new Map<CostName, Cost>();
  let spreads: Spreads = {};
  let counterHz = checked.value.counter;
  if (base !== undefined) {
    const baseNode = locate(root, ['extends']).node ?? root;
    const loaded = load(base, baseNode, ['extends'], profiles, chain);
    if (!loaded.ok) return loaded;
    for (const [cost, value] of loaded.value.costs) costs.set(cost, value);
    spreads = loaded.value.spreads;
    counterHz ??= loaded.value.counterHz;
  }
  for (const [key, cost] of COST_KEYS) {
    const value = written[key] as Cost | undefined;
    if (value !== undefined) costs.set(cost, value);
  }
  const required = COST_NAMES.filter((cost) => !OPTIONAL_COSTS.has(cost));
  const missing = required.filter((cost) => !costs.has(cost)).map(costKey);
  spreads = { ...spreads, ...spread };
  if (missing.length === 0)
    return { ok: true, value: { name, description, costs, spreads, counterHz } };
  const message = `costs are missing: ${missing.join(', ')}`;
  return fail([problemAt(locate(root, ['costs', '?']).origin, ['costs'], { message })]);
}

function fail(problems: readonly Problem[]): Validated<never> {
  return { ok: false, problems };
}

/** What of a machine decides which of the costs of a profile it has. */
export interface CostConditions {
  readonly scheduler: string;
  /** schedule() looks for a rate limit. */
  readonly isRatelimited: boolean;
  /** Level of the p2m's root, 0 or 1. */
  readonly rootLevel: number;
}

/** Returns the costs of a profile on a machine, some of them replaced. */
export function resolveCosts(
  profile: CostProfile,
  { scheduler, isRatelimited, rootLevel }: CostConditions,
  overrides: readonly (readonly [string, number])[] = [],
): Costs {
  const replaced = new Map(overrides);
  const costs = [...COST_KEYS].map(([key, name]) => {
    const cost = profile.costs.get(name);
    const atRoot = rootLevel === 0 ? cost?.root_level_0 : undefined;
    const written = replaced.get(key) ?? cost?.[scheduler] ?? atRoot ?? cost?.default ?? 0;
    return [name, name === 'ratelimitCheck' && !isRatelimited ? 0 : written] as const;
  });
  return Object.fromEntries(costs) as Costs;
}

/** Cost profiles from their texts, by name. */
export function profilesOf(texts: Readonly<Record<string, string>>): ProfileSource {
  return {
    read: (name) => {
      const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
      if (text === undefined) return { complaint: noSuchProfile(name, Object.keys(texts)) };
      return { source: makeSource(`costs/${name}.yaml`, text) };
    },
  };
}

/** Those of a profile; none if the experiment says itself what a page costs. */
export function pageVariants(
  profile: CostProfile,
  overrides: readonly (readonly [string, number])[],
): PageVariants {
  const page = profile.costs.get('page');
  if (page === undefined || overrides.some(([key]) => key === 'page')) return {};
  return { unchecked: page.unchecked, wideThreshold: page.wide_threshold };
}

/** Says that there is no profile `name`, and what there is. */
export function noSuchProfile(name: string, names: readonly string[]): Complaint {
  const message = `there is no cost profile ${show(name)}`;
  const allowed = names.length === 0 ? 'no profile was found' : names.join(', ');
  const suggestion = closest(name, names);
  return suggestion === undefined ? { message, allowed } : { message, allowed, suggestion };
}
