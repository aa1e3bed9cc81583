import { sampler } from '../../engine/distribution.ts';
import { RunError } from '../../engine/errors.ts';
import type { Duration, Time } from '../../engine/time.ts';
import type { OperationSetup, ToolstackOperation } from '../../hypervisor/toolstack/operation.ts';
import type { DomainSpec } from '../schema/domain-schema.ts';
import type { ActionFile, EventFile } from '../schema/event-schema.ts';
import type { Setup } from '../schema/schema.ts';
import type { Streams } from './build-guest.ts';

/** Most operations of a replication: more is a mistake in a gap. */
const OPERATIONS_MAX = 1_000_000;

/** The operations of a replication in the order of their times, at equal times as in the file. */
export function buildOperations(
  { events, domains, duration }: Setup,
  streamOf: Streams,
): OperationSetup[] {
  if (events === undefined) return [];
  const places = placesOf(domains);
  const operations: OperationSetup[] = [];
  events.events.forEach((event, index) => {
    for (const at of timesOf(event, duration, streamOf(`event/${index}`))) {
      for (const { after, operation } of steps(event.action, places)) {
        operations.push({ at: at + after, operation, takes: events.toolstackTime });
        if (operations.length > OPERATIONS_MAX) {
          throw new RunError(`event ${index + 1} happens more than ${OPERATIONS_MAX} times`);
        }
      }
    }
  });
  return operations.sort((a, b) => a.at - b.at);
}

function timesOf(
  { at, every }: EventFile,
  duration: Duration,
  stream: ReturnType<Streams>,
): Time[] {
  const gap = every && sampler(every, stream);
  const wait = at === undefined ? (gap?.() ?? duration) : sampler(at, stream)();
  const times: Time[] = [];
  for (let time: Time = 0 + wait; time < duration; time += gap()) {
    times.push(time);
    if (gap === undefined || times.length > OPERATIONS_MAX) break;
  }
  return times;
}

/** Index and first vCPU's global number of each domain. */
type Places = ReadonlyMap<string, { readonly index: number; readonly vcpus: readonly number[] }>;

function placesOf(domains: readonly DomainSpec[]): Places {
  let next = 0;
  return new Map(
    domains.map(({ name, vcpus }, index) => {
      const count = vcpus.reduce((sum, group) => sum + group.count, 0);
      const numbers = Array.from({ length: count }, () => next++);
      return [name, { index, vcpus: numbers }];
    }),
  );
}

interface Step {
  readonly after: Duration;
  readonly operation: ToolstackOperation;
}

/** What the toolstack does for an event, and how long after it. */
function steps({ name, to }: ActionFile, places: Places): Step[] {
  const domain = 'domain' in to ? places.get(to.domain) : undefined;
  const index = domain?.index ?? 0;
  const all = domain?.vcpus ?? [];
  const chosen = 'vcpu' in to && to.vcpu !== undefined ? [all[to.vcpu]] : all;
  const now = (operation: ToolstackOperation): Step => ({ after: 0, operation });
  switch (name) {
    case 'weight':
    case 'cap':
      return [now({ op: name, domain: index, value: to.value })];
    case 'parameters': {
      const { timeslice, ratelimit, migration_delay: migrationDelay } = to;
      const change = {
        ...(timeslice !== undefined && { timeslice }),
        ...(ratelimit !== undefined && { ratelimit }),
        ...(migrationDelay !== undefined && { migrationDelay }),
      };
      return [now({ op: 'parameters', change })];
    }
    case 'reservation':
      return reservationSteps(to, index, chosen);
    case 'hard_affinity':
    case 'soft_affinity': {
      const op = name === 'hard_affinity' ? 'hard' : 'soft';
      return chosen.map((vcpu) => now({ op, vcpu, pcpus: to.pcpus }));
    }
    case 'pause':
    case 'unpause':
      return pauseSteps(name, to, index, chosen);
    case 'create':
    case 'destroy':
      return [now({ op: name, domain: index })];
    case 'down':
    case 'up':
    case 'blip':
      return [now({ op: name, vcpu: chosen[0] })];
    case 'unblock':
      return [now({ op: 'unblock', vcpu: chosen[0], pcpu: to.from_pcpu })];
    case 'remove_pcpu': {
      const removed = now({ op: 'remove-pcpu', pcpu: to.pcpu });
      if (to.for === undefined) return [removed];
      return [removed, { after: to.for, operation: { op: 'add-pcpu', pcpu: to.pcpu } }];
    }
    case 'add_pcpu':
      return [now({ op: 'add-pcpu', pcpu: to.pcpu })];
  }
}

type Of<Name extends ActionFile['name']> = Extract<ActionFile, { name: Name }>['to'];

/** Of a domain without saying so of its extratime: all its vCPUs at once. */
function reservationSteps(
  { vcpu, period, budget, extratime }: Of<'reservation'>,
  domain: number,
  chosen: readonly number[],
): Step[] {
  if (vcpu === undefined && extratime === undefined) {
    return [{ after: 0, operation: { op: 'reservations', domain, period, budget } }];
  }
  const reservation = { period, budget, extratime: extratime ?? true };
  return chosen.map((number) => ({
    after: 0,
    operation: { op: 'reservation', vcpu: number, reservation },
  }));
}

function pauseSteps(
  name: 'pause' | 'unpause',
  to: Of<'pause'> | Of<'unpause'>,
  domain: number,
  [first]: readonly number[],
): Step[] {
  const step = (which: 'pause' | 'unpause', after: Duration): Step => ({
    after,
    operation:
      to.vcpu === undefined ? { op: which, domain } : { op: `${which}-vcpu` as const, vcpu: first },
  });
  const ends = 'for' in to && to.for !== undefined ? [step('unpause', to.for)] : [];
  return [step(name, 0), ...ends];
}
