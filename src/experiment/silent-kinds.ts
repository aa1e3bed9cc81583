import {
  domainOf,
  jobOf,
  LATENCY_KINDS,
  type LatencyKind,
  type WholeKind,
  wholeOf,
} from '../measure/latency-kinds.ts';
import type { GuestSetup } from './schema/guest-schema.ts';
import type { Cell, Experiment, Setup } from './schema/schema.ts';

/** The kinds that are asked for and that nobody can have in any cell: no guest does what they measure. None if all are asked for. */
export function silentKinds({ measure, cells }: Experiment): LatencyKind[] {
  if (LATENCY_KINDS.every((kind) => measure.latencies.includes(kind))) return [];
  return measure.latencies.filter((kind) => !cells.some((cell) => isPossible(kind, cell)));
}

const ALWAYS: ReadonlySet<WholeKind> = new Set(['softirq_schedule', 'delivery', 'wakeup', 'stall']);
const HYPERVISOR_TIMERS: ReadonlySet<WholeKind> = new Set(['softirq_timer', 'timer']);
const FLUSHES: ReadonlySet<WholeKind> = new Set(['softirq_flush', 'lock_hold', 'lock_wait']);

function isPossible(asked: LatencyKind, { setup }: Cell): boolean {
  const kind = wholeOf(asked);
  const job = jobOf(asked);
  if (job !== undefined) return setup.jobs?.some(({ name }) => name === job) ?? false;
  const domain = domainOf(asked);
  if (ALWAYS.has(kind)) return true;
  if (HYPERVISOR_TIMERS.has(kind)) return setup.machine.timers !== 'exact';
  const domains = setup.domains.filter(({ name }) => domain === undefined || name === domain);
  if (kind === 'parked') return mayPark(setup.machine, domains);
  const guests = domains.flatMap(({ vcpus }) => vcpus);
  if (FLUSHES.has(kind)) {
    if (kind !== 'softirq_flush' && setup.jobs?.some(({ job }) => job.locks.length > 0))
      return true;
    const mayFlush = setup.policy.traps !== 'none' && guests.some(({ guest }) => flushes(guest));
    const locks =
      setup.machine.stage2Bits !== undefined || guests.some(({ guest }) => has(guest, 'mmio'));
    return mayFlush || (kind === 'lock_wait' && locks);
  }
  return guests.some(({ guest, count }) => measures(guest, count, kind));
}

function mayPark({ scheduler: { name } }: Setup['machine'], domains: Setup['domains']): boolean {
  return (name === 'credit' || name === 'credit2') && domains.some(({ cap }) => cap > 0);
}

function flushes(guest: GuestSetup): boolean {
  if (guest.name === 'program') return has(guest, 'set-way') || has(guest, 'caches');
  return ['set-way-flusher', 'linux32', 'cache-cleaner'].includes(guest.name);
}

/** A program with such an operation. */
function has(guest: GuestSetup, op: string): boolean {
  return guest.name === 'program' && guest.ops.some(([name]) => name === op);
}

function measures(guest: GuestSetup, count: number, kind: WholeKind): boolean {
  switch (kind) {
    case 'virq':
      return ['periodic-waker', 'poisson-waker', 'replay-waker', 'sleeper'].includes(guest.name);
    case 'flush':
      return guest.name === 'set-way-flusher';
    case 'own_virq':
      return 'timer' in guest && guest.timer !== undefined;
    case 'batch':
      return guest.name === 'linux32' || has(guest, 'set-way');
    case 'toggle':
      return guest.name === 'linux32' || has(guest, 'caches') || has(guest, 'vm-register');
    case 'touch':
    case 'mmio':
    case 'io':
      return has(guest, kind);
    case 'request':
      return has(guest, 'defer');
    case 'boot':
      return guest.name === 'linux32';
    case 'bring_up':
      return guest.name === 'linux32' && count > 1;
    case 'wait':
    case 'sojourn':
    case 'slowdown':
      return guest.name === 'server' && guest.measured;
    default:
      return true;
  }
}
