import type { Domain } from '../hypervisor/machine/domain.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING, type Runstate } from '../hypervisor/machine/vcpu.ts';
import type { LatencyProbe } from './latency-probe.ts';

/** What the vCPUs of a domain did together. */
export interface DomainTimes {
  readonly name: string;
  /** Time in the guest: running less interrupts and the hypervisor [ns]. */
  readonly guest: number;
  /** Time in each runstate [ns]. */
  readonly running: number;
  readonly runnable: number;
  readonly blocked: number;
  readonly offline: number;
  /** Expiries that guests have dropped as they were late; jobs that were not done by the next expiry; deadlines missed. */
  readonly missedExpiries: number;
  readonly lateJobs: number;
  readonly deadlineMisses: number;
}

/** Of each domain, in file order. */
export function domainTimes(machine: Machine, probe: LatencyProbe): DomainTimes[] {
  return machine.domains.map((domain) => timesOf(machine, probe, domain));
}

function timesOf(machine: Machine, probe: LatencyProbe, { name, vcpus }: Domain): DomainTimes {
  const sum = (of: (id: number) => number) => vcpus.reduce((total, { id }) => total + of(id), 0);
  const time = (state: Runstate) => sum((id) => machine.core.timeIn(machine.vcpus[id], state));
  return {
    name,
    guest: sum((id) => machine.vcpus[id].guestTime),
    running: time(RUNNING),
    runnable: time(RUNNABLE),
    blocked: time(BLOCKED),
    offline: time(OFFLINE),
    missedExpiries: sum((id) => probe.guestCounts.of('missed_expiries', id)),
    lateJobs: sum((id) => probe.guestCounts.of('late_jobs', id)),
    deadlineMisses: sum((id) => probe.misses.of(id, machine.now)),
  };
}

/** What they did between two readings of the same machine. */
export function timesBetween(
  before: readonly DomainTimes[],
  after: readonly DomainTimes[],
): DomainTimes[] {
  return after.map(({ name, ...own }, i) => {
    const others = before[i];
    const keys = Object.keys(own) as (keyof typeof own)[];
    const differences = keys.map((key) => [key, own[key] - others[key]]);
    return { name, ...(Object.fromEntries(differences) as typeof own) };
  });
}
