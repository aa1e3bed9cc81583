import { invariant } from '../engine/invariant.ts';
import { randomStream } from '../engine/random-stream.ts';
import { MS } from '../engine/time.ts';
import { uniformInteger } from '../engine/variates.ts';
import { Machine } from '../hypervisor/machine.ts';
import type { DomainSetup, VcpuSetup } from '../hypervisor/machine-setup.ts';
import type { Probe } from '../hypervisor/probe.ts';
import { AccessTracking } from '../memory/access-tracking.ts';
import { FlushWalk } from '../memory/flush-walk.ts';
import { buildP2m, holeExtents, type P2m, type P2mExtent } from '../memory/p2m.ts';
import { flushRule, preemptionPolicy } from '../policies/policy.ts';
import { buildGuest, buildSleepers, type Sleepers, type Streams } from './build-guest.ts';
import type { DomainSetup as DomainFile, VcpuGroup } from './domain-schema.ts';
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
  const sleepers = buildSleepers(setup.domains);
  const domains = setup.domains.map((domain) =>
    buildDomain(domain, setup, streamOf, sleepers, walks),
  );
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

function buildDomain(
  domain: DomainFile,
  setup: Setup,
  streamOf: Streams,
  sleepers: Sleepers,
  walks: FlushWalk[],
): DomainSetup {
  const p2m = buildMemory(domain);
  const firstGfn = domain.memory.find(({ type }) => type === 'ram')?.gfn ?? 0;
  const table = accessTracking(setup, p2m);
  const vcpus: VcpuSetup[] = [];
  for (const group of domain.vcpus) {
    for (let i = 0; i < group.count; i++) {
      const name = `${domain.name}/${vcpus.length}`;
      const walk = new FlushWalk(p2m, setup.machine.costs, flushRule(setup.policy));
      walks.push(walk);
      vcpus.push({
        ...buildVcpu(group, name, firstGfn, streamOf, sleepers),
        flush: walk,
        ...(table !== undefined && { stageTwo: { table, codeGfn: firstGfn } }),
      });
    }
  }
  return { name: domain.name, weight: domain.weight, cap: domain.cap, vcpus };
}

/** The tracking of accesses, where it works: a root of level 0 was not invalidated before Xen 4.21. */
function accessTracking({ machine }: Setup, p2m: P2m): AccessTracking | undefined {
  const { stage2Bits, xen } = machine;
  if (stage2Bits === undefined) return undefined;
  const rootLevel = stage2Bits <= 42 ? 1 : 0;
  if (rootLevel === 0 && xen !== 'master') return undefined;
  const tracking = new AccessTracking(p2m, rootLevel);
  tracking.invalidateRoot();
  return tracking;
}

function buildVcpu(
  group: VcpuGroup,
  name: string,
  firstGfn: number,
  streamOf: Streams,
  sleepers: Sleepers,
): VcpuSetup {
  const { hardAffinity, softAffinity, rtds } = group;
  return {
    guest: buildGuest(group.guest, name, firstGfn, streamOf, sleepers),
    start:
      group.start === 'random'
        ? uniformInteger(streamOf(`${name}/start`), 0, RANDOM_START - 1)
        : group.start,
    ...(hardAffinity !== 'all' && { hardAffinity }),
    ...(softAffinity !== 'all' && { softAffinity }),
    ...(rtds !== undefined && { reservation: rtds }),
  };
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
