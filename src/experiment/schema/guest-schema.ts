import { z } from 'zod';
import { CACHE_GEOMETRIES, type CoreName } from '../../guests/cache-geometry.ts';
import {
  choice,
  duration,
  durationOrRandom,
  flag,
  list,
  mapping,
  NAME,
  NAME_OR_MAPPING,
  orName,
  positiveDuration,
  size,
  whole,
} from '../../input/fields.ts';
import { distribution, passingDistribution } from './distribution-schema.ts';

const runSchema = z.tuple([z.literal('run'), positiveDuration()], { error: () => '[run, 1ms]' });
const blockSchema = z.tuple([z.literal('block'), positiveDuration()], {
  error: () => '[block, 1ms]',
});
const spinSchema = z.tuple([z.literal('spin')], { error: () => '[spin]' });
const yieldSchema = z.tuple([z.literal('yield')], { error: () => '[yield]' });

const scriptOpSchema = z.union([runSchema, blockSchema, spinSchema, yieldSchema], {
  error: () => 'one of: [run, 1ms], [block, 1ms], [spin], [yield] (durations longer than 0)',
});

const ownTimerSchema = mapping({
  period: positiveDuration(),
  jitter: duration().prefault(0),
  phase: durationOrRandom().prefault('random'),
});

const CORES = Object.keys(CACHE_GEOMETRIES) as [CoreName, ...CoreName[]];

const OPS_ALLOWED =
  'one of: [run, 1ms], [block, 1ms], [yield], [poll, 10ms], [set-way, 512], [caches, on|off], [vm-register], ' +
  '[touch, 2MiB] or [touch, 2MiB, 16] (offset into its RAM, 2 MiB blocks), [mmio], [io, DOMAIN], [defer, DOMAIN, 1ms], ' +
  '[work, JOB], [send, DOMAIN, 0] (an interrupt to a vCPU), [wait] (for one)';
/** Most vCPUs that all domains have together. */
const VCPU_NUMBER_MAX = 4095;

/** A program operation: a word, then its arguments. */
const op = <const Word extends string, const Rest extends readonly z.ZodType[]>(
  word: Word,
  ...rest: Rest
) => z.tuple([z.literal(word), ...rest], { error: () => OPS_ALLOWED });
const onOff = z
  .union([z.boolean(), choice(['on', 'off'])], { error: () => 'on or off' })
  .transform((on) => on === true || on === 'on');

const programOpSchema = z.union(
  [
    op('run', positiveDuration()),
    op('block', positiveDuration()),
    op('yield'),
    op('poll', positiveDuration()),
    op('set-way', whole(1, 1e6)),
    op('caches', onOff),
    op('vm-register'),
    op('touch', size({ max: 2 ** 48 })),
    op('touch', size({ max: 2 ** 48 }), whole(1, 1e6)),
    op('mmio'),
    op('io', NAME),
    op('defer', NAME, positiveDuration()),
    op('work', NAME),
    op('send', NAME, whole(0, VCPU_NUMBER_MAX)),
    op('wait'),
  ],
  { error: () => OPS_ALLOWED },
);

/** One operation of a program as a file writes it. */
export type ProgramOp = z.output<typeof programOpSchema>;

function takesTime([word]: ProgramOp): boolean {
  return word === 'run' || word === 'block' || word === 'poll' || word === 'work';
}

const GUESTS = [
  mapping({ name: z.literal('hog') }),
  mapping({
    name: z.literal('periodic-waker'),
    period: positiveDuration(),
    jitter: duration().prefault(0),
    run: duration().prefault(0),
    phase: durationOrRandom().prefault('random'),
    late: choice(['redraw', 'whole-periods']).prefault('redraw'),
  }),
  mapping({
    name: z.literal('poisson-waker'),
    mean: positiveDuration(),
    run: duration().prefault(0),
  }),
  mapping({
    name: z.literal('replay-waker'),
    first: duration(),
    gaps: list(positiveDuration(), 'durations from one expiry to the next'),
    run: duration().prefault(0),
  }),
  mapping({ name: z.literal('sleeper') }),
  mapping({
    name: z.literal('notifier'),
    period: positiveDuration(),
    phase: durationOrRandom().prefault('random'),
    target: NAME,
    late: choice(['send', 'wait']).prefault('send'),
  }),
  mapping({
    name: z.literal('set-way-flusher'),
    period: positiveDuration(),
    jitter: duration().prefault(0),
    phase: durationOrRandom().prefault('random'),
    ops: whole(1, 1e6).prefault(1),
    touch: whole(0, 1e6).prefault(0),
    timer: ownTimerSchema.optional(),
    late: choice(['skip', 'finish-round']).prefault('skip'),
  }),
  mapping({
    name: z.literal('program'),
    ops: list(programOpSchema, 'operations'),
    repeat: flag().prefault(true),
    timer: ownTimerSchema.optional(),
  }).refine((program) => !program.repeat || program.ops.some(takesTime), {
    path: ['ops'],
    error: () => 'operations that take time (run, block, poll, work), for a program that repeats',
  }),
  mapping({
    name: z.literal('linux32'),
    cache: choice(CORES).prefault('a15'),
    decompress: duration().prefault('100ms'),
    init: duration().prefault('10ms'),
    blocks: whole(0, 1e5).prefault(8),
    events: list(choice(['hotplug', 'suspend', 'kexec']), 'events').optional(),
  }),
  mapping({ name: z.literal('device-model'), work: duration().prefault('10us') }),
  mapping({
    name: z.literal('cache-cleaner'),
    period: positiveDuration(),
    phase: durationOrRandom().prefault('random'),
    work: positiveDuration(),
    pages: whole(1, 4096).prefault(16),
    sets: whole(1, 65_536).prefault(128),
    ways: whole(1, 64).prefault(4),
  }),
  mapping({
    name: z.literal('server'),
    arrivals: passingDistribution(),
    service: distribution(),
    chunk: passingDistribution().optional(),
    jobs: whole(1, 1e9).optional(),
    measured: flag().prefault(true),
  }),
  mapping({
    name: z.literal('script'),
    ops: list(scriptOpSchema, 'operations'),
    repeat: flag().prefault(true),
  }).refine((script) => !script.repeat || script.ops.some(([op]) => op !== 'yield'), {
    path: ['ops'],
    error: () => 'operations that take time, for a script that repeats',
  }),
] as const;

/** The guests an experiment can choose. */
const GUEST_NAMES = [
  'hog',
  'periodic-waker',
  'poisson-waker',
  'replay-waker',
  'sleeper',
  'notifier',
  'set-way-flusher',
  'server',
  'script',
  'program',
  'linux32',
  'device-model',
  'cache-cleaner',
] as const satisfies readonly z.output<(typeof GUESTS)[number]>['name'][];

const kindSchema = z.discriminatedUnion('name', GUESTS, {
  error: (issue) =>
    issue.code === 'invalid_union' ? `one of: ${GUEST_NAMES.join(', ')}` : NAME_OR_MAPPING,
});

/** What a vCPU does: a guest's name, or a mapping with its parameters. */
export const guestSchema = orName(kindSchema, GUEST_NAMES);

/** What a vCPU does, and all its parameters; durations in [ns]. */
export type GuestSetup = z.output<typeof kindSchema>;
