import { expect } from 'vitest';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING } from '../../src/hypervisor/machine/vcpu.ts';
import type { Hypervisor } from './scenarios.ts';
import type { SchedulerCase } from './schedulers.ts';
import type { Watch } from './watch.ts';

/** A law of schedulers, checked on a run of one: whether it applies depends on what the scheduler promises. */
export type Law = (watch: Watch, scheduler: SchedulerCase, hypervisor: Hypervisor) => void;

/** No pCPU idles while a vCPU waits that may run there, but for the time the hypervisor needs. */
export const workConserving: Law = (watch, scheduler, { path }) => {
  const { workConserving: promised } = scheduler;
  const { machine } = watch;
  const pinned = machine.vcpus.some(({ hardAffinity }) => !machine.online.isSubsetOf(hardAffinity));
  if (promised === 'never' || (promised === 'unpinned' && (path > 0 || pinned))) return;
  const longest = path + (scheduler.idlesBeside ?? 0);
  expect(watch.idledBesideWaiting, 'idle beside a vCPU that waits [ns]').toBeLessThanOrEqual(
    longest,
  );
};

/** A vCPU runs on pCPUs that its hard affinity allows. */
export const affinityRespected: Law = ({ seen, machine }, { respectsAffinity }) => {
  if (!respectsAffinity) return;
  for (const { next, pcpu } of seen) {
    if (next >= 0)
      expect(machine.vcpus[next].hardAffinity.has(pcpu), `${next} on ${pcpu}`).toBe(true);
  }
};

/** A vCPU that could go on, and did not yield, keeps its pCPU for the rate limit. */
export const ratelimitRespected: Law = ({ seen }, { ratelimit }) => {
  for (const { preempted, ran, prev, time } of seen) {
    if (preempted) expect(ran, `${prev} preempted at ${time}`).toBeGreaterThanOrEqual(ratelimit);
  }
};

/** A vCPU is current on one pCPU at a time. */
export const onePlaceAtATime: Law = ({ doublyCurrent }) => {
  expect(doublyCurrent, 'decisions for a vCPU that is current elsewhere').toBe(0);
};

/** Who is chosen can run; the slice is positive, and idle has none. */
export const soundDecisions: Law = ({ seen }, { name }) => {
  for (const { next, slice, time } of seen) {
    // The table of arinc653 goes on while it idles.
    if (next < 0 && name !== 'arinc653') expect(slice, `idle at ${time}`).toBe(-1);
    if (next >= 0) expect(slice, `slice at ${time}`).not.toBe(0);
  }
};

/** A vCPU is in one runstate at any time, a pCPU in one mode, and a vCPU runs when decisions say so. */
export const timeAddsUp: Law = ({ machine, ran }) => {
  const states = [RUNNING, RUNNABLE, BLOCKED, OFFLINE] as const;
  for (const vcpu of machine.vcpus) {
    const times = states.map((state) => machine.core.timeIn(vcpu, state));
    expect(sum(times), `runstates of ${vcpu.id}`).toBe(machine.now);
    expect(times[0], `running time of ${vcpu.id}`).toBe(ran[vcpu.id]);
  }
  for (const pcpu of machine.pcpus) {
    expect(sum([...pcpu.timeIn]), `modes of pCPU ${pcpu.id}`).toBe(machine.now);
  }
};

/** Everybody who wants to run does so before long. */
export const noStarvation: Law = ({ longestWait }, scheduler) => {
  if (scheduler.longestWait === undefined) return;
  const longest = Math.max(...longestWait);
  expect(longest, 'longest wait [ns]').toBeLessThanOrEqual(scheduler.longestWait);
};

/** The same machine decides the same way again. */
export function sameDecisions(first: Watch, second: Watch): void {
  expect(second.seen).toEqual(first.seen);
}

/** Of domains that want all they can get each gets time in proportion to its weight. */
export function sharesFollowWeights({ machine, ran }: Watch, shareError: number): void {
  const weights = machine.domains.map(({ weight }) => weight);
  const total = sum(weights);
  weights.forEach((weight, i) => {
    const share = (machine.now * machine.pcpuCount * weight) / total;
    expect(Math.abs(ran[i] - share), `time of ${i} from its share [ns]`).toBeLessThanOrEqual(
      shareError,
    );
  });
}

/** A capped domain that wants all it can get, and has nobody beside it, gets its cap and not more. */
export function capsHold({ machine, ran }: Watch, capExcess: number): void {
  for (const { cap, index } of machine.domains) {
    const allowed = (machine.now * cap) / 100;
    expect(ran[index] - allowed, 'time beyond the cap [ns]').toBeLessThanOrEqual(capExcess);
    expect(allowed - ran[index], 'time short of the cap [ns]').toBeLessThanOrEqual(capExcess);
  }
}

/** The laws that hold on any run, by name. */
export const LAWS: Readonly<Record<string, Law>> = {
  workConserving,
  affinityRespected,
  ratelimitRespected,
  onePlaceAtATime,
  soundDecisions,
  timeAddsUp,
};

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
