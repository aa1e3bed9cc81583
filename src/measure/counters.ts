import { GUEST, HYPERVISOR, IDLE, INTERRUPT } from '../hypervisor/cpu/pcpu-mode.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { RUNNABLE } from '../hypervisor/machine/vcpu.ts';
import type { FlushWalk } from '../memory/flush-walk.ts';
import type { LatencyProbe } from './latency-probe.ts';

/** What is counted in each replication, in the order of the columns of counters.csv. */
export const COUNTER_NAMES = [
  'events',
  'checks',
  'checks_hit',
  'erestarts',
  'lookups',
  'pages_flushed',
  'skipped',
  'flushes',
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
  'flush_moves',
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
/** The name of a counter. */
export type CounterName = (typeof COUNTER_NAMES)[number];
/** Values by name: counts, or [ns] summed over pCPUs (runnable_ns: over vCPUs). */
export type Counters = Readonly<Record<CounterName, number>>;

/** Reads the counters of a machine that has run. */
export function countersOf(
  machine: Machine,
  probe: LatencyProbe,
  walks: readonly FlushWalk[],
): Counters {
  const total = (of: (walk: FlushWalk) => number) => walks.reduce((sum, walk) => sum + of(walk), 0);
  const guests = (name: CounterName) => probe.guestCounts.of(name);
  const timeIn = (mode: number) => machine.pcpus.reduce((sum, pcpu) => sum + pcpu.timeIn[mode], 0);
  return {
    events: machine.sim.eventCount,
    checks: total((walk) => walk.total.checks),
    checks_hit: probe.erestarts,
    erestarts: probe.erestarts,
    lookups: total((walk) => walk.total.lookups),
    pages_flushed: total((walk) => walk.total.flushed),
    skipped: total((walk) => walk.total.skipped),
    flushes: probe.flushes,
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
    flush_moves: probe.flushMoves,
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
  };
}

/** What was counted between two readings of the same machine; the longest run of switches is that since `begin`. */
export function countersBetween(before: Counters, after: Counters): Counters {
  const { switches_without_guest } = after;
  const differences = COUNTER_NAMES.map((name) => [name, after[name] - before[name]]);
  return {
    ...(Object.fromEntries(differences) as Record<CounterName, number>),
    switches_without_guest,
  };
}
