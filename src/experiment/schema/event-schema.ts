import type { z } from 'zod';
import type { Distribution } from '../../engine/distribution.ts';
import type { Duration } from '../../engine/time.ts';
import {
  duration,
  flag,
  list,
  mapping,
  NAME,
  positiveDuration,
  whole,
} from '../../input/fields.ts';
import { distribution, passingDistribution } from './distribution-schema.ts';
import { VCPUS_MAX } from './domain-schema.ts';

const pcpu = whole(0, 255);
const number = whole(0, VCPUS_MAX - 1);
/** One vCPU of a domain, by its number in it. */
const oneVcpu = mapping({ domain: NAME, vcpu: number.prefault(0) });
/** A vCPU of a domain, or all of them. */
const someVcpus = { domain: NAME, vcpu: number.optional() };
const affinity = mapping({ ...someVcpus, pcpus: list(pcpu, 'pCPU numbers') });
const length = { for: positiveDuration().optional() };

/** What happens, each by its key. */
const actions = {
  weight: mapping({ domain: NAME, value: whole(1, 65535) }),
  cap: mapping({ domain: NAME, value: whole(0, 100 * VCPUS_MAX) }),
  parameters: mapping({
    timeslice: duration({ min: 1e6, max: 1e9, step: 1e6 }).optional(),
    ratelimit: duration({ min: 100e3, max: 500e6, orZero: true }).optional(),
    migration_delay: duration({ max: 100e6 }).optional(),
  }),
  reservation: mapping({
    ...someVcpus,
    period: duration({ min: 10e3 }),
    budget: duration({ min: 10e3 }),
    extratime: flag().optional(),
  }),
  hard_affinity: affinity,
  soft_affinity: affinity,
  pause: mapping({ ...someVcpus, ...length }),
  unpause: mapping(someVcpus),
  create: mapping({ domain: NAME }),
  destroy: mapping({ domain: NAME }),
  down: oneVcpu,
  up: oneVcpu,
  blip: oneVcpu,
  unblock: mapping({ domain: NAME, vcpu: number.prefault(0), from_pcpu: pcpu.prefault(0) }),
  remove_pcpu: mapping({ pcpu: whole(1, 255, 'pCPU 0 stays'), ...length }),
  add_pcpu: mapping({ pcpu }),
} as const;

type Actions = { [Key in keyof typeof actions]: z.output<(typeof actions)[Key]> };

/** What happens in an event, as its file has it: the name of the operation and what it is applied to. */
export type ActionFile = {
  [Key in keyof Actions]: { readonly name: Key; readonly to: Actions[Key] };
}[keyof Actions];

/** Names of the operations. */
export const ACTION_NAMES = Object.keys(actions) as readonly (keyof Actions)[];

/** Something that happens to the machine while it runs. */
export interface EventFile {
  /** When [ns], from the beginning; undefined: after a first gap. */
  readonly at: Distribution | undefined;
  /** From one time to the next [ns]; undefined: it happens once. */
  readonly every: Distribution | undefined;
  readonly action: ActionFile;
}

const optionalActions = Object.fromEntries(
  Object.entries(actions).map(([name, schema]) => [name, schema.optional()]),
) as { [Key in keyof typeof actions]: z.ZodOptional<(typeof actions)[Key]> };

const eventSchema = mapping({
  at: distribution().optional(),
  every: passingDistribution().optional(),
  ...optionalActions,
})
  .refine(({ at, every }) => at !== undefined || every !== undefined, {
    error: () => 'a time: at, every, or both',
  })
  .refine((event) => ACTION_NAMES.filter((name) => event[name] !== undefined).length === 1, {
    error: () => `one of the operations ${ACTION_NAMES.join(', ')}`,
  })
  .transform((event): EventFile => {
    const name = ACTION_NAMES.find((known) => event[known] !== undefined) ?? 'blip';
    return { at: event.at, every: event.every, action: { name, to: event[name] } as ActionFile };
  });

/** What happens to the machine while it runs. */
export const eventsSchema = list(eventSchema, 'events');

/** How long the toolstack is busy with an operation before it takes effect [ns]. */
export const toolstackTimeSchema = duration({ max: 1e9 });

/** The events of a cell, and the toolstack's time for each operation [ns]. */
export interface EventsSpec {
  readonly events: readonly EventFile[];
  readonly toolstackTime: Duration;
}
