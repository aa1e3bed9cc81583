import { IDLE } from '../cpu/pcpu-mode.ts';
import { NO_PCPU } from '../machine/cpu-mask.ts';
import { GUEST_TIMER, SOFTIRQ, WAKE } from '../machine/event-kinds.ts';
import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { IN_SWITCH } from '../paths/activity.ts';

/** What an operation of the toolstack needs of the pCPU it is carried out on, and of the others. */

/** An operation is carried out on `pcpu` from now on: it leaves its idle loop's wait. */
export function hold(machine: Machine, pcpu: number): void {
  machine.held = pcpu;
  if (machine.pcpus[pcpu].mode === IDLE) machine.scheduler.tickResume?.(pcpu);
}

/** It is done: the pCPU goes back to its wait if nothing is to be done there. */
export function letGo(machine: Machine): void {
  const pcpu = machine.pcpus[machine.held];
  machine.held = NO_PCPU;
  if (pcpu.mode === IDLE && pcpu.softirqPending === 0) machine.scheduler.tickSuspend?.(pcpu.id);
}

/** Lets `pcpu` reschedule before anything else, if it would do so now. @returns whether it has */
export function reschedulesNow(machine: Machine, pcpu: number): boolean {
  const slot = machine.slot(SOFTIRQ, pcpu);
  if (machine.sim.dueAt(slot) > machine.now) return false;
  const { here } = machine;
  machine.sim.cancel(slot);
  machine.here = pcpu;
  machine.pcpus[pcpu].segmentEnded();
  machine.here = here;
  return true;
}

/** No pCPU has been asked to reschedule and has not done so, switch included. */
export function hasRescheduled({ pcpus, softirqSchedule }: Machine): boolean {
  const bit = 1 << softirqSchedule;
  return pcpus.every(
    ({ softirqPending, activity }) => (softirqPending & bit) === 0 && activity !== IN_SWITCH,
  );
}

/** The end of a vCPU's block will not come by itself. */
export function cancelWake(machine: Machine, vcpu: Vcpu): void {
  machine.stopTimer(WAKE, vcpu.id);
}

/** None of the vCPU's timers in the hypervisor will fire. */
export function cancelTimers(machine: Machine, vcpu: Vcpu): void {
  cancelWake(machine, vcpu);
  machine.stopTimer(GUEST_TIMER, vcpu.id);
}
