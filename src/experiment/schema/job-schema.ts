import { z } from 'zod';
import type { Distribution } from '../../engine/distribution.ts';
import type { Duration } from '../../engine/time.ts';
import {
  choice,
  duration,
  flag,
  list,
  mapping,
  NAME,
  named,
  positiveDuration,
  prose,
  whole,
} from '../../input/fields.ts';
import {
  type CheckCount,
  type CheckRule,
  type CostRange,
  HIT_STYLES,
  JOB_CONTEXTS,
  type LongWork,
  TESTED,
  type UnitRun,
} from '../../work/job.ts';
import { distribution } from './distribution-schema.ts';

const COUNT_MAX = 2 ** 32;
const RANGE = 'a duration, or three: [fast, typical, slow]';

const oneValue = z
  .union([z.string(), z.number()])
  .pipe(duration() as z.ZodType<Duration, string | number>)
  .transform((value): CostRange => [value, value, value]);
const threeValues = z
  .tuple([duration(), duration(), duration()], { error: () => RANGE })
  .refine(([fast, typical, slow]) => fast <= typical && typical <= slow, {
    error: () => `${RANGE}, in that order`,
  });

/** A cost of a step. */
const range = () => z.union([oneValue, threeValues], { error: () => RANGE });

const KIB = 1024;
/** What grows with the size of a unit. */
const bySize = mapping({
  fixed: range().prefault(0),
  per_kib: range(),
  size: whole(1, COUNT_MAX),
}).transform(({ fixed, per_kib, size }): CostRange => {
  const at = (i: 0 | 1 | 2) => fixed[i] + Math.ceil((per_kib[i] * size) / KIB);
  return [at(0), at(1), at(2)];
});

/** A cost of a unit, which may be a law. */
const unitCost = z.union(
  [
    oneValue,
    threeValues,
    bySize,
    distribution().transform((law): CostRange | Distribution =>
      law.kind === 'constant' ? [law.value, law.value, law.value] : law,
    ),
  ],
  {
    error: () =>
      `${RANGE}, {fixed: 1us, per_kib: 250ns, size: 4096} (bytes), or a law like {uniform: [1us, 3us]}`,
  },
);

const kindSchema = mapping({
  cost: unitCost,
  prepare: range().prefault(0),
  weight: whole(0, COUNT_MAX).prefault(1),
  test: choice(['rule', 'never', 'always']).prefault('rule'),
  stays: flag().prefault(false),
});

const RUN = '[KIND, how many], or {repeat: times, units: [[KIND, how many], ...]}';
const plainRun = z
  .tuple([NAME, whole(0, COUNT_MAX)], { error: () => RUN })
  .transform(([kind, count]): UnitRun => ({ kind, count }));
const patternSchema = mapping({ repeat: whole(1, COUNT_MAX), units: list(plainRun, 'units') });
const runsSchema = list(z.union([plainRun, patternSchema], { error: () => RUN }), 'units');

const COUNTS = 'exactly one of every, over, multiple_of, period';
const checkSchema = mapping({
  tests: choice(TESTED).prefault('softirqs'),
  position: choice(['before', 'after']),
  every: whole(1, COUNT_MAX).optional(),
  over: whole(0, COUNT_MAX).optional(),
  multiple_of: whole(1, 2 ** 20).optional(),
  period: positiveDuration().optional(),
  start: whole(-COUNT_MAX, COUNT_MAX).prefault(0),
  reset: flag().prefault(true),
  from: whole(0, COUNT_MAX).prefault(1),
  direction: choice(['up', 'down']).prefault('up'),
  last: flag().prefault(false),
})
  .refine(
    ({ every, over, multiple_of, period }) =>
      [every, over, multiple_of, period].filter((count) => count !== undefined).length === 1,
    { error: () => `a rule with ${COUNTS}` },
  )
  .transform(({ tests, position, last, ...count }): CheckRule => {
    return { tests, position, last, count: toCount(count) };
  });

function toCount(count: {
  every?: number | undefined;
  over?: number | undefined;
  multiple_of?: number | undefined;
  period?: Duration | undefined;
  start: number;
  reset: boolean;
  from: number;
  direction: 'up' | 'down';
}): CheckCount {
  const { every, over, multiple_of: of, period, start, reset, from, direction } = count;
  if (period !== undefined) return { kind: 'period', every: period };
  if (of !== undefined) return { kind: 'multiple', of, from, by: direction === 'up' ? 1 : -1 };
  return { kind: 'threshold', least: every ?? (over ?? 0) + 1, reset, start };
}

const lockSchema = mapping({
  name: NAME,
  scope: choice(['global', 'domain', 'target']).prefault('global'),
  take: choice(['spin', 'try']).prefault('spin'),
  mode: choice(['write', 'read']).prefault('write'),
});

const checkOrNever = z.union([z.literal('never'), checkSchema], {
  error: () => 'never, or a mapping like {position: after, every: 1}',
});

/** A job as a file writes it; docs/formats.md says what each key means. */
export const jobSchema = mapping({
  context: choice(JOB_CONTEXTS).prefault('hypercall'),
  kinds: named(kindSchema, 'kinds of units'),
  units: runsSchema,
  check: checkOrNever,
  hit: choice(HIT_STYLES).prefault('continuation'),
  stop_after: whole(1, COUNT_MAX).optional(),
  stop_unless_over: whole(1, COUNT_MAX).optional(),
  progress: choice(['next', 'same']).prefault('next'),
  may_not_end: flag().prefault(false),
  costs: mapping({
    test: range().prefault(0),
    enter: range().prefault(0),
    leave: range().prefault(0),
    finish: range().prefault(0),
  }).prefault({}),
  locks: list(lockSchema, 'locks').optional(),
  unit_lock: mapping({ name: NAME, held: range(), contended: range().optional() }).optional(),
  masked: flag().prefault(false),
  pauses: NAME.optional(),
  followed_by: NAME.optional(),
  origin: prose('where the numbers are from: a source, or that they are assumed'),
}).transform(
  ({
    stop_after,
    stop_unless_over,
    may_not_end,
    unit_lock,
    check,
    locks,
    followed_by,
    ...job
  }): LongWork => ({
    ...job,
    check: check === 'never' ? undefined : check,
    stopAfter: stop_after,
    stopUnlessOver: stop_unless_over ?? Number.POSITIVE_INFINITY,
    mayNotEnd: may_not_end,
    locks: locks ?? [],
    unitLock: unit_lock && { ...unit_lock, contended: unit_lock.contended ?? unit_lock.held },
    pauses: job.pauses,
    followedBy: followed_by,
  }),
);

/** A job of the catalogue, some of it changed. */
const likeSchema = mapping({
  like: NAME,
  units: runsSchema.optional(),
  check: checkOrNever.optional(),
  hit: choice(HIT_STYLES).optional(),
  stop_after: whole(1, COUNT_MAX).optional(),
  may_not_end: flag().optional(),
  locks: z.array(lockSchema).optional(),
  pauses: NAME.optional(),
  followed_by: NAME.optional(),
}).transform(
  ({ like, units, check, hit, stop_after, may_not_end, locks, pauses, followed_by }) => ({
    like,
    changes: {
      ...(followed_by !== undefined && { followedBy: followed_by }),
      ...(units !== undefined && { units }),
      ...(check !== undefined && { check: check === 'never' ? undefined : check }),
      ...(hit !== undefined && { hit }),
      ...(stop_after !== undefined && { stopAfter: stop_after }),
      ...(may_not_end !== undefined && { mayNotEnd: may_not_end }),
      ...(locks !== undefined && { locks }),
      ...(pauses !== undefined && { pauses }),
    } as Partial<LongWork>,
  }),
);

const byName = NAME.transform((like) => ({ like, changes: {} as Partial<LongWork> }));

/** A job of an experiment: of the catalogue, or written out. */
export const jobFileSchema = z.union([byName, likeSchema, jobSchema], {
  error: () =>
    'the name of a job of the catalogue, or a mapping with the key like, or kinds, units, check and more',
});

/** The jobs of an experiment by name. */
export const jobsSchema = named(jobFileSchema, 'jobs');
