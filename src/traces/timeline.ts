import type { Duration } from '../engine/time.ts';
import { buildMachine } from '../experiment/build/build.ts';
import type { Setup } from '../experiment/schema/schema.ts';
import type { XenVersion } from '../hypervisor/cpu/softirq.ts';
import { SOFTIRQ_ORDER } from '../hypervisor/cpu/softirq.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { operationText } from '../measure/operation-text.ts';
import { creditOf } from './held-credit.ts';
import type { LatencySlice } from './latency-slices.ts';
import { LogProbe } from './log-probe.ts';
import { RunLog } from './run-log.ts';

/** A vCPU in a timeline, by its global number. */
export interface TimelineVcpu {
  /** Index of its domain. */
  readonly domain: number;
  /** Its number in the domain. */
  readonly number: number;
  /** `domain/number`. */
  readonly name: string;
}

/** One replication in full: what happened, and what the numbers in the log stand for. */
export interface Timeline {
  readonly duration: Duration;
  readonly xen: XenVersion;
  readonly pcpus: number;
  /** Names of the domains. */
  readonly domains: readonly string[];
  readonly vcpus: readonly TimelineVcpu[];
  /** Names of the softirqs by number. */
  readonly softirqs: readonly string[];
  /** What the values of CREDIT entries are. */
  readonly creditName: string;
  /** What the toolstack does, by the index of the operation. */
  readonly operations: readonly string[];
  /** The jobs, by number: their names, and what is said where a test of one finds something. */
  readonly jobs: readonly { readonly name: string; readonly hit: string }[];
  readonly log: RunLog;
  /** What was measured, if it is to be shown. */
  readonly latencies?: readonly LatencySlice[];
  /** What this is the timeline of: names and values. */
  readonly about?: readonly (readonly [name: string, value: string])[];
}

/**
 * Runs one replication of a cell and logs all of it: a pure function of its arguments.
 * @param until - how long; a run goes on until waits have ended that began in its duration
 * @throws LogFullError if that is too much
 * @throws InvariantError if a law of the simulation breaks
 */
export function recordTimeline(
  setup: Setup,
  seed: number,
  replication: number,
  until: Duration = setup.duration,
): Timeline {
  const probe = new LogProbe(new RunLog());
  const { machine } = buildMachine(setup, seed, replication, probe);
  machine.run(until);
  return timelineOf(machine, probe.log);
}

/** The timeline of a machine that has run to its end, with `log` written meanwhile. */
export function timelineOf(machine: Machine, log: RunLog): Timeline {
  return {
    duration: machine.now - 0,
    xen: machine.xen,
    pcpus: machine.pcpuCount,
    domains: machine.domains.map(({ name }) => name),
    vcpus: machine.domains.flatMap(({ index, name, vcpus }) =>
      vcpus.map((_, number) => ({ domain: index, number, name: `${name}/${number}` })),
    ),
    softirqs: SOFTIRQ_ORDER[machine.xen],
    creditName: creditOf(machine.scheduler)?.name ?? '',
    operations: machine.toolstack.operations.map(({ operation }) =>
      operationText(machine, operation),
    ),
    jobs: machine.jobs.all.map(({ name, published }) => ({
      name,
      hit: published?.hit ?? `${name}: a test finds something`,
    })),
    log,
  };
}
