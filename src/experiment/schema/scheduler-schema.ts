import { z } from 'zod';
import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';
import {
  choice,
  duration,
  flag,
  list,
  mapping,
  NAME,
  NAME_OR_MAPPING,
  named,
  orName,
  positiveDuration,
  whole,
} from '../../input/fields.ts';

/** sched_ratelimit_us. */
const ratelimit = duration({ min: 100e3, max: 500e6, orZero: true }).prefault('1ms');

/** When a timer of each pCPU comes first; the last one counts for all pCPUs that follow. */
const firstTimes = list(duration(), 'durations, one for each pCPU').optional();

const creditSchema = mapping({
  name: z.literal('credit'),
  timeslice: duration({ min: 1e6, max: 1e9, step: 1e6 }).prefault('30ms'),
  ratelimit,
  migration_delay: duration({ max: 100e6 }).prefault(0),
  load_balance_ratelimit: duration({ max: 1e9 }).prefault('1ms'),
  tickle_one_idle: flag().prefault(true),
  smt_power_savings: flag().prefault(false),
  first_tick: firstTimes,
  first_slice: firstTimes,
  first_accounting: duration().optional(),
}).transform((credit) => ({
  name: credit.name,
  timeslice: credit.timeslice,
  ratelimit: credit.ratelimit,
  migrationDelay: credit.migration_delay,
  loadBalanceRatelimit: credit.load_balance_ratelimit,
  tickleOneIdle: credit.tickle_one_idle,
  smtPowerSavings: credit.smt_power_savings,
  firstTick: credit.first_tick,
  firstSlice: credit.first_slice,
  firstAccounting: credit.first_accounting,
}));

// Shifts are limited so that load averages stay below 2^53.
const credit2Schema = mapping({
  name: z.literal('credit2'),
  ratelimit,
  runqueue: choice(['cpu', 'core', 'socket', 'node', 'all']).prefault('socket'),
  max_cpus_runqueue: whole(1, 256).prefault(16),
  cap_period: duration({ min: 1e6, max: 1e9, step: 1e6 }).prefault('10ms'),
  migrate_resist: duration({ max: 100e6 }).prefault('500us'),
  load_window_shift: whole(11, 32).prefault(30),
  load_precision_shift: whole(4, 18).prefault(18),
  balance_under: whole(-18, 18).prefault(0),
  balance_over: whole(-18, 18).prefault(-3),
  smt_power_savings: flag().prefault(false),
  first_slice: firstTimes,
}).transform((credit2) => ({
  name: credit2.name,
  ratelimit: credit2.ratelimit,
  runqueue: credit2.runqueue,
  maxPcpusPerRunqueue: credit2.max_cpus_runqueue,
  capPeriod: credit2.cap_period,
  migrateResist: credit2.migrate_resist,
  loadWindowShift: credit2.load_window_shift,
  loadPrecisionShift: credit2.load_precision_shift,
  balanceUnder: credit2.balance_under,
  balanceOver: credit2.balance_over,
  smtPowerSavings: credit2.smt_power_savings,
  firstSlice: credit2.first_slice,
}));

/** Most slots of a time table (ARINC653_MAX_DOMAINS_PER_SCHEDULE). */
const SLOTS_MAX = 64;
const slotsError = () => `at most ${SLOTS_MAX} entries`;

const arinc653Schema = mapping({
  name: z.literal('arinc653'),
  major_frame: positiveDuration(),
  entries: list(
    // An entry without a domain is idle time.
    mapping({
      domain: NAME.optional(),
      vcpu: whole(0, 4095).prefault(0),
      runtime: positiveDuration(),
    }),
    'entries',
  ).max(SLOTS_MAX, { error: slotsError }),
}).transform(({ major_frame, ...table }) => ({ ...table, majorFrame: major_frame }));

/** Parameters that not every version of Xen has, by scheduler: a version that lacks one refuses it. */
export const PARAMETER_VERSIONS: Readonly<
  Record<string, Readonly<Record<string, readonly XenVersion[]>>>
> = {
  // Since 4.18.
  credit: { load_balance_ratelimit: ['master'] },
  // Since 4.14.
  credit2: { max_cpus_runqueue: ['4.17', 'master'] },
};

/** The schedulers an experiment can choose, each with its parameters. */
const SCHEDULERS = [
  creditSchema,
  credit2Schema,
  mapping({ name: z.literal('rtds') }),
  mapping({ name: z.literal('null') }),
  arinc653Schema,
  mapping({ name: z.literal('round-robin'), timeslice: positiveDuration().prefault('10ms') }),
  mapping({
    name: z.literal('fixed-priority'),
    preemptive: flag().prefault(true),
    priorities: named(whole(0, 1000), 'priorities').prefault({}),
  }),
  mapping({
    name: z.literal('edf'),
    deadlines: named(positiveDuration(), 'relative deadlines').prefault({}),
  }),
] as const;

/** Their names. */
const SCHEDULER_NAMES = [
  'credit',
  'credit2',
  'rtds',
  'null',
  'arinc653',
  'round-robin',
  'fixed-priority',
  'edf',
] as const satisfies readonly z.output<(typeof SCHEDULERS)[number]>['name'][];

const kindSchema = z.discriminatedUnion('name', SCHEDULERS, {
  error: (issue) =>
    issue.code === 'invalid_union' ? `one of: ${SCHEDULER_NAMES.join(', ')}` : NAME_OR_MAPPING,
});

/** A scheduler: its name, or a mapping with its parameters. YAML reads null without quotes as nothing. */
export const schedulerSchema = orName(
  kindSchema,
  SCHEDULER_NAMES,
  `${NAME_OR_MAPPING} (the scheduler null in quotes: "null")`,
);

/** A scheduler and all its parameters; durations in [ns]. */
export type SchedulerSetup = z.output<typeof kindSchema>;

/** The reservation of a vCPU under rtds; the other schedulers take no notice of it. */
export const reservationSchema = mapping({
  period: duration({ min: 10e3 }).prefault('10ms'),
  budget: duration({ min: 10e3 }).prefault('4ms'),
  extratime: flag().prefault(true),
});
