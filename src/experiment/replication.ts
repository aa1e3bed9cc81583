import { type Duration, MS, type Time } from '../engine/time.ts';
import type { Domain } from '../hypervisor/machine/domain.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING, type Runstate } from '../hypervisor/machine/vcpu.ts';
import type { Counters } from '../measure/counters.ts';
import { countersOf } from '../measure/counters.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import { LatencyProbe, type Samples } from '../measure/latency-probe.ts';
import { SampleCollector, type SampleColumns, type SampleSink } from '../measure/sample-rows.ts';
import type { CauseSums } from '../measure/worst-samples.ts';
import { encodeCounts } from '../stats/bucket-counts.ts';
import { type Summary, sortSamples, summariseSorted } from '../stats/quantiles.ts';
import { buildMachine } from './build/build.ts';
import type { Setup } from './schema/schema.ts';

/** Time that the vCPUs of a domain spent in each runstate together [ns]. */
export interface DomainTimes {
  readonly name: string;
  /** In the guest: running less interrupts and the hypervisor. */
  readonly guest: number;
  readonly running: number;
  readonly runnable: number;
  readonly blocked: number;
  readonly offline: number;
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
  }[];
  readonly counters: Counters;
  /** What each domain's vCPUs did together, in file order. */
  readonly domains: readonly DomainTimes[];
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
  );
  const { machine, walks } = buildMachine(setup, seed, replication, probe);
  machine.run(setup.duration);
  const counters = countersOf(machine, probe, walks);
  const domains = machine.domains.map((domain) => domainTimes(machine, domain));
  finishWaits(machine, probe, setup.duration);
  const measured = Object.entries(probe.samples) as [LatencyKind, Samples][];
  for (const [, { rows }] of measured) rows?.end();
  return {
    latencies: measured.map(([kind, { latency, censored, worst }]) => {
      const sorted = sortSamples(latency.values());
      const [summary, histogram] = [summariseSorted(sorted), encodeCounts(sorted)];
      return { kind, summary, censored, histogram, causes: worst.summary() };
    }),
    counters,
    domains,
    ranOn: machine.now - setup.duration,
    samples: collector
      ? measured.map(([kind]) => ({ kind, columns: collector.columns(kind) }))
      : [],
  };
}

function domainTimes(machine: Machine, { name, vcpus }: Domain): DomainTimes {
  const time = (state: Runstate) =>
    vcpus.reduce((sum, vcpu) => sum + machine.core.timeIn(vcpu, state), 0);
  return {
    name,
    guest: vcpus.reduce((sum, { guestTime }) => sum + guestTime, 0),
    running: time(RUNNING),
    runnable: time(RUNNABLE),
    blocked: time(BLOCKED),
    offline: time(OFFLINE),
  };
}
