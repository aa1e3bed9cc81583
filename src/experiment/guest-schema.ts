import { z } from 'zod';
import {
  duration,
  durationOrRandom,
  flag,
  list,
  mapping,
  NAME,
  NAME_OR_MAPPING,
  orName,
  positiveDuration,
  whole,
} from './fields.ts';

const runSchema = z.tuple([z.literal('run'), positiveDuration()], { error: () => '[run, 1ms]' });
const blockSchema = z.tuple([z.literal('block'), positiveDuration()], {
  error: () => '[block, 1ms]',
});
const spinSchema = z.tuple([z.literal('spin')], { error: () => '[spin]' });
const yieldSchema = z.tuple([z.literal('yield')], { error: () => '[yield]' });

const scriptOpSchema = z.union([runSchema, blockSchema, spinSchema, yieldSchema], {
  error: () => 'one of: [run, 1ms], [block, 1ms], [spin], [yield] (durations longer than 0)',
});

const GUESTS = [
  mapping({ name: z.literal('hog') }),
  mapping({
    name: z.literal('periodic-waker'),
    period: positiveDuration(),
    jitter: duration().prefault(0),
    run: duration().prefault(0),
    phase: durationOrRandom().prefault('random'),
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
  }),
  mapping({
    name: z.literal('set-way-flusher'),
    period: positiveDuration(),
    phase: durationOrRandom().prefault('random'),
    ops: whole(1, 1e6).prefault(1),
    touch: whole(0, 1e6).prefault(0),
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
  'script',
] as const satisfies readonly z.output<(typeof GUESTS)[number]>['name'][];

const kindSchema = z.discriminatedUnion('name', GUESTS, {
  error: (issue) =>
    issue.code === 'invalid_union' ? `one of: ${GUEST_NAMES.join(', ')}` : NAME_OR_MAPPING,
});

/** What a vCPU does: a guest's name, or a mapping with its parameters. */
export const guestSchema = orName(kindSchema, GUEST_NAMES);

/** What a vCPU does, and all its parameters; durations in [ns]. */
export type GuestSetup = z.output<typeof kindSchema>;
