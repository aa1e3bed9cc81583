import type { Duration } from '../../engine/time.ts';
import type { Costs } from './costs.ts';
import { GUEST_TIMER, STIMER, TICK, WAKE } from './event-kinds.ts';
import type { Machine } from './machine.ts';
import { endOfBlock, vtimerExpired } from './vcpu-events.ts';

/** What it costs to get to the action of the callback of timer `slot` [ns]. */
export function timerCallbackCost(machine: Machine, slot: number, costs: Costs): Duration {
  const { sim, scheduler } = machine;
  const kind = sim.kindOf(slot);
  if (kind === WAKE || kind === GUEST_TIMER) return costs.vtimerCallback;
  if (kind === STIMER) return costs.sliceCallback;
  const units = scheduler.timerUnits?.(kind, sim.indexOf(slot)) ?? 0;
  return kind === TICK
    ? costs.tickCallback + units * costs.runqSort
    : costs.accountingCallback + units * costs.accountUnit;
}

/** The action of the callback of timer `slot`, on the pCPU `here`. */
export function timerExpired(machine: Machine, slot: number): void {
  const kind = machine.sim.kindOf(slot);
  const index = machine.sim.indexOf(slot);
  if (kind === WAKE) {
    endOfBlock(machine, machine.vcpus[index]);
  } else if (kind === GUEST_TIMER) {
    vtimerExpired(machine, machine.vcpus[index]);
  } else if (kind === STIMER) {
    machine.pcpus[index].raise(machine.softirqSchedule);
  } else {
    machine.scheduler.timer(kind, index);
    machine.probe.timerHandled(kind, index);
  }
}

/** The callback of timer `slot` calls vcpu_wake: it is for a vCPU that sleeps, or has not started. */
export function timerWakes(machine: Machine, slot: number): boolean {
  const vcpu = machine.vcpus[machine.sim.indexOf(slot)];
  switch (machine.sim.kindOf(slot)) {
    case GUEST_TIMER:
      return vcpu.isBlocked;
    case WAKE:
      return !vcpu.wasStarted || vcpu.isPolling;
    default:
      return false;
  }
}
