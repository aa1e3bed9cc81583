import { z } from 'zod';
import { US } from '../engine/time.ts';
import type { ParameterChange } from '../hypervisor/ports.ts';
import type { ToolstackOperation } from '../hypervisor/toolstack/operation.ts';
import { counted } from '../input/counted.ts';

const time = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const index = z.number().int().min(0).max(255);
const cpus = z.array(index).min(1);
const value = z.number().int().min(0).max(65535);
const micros = z.number().int().min(0).max(1e9);
const at = { at: time };
const flag = z.union([z.number(), z.boolean()]);

/** Schema of the run-time events of a scenario. */
export const recordedEventsSchema = z
  .array(
    z.discriminatedUnion('op', [
      z.object({ ...at, op: z.enum(['weight', 'cap']), dom: index, value }),
      z.object({
        ...at,
        op: z.literal('global'),
        tslice_ms: z.number().int().min(0).max(1e6).optional(),
        ratelimit_us: micros.optional(),
        migration_delay_us: micros.optional(),
      }),
      z.object({
        ...at,
        op: z.literal('rtds'),
        v: index,
        period_us: micros,
        budget_us: micros,
        extratime: flag,
      }),
      z.object({
        ...at,
        op: z.literal('rtdsdom'),
        dom: index,
        period_us: micros,
        budget_us: micros,
      }),
      z.object({ ...at, op: z.enum(['hard', 'soft']), v: index, cpus }),
      z.object({ ...at, op: z.enum(['pause', 'unpause', 'create', 'destroy']), dom: index }),
      z.object({ ...at, op: z.enum(['vpause', 'vunpause', 'down', 'up', 'blip']), v: index }),
      z.object({ ...at, op: z.literal('unblock'), v: index, cpu: index }),
      z.object({ ...at, op: z.enum(['cpuout', 'cpuin']), cpu: index }),
    ]),
  )
  .max(10_000)
  .refine((events) => events.every((event, i) => i === 0 || event.at >= events[i - 1].at), {
    error: 'the events are not in the order of their times',
  });

/** A run-time event of a scenario. */
export type ScenarioEvent = z.infer<typeof recordedEventsSchema>[number];

/** The event as an operation of the toolstack. */
export function operationOf(event: ScenarioEvent): ToolstackOperation {
  switch (event.op) {
    case 'weight':
    case 'cap':
      return { op: event.op, domain: event.dom, value: event.value };
    case 'global':
      return { op: 'parameters', change: parameters(event) };
    case 'rtds': {
      const { v, period_us, budget_us, extratime } = event;
      const reservation = {
        period: period_us * US,
        budget: budget_us * US,
        extratime: Boolean(extratime),
      };
      return { op: 'reservation', vcpu: v, reservation };
    }
    case 'rtdsdom': {
      const { dom, period_us, budget_us } = event;
      return { op: 'reservations', domain: dom, period: period_us * US, budget: budget_us * US };
    }
    case 'hard':
    case 'soft':
      return { op: event.op, vcpu: event.v, pcpus: event.cpus };
    case 'pause':
    case 'unpause':
    case 'create':
    case 'destroy':
      return { op: event.op, domain: event.dom };
    case 'vpause':
      return { op: 'pause-vcpu', vcpu: event.v };
    case 'vunpause':
      return { op: 'unpause-vcpu', vcpu: event.v };
    case 'down':
    case 'up':
    case 'blip':
      return { op: event.op, vcpu: event.v };
    case 'unblock':
      return { op: 'unblock', vcpu: event.v, pcpu: event.cpu };
    case 'cpuout':
      return { op: 'remove-pcpu', pcpu: event.cpu };
    case 'cpuin':
      return { op: 'add-pcpu', pcpu: event.cpu };
  }
}

function parameters(event: ScenarioEvent & { op: 'global' }): ParameterChange {
  const { tslice_ms, ratelimit_us, migration_delay_us } = event;
  return {
    ...(tslice_ms !== undefined && { timeslice: tslice_ms * 1000 * US }),
    ...(ratelimit_us !== undefined && { ratelimit: ratelimit_us * US }),
    ...(migration_delay_us !== undefined && { migrationDelay: migration_delay_us * US }),
  };
}

/** Schema of the topology of a scenario. */
export const topologySchema = z.object({
  sockets: z.number().int().min(1).max(256),
  cores: z.number().int().min(1).max(256),
  threads: z.number().int().min(1).max(256),
  layout: z.literal('split').optional(),
  nodes: z.array(cpus).optional(),
});

/** The pCPUs of a scenario as a topology says. */
export type ScenarioTopology = z.infer<typeof topologySchema>;

/** What is wrong with the numbers in a scenario's events and topology, for people; undefined: nothing. */
export function numberProblem({
  pcpus,
  domains,
  events = [],
  topology,
}: Numbered): string | undefined {
  const vcpus = domains.reduce((sum, domain) => sum + domain.vcpus.length, 0);
  for (const [k, event] of events.entries()) {
    const where = `events[${k}]`;
    const named = 'cpus' in event ? event.cpus : 'cpu' in event ? [event.cpu] : [];
    const missing = named.find((cpu) => cpu >= pcpus);
    if (missing !== undefined) return `${where}: there is no pCPU ${missing} of ${pcpus}`;
    if ('v' in event && event.v >= vcpus)
      return `${where}: there is no vCPU ${event.v} of ${vcpus}`;
    if ('dom' in event && event.dom >= domains.length) {
      return `${where}: there is no domain ${event.dom} of ${domains.length}`;
    }
    if (event.op === 'cpuout' && event.cpu === 0) return `${where}: pCPU 0 cannot be removed`;
  }
  return topology === undefined ? undefined : topologyProblem(topology, pcpus);
}

interface Numbered {
  readonly pcpus: number;
  readonly domains: readonly { readonly vcpus: readonly unknown[] }[];
  readonly events?: readonly ScenarioEvent[] | undefined;
  readonly topology?: ScenarioTopology | undefined;
}

function topologyProblem(topology: ScenarioTopology, pcpus: number): string | undefined {
  const { sockets, cores, threads, nodes } = topology;
  const count = sockets * cores * threads;
  if (count !== pcpus) return `topology: ${counted(count, 'pCPU')}, where pcpus says ${pcpus}`;
  const members = nodes?.flat();
  if (members === undefined) return undefined;
  const all = new Set(members);
  if (members.length === pcpus && all.size === pcpus && members.every((cpu) => cpu < pcpus)) {
    return undefined;
  }
  return `topology.nodes: each of the ${pcpus} pCPUs has to be in one node`;
}
