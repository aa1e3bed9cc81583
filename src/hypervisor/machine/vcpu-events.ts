import { NEVER, type Time } from '../../engine/time.ts';
import { IRQ_SGI, IRQ_VTIMER } from '../cpu/interrupts.ts';
import type { Pcpu } from '../cpu/pcpu.ts';
import { GUEST_TIMER, VTIMER } from './event-kinds.ts';
import type { Machine } from './machine.ts';
import { PAUSED_DOWN, type Vcpu } from './vcpu.ts';

/** What happens to vCPUs from outside: interrupts, answers, work, and their virtual timers. */

/** `vcpu` comes up, as was asked for at `due`. */
export function startVcpu(machine: Machine, vcpu: Vcpu, due: Time): void {
  machine.probe.eventDue(vcpu, due);
  machine.core.start(vcpu);
}

/** The first wake of a vCPU, or poll_timer_fn: nothing if the block has ended meanwhile. */
export function endOfBlock(machine: Machine, vcpu: Vcpu): void {
  if (!vcpu.wasStarted) {
    startVcpu(machine, vcpu, vcpu.wakeDue);
  } else if (vcpu.isPolling) {
    machine.probe.eventDue(vcpu, vcpu.wakeDue);
    machine.core.unblock(vcpu);
  }
}

/** Another vCPU has sent `vcpu` an interrupt at `sent` (vgic_inject_irq): wakes it if it sleeps. */
export function injectVirq(machine: Machine, vcpu: Vcpu, sent: Time): void {
  if ((vcpu.pauseFlags & PAUSED_DOWN) === 0) machine.probe.eventDue(vcpu, sent);
  vcpu.raiseVirq();
  machine.core.unblock(vcpu);
  kick(machine, vcpu);
}

/** A device model has answered at `answered` the access of `vcpu`, which waits in the hypervisor. */
export function completeIo(machine: Machine, vcpu: Vcpu, answered: Time): void {
  machine.probe.eventDue(vcpu, answered);
  vcpu.ioPending = false;
  machine.core.unblockInXen(vcpu);
}

/** Makes a running vCPU pass the return path (vcpu_kick): an SGI without a softirq. */
export function kick(machine: Machine, vcpu: Vcpu): void {
  const pcpu = machine.pcpuOf(vcpu);
  if (pcpu.current !== vcpu || pcpu.id === machine.here) return;
  if (machine.sgiIsFree) pcpu.interrupts.raise(IRQ_SGI);
  else machine.sendSgi(pcpu);
}

/** The guest of the current vCPU arms its virtual timer; an interrupt it has raised is gone. */
export function setVtimer(machine: Machine, vcpu: Vcpu, expiry: Time): void {
  if (expiry === NEVER) return stopVtimer(machine, vcpu);
  vcpu.vtimer = expiry;
  vcpu.vtimerFired = false;
  vcpu.virqPending = false;
  vcpu.vtimerDue = Math.max(expiry, machine.now);
  machine.sim.at(machine.slot(VTIMER, vcpu.id), vcpu.vtimerDue);
}

/** The guest of the current vCPU disarms its virtual timer. */
export function stopVtimer(machine: Machine, vcpu: Vcpu): void {
  vcpu.vtimer = NEVER;
  vcpu.vtimerFired = false;
  vcpu.virqPending = false;
  machine.sim.cancel(machine.slot(VTIMER, vcpu.id));
}

/**
 * The virtual timer of `vcpu` has expired (virt_timer_expired, or its interrupt): the interrupt waits for the guest. The vCPU may
 * have decided to block already (WFI) and be on its pCPU still; one that is down stays down.
 */
export function vtimerExpired(machine: Machine, vcpu: Vcpu): void {
  machine.probe.eventDue(vcpu, vcpu.vtimerDue);
  vcpu.vtimerFired = true;
  vcpu.raiseVirq();
  machine.core.unblock(vcpu);
}

/** The guests' timers at a context switch: one is kept by the hypervisor, the other by the hardware (virt_timer_save). */
export function switchVtimers(machine: Machine, pcpu: Pcpu, prev: Vcpu, next: Vcpu): void {
  if (prev.vtimer !== NEVER && !prev.vtimerFired) {
    machine.sim.cancel(machine.slot(VTIMER, prev.id));
    pcpu.interrupts.withdraw(IRQ_VTIMER);
    machine.setTimer(GUEST_TIMER, prev.id, pcpu.id, prev.vtimer);
  }
  if (next.vtimer !== NEVER && !next.vtimerFired) {
    machine.stopTimer(GUEST_TIMER, next.id);
    machine.sim.at(machine.slot(VTIMER, next.id), Math.max(next.vtimer, machine.now));
  }
}
