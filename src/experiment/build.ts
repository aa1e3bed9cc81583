import { invariant } from '../engine/invariant.ts';
import { type RandomStream, randomStream } from '../engine/random-stream.ts';
import { type Duration, MS, type Time } from '../engine/time.ts';
import { uniformInteger } from '../engine/variates.ts';
import { periodicExpiries, poissonExpiries, replayedExpiries } from '../guests/expiries.ts';
import { Hog } from '../guests/hog.ts';
import { ScriptGuest } from '../guests/script.ts';
import { SetWayFlusher } from '../guests/set-way-flusher.ts';
import { Waker } from '../guests/waker.ts';
import { Machine } from '../hypervisor/machine.ts';
import type { DomainSetup, VcpuSetup } from '../hypervisor/machine-setup.ts';
import type { Guest } from '../hypervisor/ports.ts';
import type { Probe } from '../hypervisor/probe.ts';
import { FlushWalk } from '../memory/flush-walk.ts';
import { buildP2m, holeExtents, type P2m, type P2mExtent } from '../memory/p2m.ts';
import { flushRule, preemptionPolicy } from '../policies/policy.ts';
import type { DomainSetup as DomainFile, VcpuGroup } from './domain-schema.ts';
import type { GuestSetup } from './guest-schema.ts';
import { schedulerFactory, timeTables } from './scheduler-factory.ts';
import type { Setup } from './schema.ts';

/** First wakes at `start: random` are uniform over this [ns]. */
const RANDOM_START = 10 * MS;

/** A machine ready to run, and the flushes of its vCPUs. */
export interface Built {
  readonly machine: Machine;
  readonly walks: readonly FlushWalk[];
}

/**
 * Builds the machine of a cell for one replication. What is random comes from streams named after domain,
 * vCPU and purpose, so that all cells of a replication see the same numbers (common random numbers).
 */
export function buildMachine(setup: Setup, seed: number, replication: number, probe: Probe): Built {
  const { machine: hardware, policy } = setup;
  const walks: FlushWalk[] = [];
  const streamOf = (purpose: string) => randomStream(seed, replication, purpose);
  const domains = setup.domains.map((domain) => buildDomain(domain, setup, streamOf, walks));
  const names = setup.domains.map(({ name }) => name);
  const machine = new Machine({
    xen: hardware.xen,
    pcpus: hardware.pcpus,
    scheduler: schedulerFactory(hardware.scheduler, names),
    costs: hardware.costs,
    timers: hardware.timers === 'exact' ? 'exact' : { slop: hardware.timerSlop },
    policy: preemptionPolicy(policy),
    domains,
    tables: timeTables(hardware.scheduler, names),
    probe,
  });
  return { machine, walks };
}

type Streams = (purpose: string) => RandomStream;

function buildDomain(
  domain: DomainFile,
  setup: Setup,
  streamOf: Streams,
  walks: FlushWalk[],
): DomainSetup {
  const p2m = buildMemory(domain);
  const vcpus: VcpuSetup[] = [];
  for (const group of domain.vcpus) {
    for (let i = 0; i < group.count; i++) {
      const name = `${domain.name}/${vcpus.length}`;
      const walk = new FlushWalk(p2m, setup.machine.costs, flushRule(setup.policy));
      walks.push(walk);
      vcpus.push(buildVcpu(group, name, streamOf, walk));
    }
  }
  return { name: domain.name, weight: domain.weight, cap: domain.cap, vcpus };
}

function buildVcpu(group: VcpuGroup, name: string, streamOf: Streams, flush: FlushWalk): VcpuSetup {
  const { hardAffinity, softAffinity, rtds } = group;
  return {
    guest: buildGuest(group.guest, name, streamOf),
    start:
      group.start === 'random'
        ? uniformInteger(streamOf(`${name}/start`), 0, RANDOM_START - 1)
        : group.start,
    flush,
    ...(hardAffinity !== 'all' && { hardAffinity }),
    ...(softAffinity !== 'all' && { softAffinity }),
    ...(rtds !== undefined && { reservation: rtds }),
  };
}

function buildGuest(guest: GuestSetup, name: string, streamOf: Streams): Guest {
  const phase = (within: Duration, at: Time | 'random'): Time =>
    at === 'random' ? uniformInteger(streamOf(`${name}/phase`), 0, within - 1) : at;
  switch (guest.name) {
    case 'hog':
      return new Hog();
    case 'periodic-waker': {
      const { period, jitter, run } = guest;
      const first = phase(period, guest.phase);
      const expiries = periodicExpiries(first, period, jitter, streamOf(`${name}/jitter`));
      return new Waker(expiries, run);
    }
    case 'poisson-waker':
      return new Waker(poissonExpiries(guest.mean, streamOf(`${name}/arrivals`)), guest.run);
    case 'replay-waker':
      return new Waker(replayedExpiries(guest.first, guest.gaps), guest.run);
    case 'set-way-flusher':
      return new SetWayFlusher(guest.period, phase(guest.period, guest.phase), guest.ops);
    case 'script':
      return new ScriptGuest(guest.ops, guest.repeat);
  }
}

/** The p2m of a domain: what its file maps, and holes between. */
function buildMemory(domain: DomainFile): P2m {
  const extents: P2mExtent[] = [];
  let next = 0;
  for (const extent of domain.memory) {
    extents.push(...holeExtents(next, extent.gfn), extent);
    next = extent.gfn + extent.count * 2 ** extent.order;
  }
  const built = buildP2m(extents);
  invariant(built.ok, 'the memory map of a checked experiment is sound');
  return built.p2m;
}
