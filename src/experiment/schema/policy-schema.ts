import { z } from 'zod';
import {
  choice,
  duration,
  flag,
  mapping,
  named,
  positiveDuration,
  whole,
} from '../../input/fields.ts';

const RULE = 'never, immediate, {threshold: 512}, {every: 50us} or {block: 2MiB}';
const NO_PROGRESS =
  'with 0 a flush would check for softirqs before its first page, and a pending one would restart ' +
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

const BLOCK_ORDERS = { '4KiB': 0, '2MiB': 9, '1GiB': 18 } as const;
const blockSchema = mapping({ block: choice(['4KiB', '2MiB', '1GiB']) }).transform(({ block }) => ({
  kind: 'block' as const,
  order: BLOCK_ORDERS[block],
}));

const duringSchema = z.union(
  [
    choice(['never', 'immediate'], RULE).transform((kind) => ({ kind })),
    countSchema,
    everySchema,
    blockSchema,
  ],
  { error: () => RULE },
);

const STYLES = ['in-place', 'continuation', 'tasklet', 'work-queue', 'no-softirqs'] as const;
const LOOPS = ['vcpu-pcpu', 'do-pcpu-while-vcpu', 'while-vcpu-pcpu'] as const;

/** Nothing but a softirq preempts the ideal, and on the spot: there is no check point for a style to act at. */
const IN_PLACE_ONLY = 'in-place, as with during: immediate there are no check points';

/** When and how long work gives way, and what leads to it. */
export const policySchema = mapping({
  before: flag(),
  during: duringSchema,
  style: choice(STYLES).prefault('in-place'),
  lock: choice(['hold', 'drop', 'break']).prefault('hold'),
  traps: choice(['limited', 'every-op', 'none']).prefault('limited'),
  loop: choice(LOOPS).optional(),
  deferred_round: duration().prefault(0),
  charge: choice(['vcpu', 'nobody']).prefault('vcpu'),
})
  .refine(({ during, style }) => during.kind !== 'immediate' || style === 'in-place', {
    path: ['style'],
    error: () => IN_PLACE_ONLY,
  })
  .transform(({ deferred_round: deferredRound, ...policy }) => ({ ...policy, deferredRound }));

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
  block: Object.keys(blockSchema.in.shape),
  count: Object.keys(countSchema.in.shape),
} as const;

/** The policies of a file that names none: what the patch does. */
export const DEFAULT_POLICIES = {
  upstream: { before: true, during: { threshold: 512, page_weight: 10, skip_weight: 1 } },
};
