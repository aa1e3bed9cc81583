import { invariant } from '../../engine/invariant.ts';
import { randomStream } from '../../engine/random-stream.ts';
import { MS, NEVER, type Time } from '../../engine/time.ts';
import { uniformInteger } from '../../engine/variates.ts';
import { CACHE_GEOMETRIES } from '../../guests/cache-geometry.ts';
import { Linux32 } from '../../guests/linux32.ts';
import { Machine } from '../../hypervisor/machine/machine.ts';
import type { DomainSetup, VcpuSetup } from '../../hypervisor/machine/machine-setup.ts';
import type { Probe } from '../../hypervisor/probe.ts';
import { AccessTracking } from '../../memory/access-tracking.ts';
import { CpuCaches } from '../../memory/cpu-caches.ts';
import { FlushWalk } from '../../memory/flush-walk.ts';
import { buildP2m, holeExtents, type P2m, type P2mExtent } from '../../memory/p2m.ts';
import { flushRule, preemptionPolicy } from '../../work/policy.ts';
import type { DomainSpec, VcpuGroup } from '../schema/domain-schema.ts';
import type { GuestSetup } from '../schema/guest-schema.ts';
import { rootLevel } from '../schema/machine-schema.ts';
import type { Setup } from '../schema/schema.ts';
import { buildOperations } from './build-events.ts';
import {
  buildGuest,
  buildQueue,
  findNeighbours,
  type GuestPlace,
  type Neighbours,
  type Streams,
} from './build-guest.ts';
import { buildJobs } from './build-jobs.ts';
import { type CostDraws, costDraws, flushCosts, wholeCosts } from './cost-draws.ts';
import { sampledPhase } from './sampled-phase.ts';
import { schedulerFactory, timeTables } from './scheduler-factory.ts';

/** First wakes at `start: random` are uniform over this [ns]. */
const RANDOM_START = 10 * MS;

/** A machine ready to run, and the flushes of its vCPUs. */
export interface Built {
  readonly machine: Machine;
  readonly walks: readonly FlushWalk[];
}

/** What the parts of a machine are built from. */
interface Context {
  readonly setup: Setup;
  readonly streamOf: Streams;
  readonly neighbours: Neighbours;
  readonly walks: FlushWalk[];
  /** The phase that is sampled [ns], and whose it is. */
  readonly sampled: { readonly domain: string; readonly phase: Time } | undefined;
  /** Draws the costs of what is named, anew each time; undefined: they do not vary. */
  readonly drawCosts: CostDraws | undefined;
}

/**
 * Builds the machine of a cell for one replication. What is random comes from streams named after domain,
 * vCPU and purpose, so that all cells of a replication see the same numbers (common random numbers).
 */
export function buildMachine(setup: Setup, seed: number, replication: number, probe: Probe): Built {
  const { machine: hardware, policy } = setup;
  const { costs, spreads } = hardware;
  const streamOf = (purpose: string) => randomStream(seed, replication, purpose);
  const drawCosts = costDraws(costs, spreads, streamOf);
  const context: Context = {
    setup,
    streamOf,
    drawCosts,
    sampled: sampledPhase(setup, replication, streamOf),
    neighbours: findNeighbours(setup.domains, setup.jobs),
    walks: [],
  };
  const domains = setup.domains.map((domain) => buildDomain(domain, context));
  const names = setup.domains.map(({ name }) => name);
  const machine = new Machine({
    xen: hardware.xen,
    pcpus: hardware.pcpus,
    scheduler: schedulerFactory(hardware.scheduler, names),
    firstSlice: 'firstSlice' in hardware.scheduler ? hardware.scheduler.firstSlice : undefined,
    costs,
    spread: drawCosts && ((pcpu) => wholeCosts(drawCosts, `costs/${pcpu}`)),
    counterHz: hardware.counterHz,
    timers: hardware.timers === 'exact' ? 'exact' : { slop: hardware.timerSlop },
    policy: preemptionPolicy(policy, hardware.xen),
    domains,
    tables: timeTables(hardware.scheduler, names),
    ...(hardware.topology && { topology: hardware.topology }),
    operations: buildOperations(setup, streamOf),
    jobs: buildJobs(setup, streamOf),
    probe,
  });
  return { machine, walks: context.walks };
}

function buildDomain(domain: DomainSpec, context: Context): DomainSetup {
  const { setup, neighbours } = context;
  const p2m = buildMemory(domain);
  const firstGfn = domain.memory.find(({ type }) => type === 'ram')?.gfn ?? 0;
  const memory = { p2m, firstGfn, table: accessTracking(setup, domain, p2m), caches: [] };
  const firstVcpu = neighbours.firstVcpu.get(domain.name) ?? 0;
  const vcpus: VcpuSetup[] = [];
  for (const group of domain.vcpus) {
    const shared = {
      linux: buildLinux(group, firstVcpu + vcpus.length, firstGfn),
      queue: buildQueue(group.guest, `${domain.name}/${vcpus.length}`, context.streamOf),
    };
    for (let index = 0; index < group.count; index++) {
      vcpus.push(buildVcpu(domain, group, index, vcpus.length, memory, shared, context));
    }
  }
  const { name, weight, cap, iommu } = domain;
  return { name, weight, cap, sharesP2m: iommu, vcpus };
}

/** The tracking of accesses, where it works: a root of level 0 was not invalidated before Xen 4.21. */
function accessTracking(
  { machine }: Setup,
  domain: DomainSpec,
  p2m: P2m,
): AccessTracking | undefined {
  const { stage2Bits, xen } = machine;
  if (stage2Bits === undefined) return undefined;
  const level = rootLevel(stage2Bits);
  if (level === 0 && xen !== 'master') return undefined;
  const tracking = new AccessTracking(p2m, level, xen !== 'master');
  // arch_domain_creation_finished. Not with an IOMMU: its devices would fault.
  if (!domain.iommu) tracking.invalidateRoot();
  return tracking;
}

function buildLinux(
  { guest, count }: VcpuGroup,
  firstVcpu: number,
  firstGfn: number,
): Linux32 | undefined {
  if (guest.name !== 'linux32') return undefined;
  const { decompress, init, blocks, events = [] } = guest;
  const cache = CACHE_GEOMETRIES[guest.cache];
  return new Linux32({ cache, decompress, init, firstGfn, blocks, events }, firstVcpu, count);
}

/** A domain's memory. */
interface Memory {
  readonly p2m: P2m;
  readonly firstGfn: number;
  readonly table: AccessTracking | undefined;
  /** The caches that the memory of its cleaners is in. */
  readonly caches: { readonly of: CpuCaches; readonly pages: number }[];
}

function buildVcpu(
  domain: DomainSpec,
  group: VcpuGroup,
  index: number,
  number: number,
  memory: Memory,
  shared: Pick<GuestPlace, 'linux' | 'queue'>,
  context: Context,
): VcpuSetup {
  const { setup, streamOf, neighbours, walks, sampled } = context;
  const { hardAffinity, softAffinity, rtds, credit, guest } = group;
  const { firstGfn, table } = memory;
  const name = `${domain.name}/${number}`;
  const caches = buildCaches(guest, name, setup, memory, streamOf);
  const isTrapped = setup.policy.traps !== 'none';
  const place = {
    name,
    domain: domain.name,
    index,
    number,
    firstGfn,
    ...shared,
    caches,
    isTrapped,
    sampledPhase: number === 0 && domain.name === sampled?.domain ? sampled.phase : undefined,
  };
  const walk = buildWalk(name, context, memory);
  walks.push(walk);
  const start =
    group.start === 'random'
      ? uniformInteger(streamOf(`${name}/start`), 0, RANDOM_START - 1)
      : group.start;
  return {
    guest: buildGuest(guest, place, streamOf, neighbours),
    // The other CPUs of a Linux are down until it starts them.
    start: shared.linux !== undefined && index > 0 ? NEVER : start,
    work: { flush: walk },
    ...(caches !== undefined && { setWayTarget: caches }),
    ...(table !== undefined && { stageTwo: { table, codeGfn: firstGfn } }),
    ...(hardAffinity !== 'all' && { hardAffinity }),
    ...(softAffinity !== 'all' && { softAffinity }),
    ...(rtds !== undefined && { reservation: rtds }),
    ...(credit !== undefined && { credit }),
  };
}

/** The flush of the whole p2m, which cleans the lines of the pages that it goes over. */
function buildWalk(name: string, context: Context, { p2m, firstGfn, caches }: Memory): FlushWalk {
  const { setup, drawCosts } = context;
  const { machine, policy } = setup;
  const cleaned = (first: number, end: number) => {
    for (const { of, pages } of caches) {
      for (let page = 0; page < pages; page++) {
        const gfn = firstGfn + page;
        if (gfn >= first && gfn < end && p2m.isFlushed(gfn)) of.cleanPages(page, 1);
      }
    }
  };
  const costsOf = flushCosts(policy, machine);
  const costs =
    drawCosts === undefined
      ? costsOf(machine.costs)
      : {
          drawsOf: (pass: number) => drawCosts.draws(`${name}/memory/${pass}`),
          costsOf: (set: number) => costsOf(drawCosts.costs(set)),
        };
  return new FlushWalk(p2m, costs, flushRule(policy), cleaned);
}

function buildCaches(
  guest: GuestSetup,
  name: string,
  { machine }: Setup,
  { caches }: Memory,
  streamOf: Streams,
): CpuCaches | undefined {
  if (guest.name !== 'cache-cleaner') return undefined;
  const { pages } = guest;
  const stream = streamOf(`${name}/ways`);
  const of = new CpuCaches(machine.pcpus, guest, pages * 64, machine.systemCache, stream);
  caches.push({ of, pages });
  return of;
}

/** The p2m of a domain: what its file maps, and holes between. */
function buildMemory(domain: DomainSpec): P2m {
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
