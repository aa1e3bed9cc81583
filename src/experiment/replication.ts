import { type Duration, MS, type Time } from '../engine/time.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { PAUSED_BLOCKED, PAUSED_DOWN } from '../hypervisor/machine/vcpu.ts';
import type { Counters } from '../measure/counters.ts';
import { countersBetween, countersOf } from '../measure/counters.ts';
import { type DomainTimes, domainTimes, timesBetween } from '../measure/domain-times.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import { LatencyProbe } from '../measure/latency-probe.ts';
import { LOOK_EVERY, type LostVcpu, LostVcpus } from '../measure/lost-vcpus.ts';
import { type OperationCount, operationCounts } from '../measure/operation-counts.ts';
import { SampleCollector, type SampleColumns, type SampleSink } from '../measure/sample-rows.ts';
import { samplesByKind } from '../measure/sample-taker.ts';
import type { CauseSums } from '../measure/worst-samples.ts';
import { encodeCounts } from '../stats/bucket-counts.ts';
import { type Summary, summariseSorted } from '../stats/quantiles.ts';
import { buildMachine } from './build/build.ts';
import { sortByVcpu, type VcpuLatency } from './by-vcpu.ts';
import type { Setup } from './schema/schema.ts';
import { type VcpuName, vcpuNames } from './vcpu-names.ts';

/** A vCPU, `DOMAIN/NUMBER`, that could go on while a pCPU idled where it may run, from when to when [ns], and why. */
export interface NamedLoss {
  readonly vcpu: string;
  readonly from: Time;
  readonly to: Time;
  /** The defect of Xen that it is; undefined: none that is known. */
  readonly defect: string | undefined;
}

/** What is kept of one replication besides its samples. Plain data: it is written to disk as JSON. */
export interface Measurements {
  readonly latencies: readonly {
    readonly kind: LatencyKind;
    readonly summary: Summary;
    /** Samples that had not ended when the run did: each is at least as long as it says. They are among the others. */
    readonly censored: number;
    /** All samples, as `encodeCounts` writes them. */
    readonly histogram: string;
    /** What the latencies were made of, and the worst ones. */
    readonly causes: CauseSums;
    /** The same of each vCPU that has samples. */
    readonly vcpus: readonly VcpuLatency[];
  }[];
  readonly counters: Counters;
  /** What each domain's vCPUs did together, in file order. */
  readonly domains: readonly DomainTimes[];
  /** What the toolstack did, and what came of it; absent: there are no events. */
  readonly operations?: readonly OperationCount[];
  /** vCPUs that were lost for some time; absent: none was. */
  readonly lost?: readonly NamedLoss[];
  /** vCPUs that were up and not asleep at the end, and executed no guest instruction after the warm-up: `DOMAIN/NUMBER`. */
  readonly stuck: readonly string[];
  /** How long it went on, so that waits which had begun could end [ns]. */
  readonly ranOn: Duration;
}

/** What one replication of one cell gave. */
export interface ReplicationResult extends Measurements {
  /** Only if the experiment asks for samples, and nobody took them. */
  readonly samples: readonly { readonly kind: LatencyKind; readonly columns: SampleColumns }[];
}

/** The first step in which a run goes on; each is twice as long as the one before [ns]. It changes no result. */
const STEP_FIRST: Duration = MS;

/** Runs a machine until `end`, and looks at times whether a vCPU is lost. */
function runLooking(machine: Machine, end: Duration, lost: LostVcpus): void {
  do {
    machine.run(Math.min(machine.now + LOOK_EVERY - (machine.now % LOOK_EVERY), end));
    lost.look(machine);
  } while (machine.now < end);
}

function named({ vcpu, from, to, defect }: LostVcpu, names: readonly VcpuName[]): NamedLoss {
  const { domain, number } = names[vcpu];
  return { vcpu: `${domain}/${number}`, from, to, defect };
}

/**
 * Lets the run go on until no latency that began in it is left unfinished, at most for as long again as it was: what is not
 * finished then is known to be at least so long.
 */
function finishWaits(machine: Machine, probe: LatencyProbe, duration: Duration): void {
  const end: Time = 2 * duration;
  for (let step = STEP_FIRST; probe.isWaiting && machine.now < end; step *= 2) {
    machine.run(Math.min(machine.now + step, end) - 0);
  }
  probe.censor();
}

/**
 * Runs one replication of a cell: a pure function of its arguments.
 * @param sink - takes the samples while they come, if the experiment asks for samples, in place of the result
 * @throws InvariantError if a law of the simulation breaks
 */
export function replicate(
  setup: Setup,
  seed: number,
  replication: number,
  sink?: SampleSink,
): ReplicationResult {
  const { latencies: kinds, samples: keepsSamples, warmUp } = setup.measure;
  const collector = keepsSamples && sink === undefined ? new SampleCollector() : undefined;
  const probe = new LatencyProbe(
    kinds,
    { warmUp: 0 + warmUp, end: 0 + setup.duration },
    keepsSamples ? (sink ?? collector?.sink) : undefined,
    setup.jobs?.length ?? 0,
  );
  const { machine } = buildMachine(setup, seed, replication, probe);
  const read = () => ({
    counters: countersOf(machine, probe),
    domains: domainTimes(machine, probe),
    guestTimes: machine.vcpus.map(({ guestTime }) => guestTime),
  });
  // Nothing of the warm-up counts.
  const lost = new LostVcpus();
  runLooking(machine, warmUp, lost);
  const before = read();
  probe.progress.begin();
  runLooking(machine, setup.duration, lost);
  const after = read();
  const stuck = stuckVcpus(machine, probe, 0 + warmUp, before.guestTimes);
  finishWaits(machine, probe, setup.duration);
  const names = vcpuNames(setup);
  const measured = samplesByKind(probe.samples);
  for (const [, { rows }] of measured) rows?.end();
  return {
    latencies: measured.map(([kind, own]) => {
      const { censored, worst } = own;
      const { sorted, vcpus } = sortByVcpu(own, names);
      const [summary, histogram] = [summariseSorted(sorted), encodeCounts(sorted)];
      const causes = worst.summary();
      return { kind, summary, censored, histogram, causes, vcpus };
    }),
    counters: countersBetween(before.counters, after.counters),
    domains: timesBetween(before.domains, after.domains),
    ...(setup.events && { operations: operationCounts(machine) }),
    ...(lost.all.length > 0 && { lost: lost.all.map((loss) => named(loss, names)) }),
    stuck,
    ranOn: machine.now - setup.duration,
    samples: collector
      ? measured.map(([kind]) => ({ kind, columns: collector.columns(kind) }))
      : [],
  };
}

/** The vCPUs that want a pCPU, or are kept from it, for at least half of the time since `from` and have executed nothing. */
function stuckVcpus(
  machine: Machine,
  probe: LatencyProbe,
  from: Time,
  guestTimes: readonly Duration[],
): string[] {
  return machine.domains.flatMap(({ name, vcpus }) =>
    vcpus.flatMap(({ id, guestTime, pauseFlags, upSince }, number) => {
      const sleeps = (pauseFlags & (PAUSED_BLOCKED | PAUSED_DOWN)) !== 0;
      const has = guestTime > guestTimes[id] || probe.progress.hasEntered(id, from);
      const isLate = 2 * (machine.now - upSince) < machine.now - from;
      return sleeps || has || isLate ? [] : [`${name}/${number}`];
    }),
  );
}
