import { GUEST, HYPERVISOR, IDLE, INTERRUPT } from '../hypervisor/cpu/pcpu-mode.ts';
import {
  FLUSH_COUNTERS,
  FLUSH_MOVES,
  type StandingCounter,
  standingCounterNames,
} from '../hypervisor/jobs/standing-names.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { RUNNABLE } from '../hypervisor/machine/vcpu.ts';
import type { LatencyProbe } from './latency-probe.ts';

/** What is counted in each replication, in the order of the columns of counters.csv. */
export const COUNTER_NAMES = [
  'events',
  ...standingCounterNames(FLUSH_COUNTERS),
  'context_switches',
  'migrations',
  'wakes',
  'softirqs',
  'interrupts',
  'traps',
  'guest_ns',
  'hypervisor_ns',
  'interrupt_ns',
  'idle_ns',
  'runnable_ns',
  ...standingCounterNames(FLUSH_MOVES),
  'entries_with_work',
  'entries_with_softirqs',
  'stage2_faults',
  'undefs',
  'bring_ups',
  'bring_up_timeouts',
  'episodes',
  'stale_episodes',
  'stale_lines',
  'lost_lines',
  'missed_expiries',
  'late_jobs',
  'deadline_misses',
  'switches_without_guest',
] as const;
/** The name of a counter that is always there. */
type BaseCounter = (typeof COUNTER_NAMES)[number];
/** The name of a counter; those of jobs begin with the job's. */
export type CounterName = string;
/** Values by name: counts, or [ns] summed over pCPUs (runnable_ns: over vCPUs). */
export type Counters = Readonly<Record<BaseCounter, number>> & {
  readonly [name: string]: number;
};

/**
 * What is counted of each job, behind its name: requests done; calls; tests, of requests that are done; hits; units, of requests that are done; calls
 * that found a lock taken; time its locks were held, and waited for [ns]; the same of the lock that its units
 * take, and how often they took it; the longest time of a call without a test [ns].
 */
export const JOB_COUNTERS = [
  'done',
  'calls',
  'tests',
  'hits',
  'units',
  'refusals',
  'held_ns',
  'waited_ns',
  'unit_held_ns',
  'unit_waited_ns',
  'unit_takes',
  'stretch_ns',
] as const;

/** The names of all counters where there are jobs of these names. */
export function counterNames(jobs: readonly string[]): readonly string[] {
  if (jobs.length === 0) return COUNTER_NAMES;
  return [...COUNTER_NAMES, ...jobs.flatMap((job) => JOB_COUNTERS.map((name) => `${job}_${name}`))];
}

function jobCounters({ jobs }: Machine): Record<string, number> {
  const values = jobs.asked.flatMap(({ name }, index) => {
    const { done, calls, tests, hits, units, refusals, held, waited, ...own } = jobs.counts[index];
    const { unitHeld, unitWaited, unitTakes, stretch } = own;
    const locks = [refusals, held, waited, unitHeld, unitWaited, unitTakes];
    const of = [done, calls, tests, hits, units, ...locks, stretch];
    return JOB_COUNTERS.map((counter, i) => [`${name}_${counter}`, of[i]] as const);
  });
  return Object.fromEntries(values);
}

/** The counters of the standing jobs, by their published names. */
function standingCounters({ jobs, vcpus }: Machine): Record<StandingCounter, number> {
  const values: Record<string, number> = {};
  for (const [i, { published }] of jobs.standing.entries()) {
    if (published === undefined) continue;
    const totals = vcpus.map(({ standingRuns }) => standingRuns[i].work.total);
    for (const name in published.counters) {
      const what = published.counters[name];
      if (typeof what === 'string') values[name] = jobs.counts[jobs.asked.length + i][what];
      else values[name] = totals.reduce((sum, total) => sum + (total?.[what.total] ?? 0), 0);
    }
  }
  return values as Record<StandingCounter, number>;
}

/** Reads the counters of a machine that has run. */
export function countersOf(machine: Machine, probe: LatencyProbe): Counters {
  const guests = (name: BaseCounter) => probe.guestCounts.of(name);
  const timeIn = (mode: number) => machine.pcpus.reduce((sum, pcpu) => sum + pcpu.timeIn[mode], 0);
  return {
    events: machine.sim.eventCount,
    context_switches: probe.contextSwitches,
    migrations: probe.migrations,
    wakes: probe.wakeCount,
    softirqs: probe.softirqs,
    interrupts: machine.pcpus.reduce((sum, pcpu) => sum + pcpu.interrupts.count, 0),
    traps: machine.pcpus.reduce((sum, pcpu) => sum + pcpu.trapCount, 0),
    guest_ns: timeIn(GUEST),
    hypervisor_ns: timeIn(HYPERVISOR),
    interrupt_ns: timeIn(INTERRUPT),
    idle_ns: timeIn(IDLE),
    entries_with_work: probe.entriesWithWork,
    entries_with_softirqs: probe.entriesWithSoftirqs,
    stage2_faults: probe.faults,
    undefs: probe.undefs,
    bring_ups: guests('bring_ups'),
    bring_up_timeouts: guests('bring_up_timeouts'),
    episodes: guests('episodes'),
    stale_episodes: guests('stale_episodes'),
    stale_lines: guests('stale_lines'),
    lost_lines: guests('lost_lines'),
    missed_expiries: guests('missed_expiries'),
    late_jobs: guests('late_jobs'),
    deadline_misses: machine.vcpus.reduce(
      (sum, { id }) => sum + probe.misses.of(id, machine.now),
      0,
    ),
    switches_without_guest: probe.progress.longestSwitching,
    runnable_ns: machine.vcpus.reduce((sum, vcpu) => sum + machine.core.timeIn(vcpu, RUNNABLE), 0),
    ...standingCounters(machine),
    ...jobCounters(machine),
  };
}

/** What was counted between two readings of the same machine; the longest run of switches is that since `begin`. */
export function countersBetween(before: Counters, after: Counters): Counters {
  const { switches_without_guest } = after;
  const names = [...new Set([...COUNTER_NAMES, ...Object.keys(after)])];
  // The longest of all has no difference.
  const differences = names.map((name) => [
    name,
    name.endsWith('_stretch_ns') ? after[name] : after[name] - before[name],
  ]);
  return { ...(Object.fromEntries(differences) as Counters), switches_without_guest };
}
