import { sampler } from '../../engine/distribution.ts';
import { invariant } from '../../engine/invariant.ts';
import type { RandomStream } from '../../engine/random-stream.ts';
import type { Duration, Time } from '../../engine/time.ts';
import { uniformInteger } from '../../engine/variates.ts';
import { type CleanerCaches, cleanerProgram } from '../../guests/cache-cleaner.ts';
import { DeviceModel } from '../../guests/device-model.ts';
import { periodicExpiries, poissonExpiries, replayedExpiries } from '../../guests/expiries.ts';
import { ExpiryLine } from '../../guests/expiry-line.ts';
import { Hog } from '../../guests/hog.ts';
import { JobQueue } from '../../guests/job-queue.ts';
import type { Linux32 } from '../../guests/linux32.ts';
import { Notifier, Sleeper } from '../../guests/notifier.ts';
import { ProgramGuest } from '../../guests/program.ts';
import { type ProgramStep, stepProgram } from '../../guests/program-steps.ts';
import { ScriptGuest } from '../../guests/script.ts';
import { Server } from '../../guests/server.ts';
import { SetWayFlusher } from '../../guests/set-way-flusher.ts';
import { Waker } from '../../guests/waker.ts';
import type { Guest } from '../../hypervisor/ports.ts';
import { PAGE } from '../../memory/p2m.ts';
import type { DomainSpec } from '../schema/domain-schema.ts';
import type { GuestSetup, ProgramOp } from '../schema/guest-schema.ts';
import type { NamedJob } from '../schema/schema.ts';

/** The stream of random numbers for a purpose. */
export type Streams = (purpose: string) => RandomStream;

/** What guests know of other domains, by name. */
export interface Neighbours {
  /** The global number of its first vCPU. */
  readonly firstVcpu: ReadonlyMap<string, number>;
  /** The sleeper, or the device model, that its first vCPU is. */
  readonly sleepers: ReadonlyMap<string, Sleeper>;
  readonly models: ReadonlyMap<string, DeviceModel>;
  /** The numbers of the jobs, by name. */
  readonly jobs: ReadonlyMap<string, number>;
}

/** The vCPU that a guest is for. */
export interface GuestPlace {
  /** `DOMAIN/NUMBER`: the name of its random streams. */
  readonly name: string;
  readonly domain: string;
  /** Its number in its group, and in its domain. */
  readonly index: number;
  readonly number: number;
  /** Where the RAM of its domain begins. */
  readonly firstGfn: number;
  /** The Linux that it is a CPU of. */
  readonly linux: Linux32 | undefined;
  /** The jobs that the servers of its group share. */
  readonly queue: JobQueue | undefined;
  /** The caches that a cleaner's memory is in, and whether its Set/Way operations trap. */
  readonly caches: CleanerCaches | undefined;
  readonly isTrapped: boolean;
  /** Its phase [ns], if it is the guest whose phase is sampled. */
  readonly sampledPhase: Time | undefined;
}

/** Finds out what guests have to know of each other. */
export function findNeighbours(
  domains: readonly DomainSpec[],
  jobs: readonly NamedJob[] = [],
): Neighbours {
  const firstVcpu = new Map<string, number>();
  const sleepers = new Map<string, Sleeper>();
  const models = new Map<string, DeviceModel>();
  let vcpu = 0;
  for (const { name, vcpus } of domains) {
    firstVcpu.set(name, vcpu);
    if (vcpus[0].guest.name === 'sleeper') sleepers.set(name, new Sleeper());
    if (vcpus[0].guest.name === 'device-model') models.set(name, new DeviceModel(vcpu));
    vcpu += vcpus.reduce((sum, { count }) => sum + count, 0);
  }
  return {
    firstVcpu,
    sleepers,
    models,
    jobs: new Map(jobs.map(({ name }, index) => [name, index])),
  };
}

/** The jobs of a group of servers; their random streams have the name of its first vCPU. */
export function buildQueue(
  guest: GuestSetup,
  name: string,
  streamOf: Streams,
): JobQueue | undefined {
  if (guest.name !== 'server') return undefined;
  const { arrivals, service, jobs = Number.POSITIVE_INFINITY } = guest;
  return new JobQueue(
    sampler(arrivals, streamOf(`${name}/arrivals`)),
    sampler(service, streamOf(`${name}/services`)),
    jobs,
  );
}

/** When the vCPU `name` begins what it does every `period` ns [ns]: where it is random, uniform over one period. */
export function phaseOf(
  name: string,
  period: Duration,
  phase: Time | 'random',
  streamOf: Streams,
  purpose = 'phase',
): Time {
  if (phase !== 'random') return phase;
  return uniformInteger(streamOf(`${name}/${purpose}`), 0, period - 1);
}

/** The guest of one vCPU. */
export function buildGuest(
  guest: GuestSetup,
  place: GuestPlace,
  streamOf: Streams,
  neighbours: Neighbours,
): Guest {
  const { name, domain, number, firstGfn, sampledPhase } = place;
  const phase = (within: Duration, at: Time | 'random'): Time =>
    sampledPhase ?? phaseOf(name, within, at, streamOf);
  switch (guest.name) {
    case 'hog':
      return new Hog();
    case 'periodic-waker': {
      const { period, jitter, run } = guest;
      const first = phase(period, guest.phase);
      const keepsDraw = guest.late === 'whole-periods';
      const draws = streamOf(`${name}/jitter`);
      const expiries = periodicExpiries(first, period, jitter, draws, keepsDraw);
      return new Waker(expiries, run);
    }
    case 'poisson-waker':
      return new Waker(poissonExpiries(guest.mean, streamOf(`${name}/arrivals`)), guest.run);
    case 'replay-waker':
      return new Waker(replayedExpiries(guest.first, guest.gaps), guest.run);
    case 'sleeper':
      return (number === 0 ? neighbours.sleepers.get(domain) : undefined) ?? new Sleeper();
    case 'notifier': {
      const sleeper = found(neighbours.sleepers, guest.target);
      const vcpu = found(neighbours.firstVcpu, guest.target);
      const waits = guest.late === 'wait';
      const first = phase(guest.period, guest.phase);
      return new Notifier(guest.period, first, { sleeper, vcpu }, waits);
    }
    case 'set-way-flusher': {
      const { period, jitter, ops, touch, timer } = guest;
      const expiries = timer && ownTimer(name, timer, streamOf);
      const blocks = { firstGfn, blocks: touch };
      const first = phase(period, guest.phase);
      const times = periodicExpiries(first, period, jitter, streamOf(`${name}/jitter`));
      const finishesRounds = guest.late === 'finish-round';
      return new SetWayFlusher(times, ops, blocks, expiries, finishesRounds);
    }
    case 'server': {
      const { queue } = place;
      invariant(queue !== undefined, 'a server has a queue of jobs');
      const { chunk, measured } = guest;
      const chunks = chunk && sampler(chunk, streamOf(`${name}/chunks`));
      return new Server(queue, { chunk: chunks, measured, isFirst: place.index === 0 });
    }
    case 'script':
      return new ScriptGuest(guest.ops, guest.repeat);
    case 'program': {
      const steps = guest.ops.map((op) => toStep(op, firstGfn, neighbours));
      const timer = guest.timer && new ExpiryLine(ownTimer(name, guest.timer, streamOf));
      return new ProgramGuest((cpu) => stepProgram(cpu, steps, guest.repeat), timer);
    }
    case 'linux32': {
      const { linux, index } = place;
      invariant(linux !== undefined, 'a CPU of a Linux belongs to one');
      return new ProgramGuest((cpu) =>
        index === 0 ? linux.bootCpu(cpu) : linux.secondaryCpu(cpu, index),
      );
    }
    case 'device-model': {
      const model =
        (number === 0 ? neighbours.models.get(domain) : undefined) ?? new DeviceModel(-1);
      return new ProgramGuest((cpu) => model.program(cpu, guest.work));
    }
    case 'cache-cleaner': {
      const { caches, isTrapped } = place;
      invariant(caches !== undefined, 'a cleaner has caches');
      const { period, work, pages } = guest;
      const setup = { period, work, pages, firstGfn, isTrapped, phase: phase(period, guest.phase) };
      return new ProgramGuest((cpu) =>
        cleanerProgram(cpu, setup, caches, streamOf(`${name}/lines`)),
      );
    }
  }
}

/** When the timer of a guest expires that it has besides what it does. */
function ownTimer(
  name: string,
  { period, jitter, phase }: { period: Duration; jitter: Duration; phase: Time | 'random' },
  streamOf: Streams,
) {
  const first = phaseOf(name, period, phase, streamOf, 'timer-phase');
  return periodicExpiries(first, period, jitter, streamOf(`${name}/timer-jitter`));
}

function toStep(op: ProgramOp, firstGfn: number, neighbours: Neighbours): ProgramStep {
  switch (op[0]) {
    case 'touch':
      return ['touch', firstGfn + Math.floor(op[1] / PAGE), op[2] ?? 1];
    case 'io':
      return ['io', found(neighbours.models, op[1])];
    case 'work':
      return ['work', found(neighbours.jobs, op[1])];
    case 'defer':
      return ['defer', found(neighbours.firstVcpu, op[1]), op[2]];
    case 'send':
      return ['send', found(neighbours.firstVcpu, op[1]) + op[2]];
    default:
      return op;
  }
}

function found<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const value = map.get(name);
  invariant(value !== undefined, 'the domains that guests name have been checked');
  return value;
}
