import { z } from 'zod';
import { choice, flag, mapping, named, positiveDuration, whole } from './fields.ts';

const RULE = 'never, immediate, {threshold: 512} or {every: 50us}';
const NO_PROGRESS =
  'with 0 a flush would look for softirqs before its first page, and a pending one would restart ' +
  'it without progress, for ever; the ideal without a counter is during: immediate';
const COUNT_MAX = 2 ** 32 - 1;

const countSchema = mapping({
  threshold: whole(1, COUNT_MAX, NO_PROGRESS),
  page_weight: whole(0, COUNT_MAX).prefault(10),
  skip_weight: whole(0, COUNT_MAX).prefault(1),
}).transform((rule) => ({
  kind: 'count' as const,
  threshold: rule.threshold,
  pageWeight: rule.page_weight,
  skipWeight: rule.skip_weight,
}));

const everySchema = mapping({ every: positiveDuration() }).transform(({ every }) => ({
  kind: 'every' as const,
  everyNs: every,
}));

const duringSchema = z.union(
  [choice(['never', 'immediate'], RULE).transform((kind) => ({ kind })), countSchema, everySchema],
  { error: () => RULE },
);

/** Where the flush runs when it gives way. */
const POLICY_STYLES = ['in-place'] as const;

/** When long work gives way. */
export const policySchema = mapping({
  before: flag(),
  during: duringSchema,
  style: choice(POLICY_STYLES).prefault('in-place'),
});

/** The policies of an experiment by name, at least one. */
export const policiesSchema = named(policySchema, 'policies').refine(
  (policies) => Object.keys(policies).length > 0,
  { error: () => 'at least one policy' },
);

/** When long work gives way; durations in [ns]. */
type PolicyFile = z.output<typeof policySchema>;

/** A policy with its name. */
export type PolicySetup = PolicyFile & { readonly name: string };

/** The keys of a rule that is a mapping, told apart by the first one. */
export const RULE_KEYS = {
  every: Object.keys(everySchema.in.shape),
  count: Object.keys(countSchema.in.shape),
} as const;

/** The policies of a file that names none: what the patch does. */
export const DEFAULT_POLICIES = {
  upstream: { before: true, during: { threshold: 512, page_weight: 10, skip_weight: 1 } },
};
