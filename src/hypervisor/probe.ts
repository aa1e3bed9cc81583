import type { Duration } from '../engine/time.ts';
import type { Decision, WakeReason } from './ports.ts';
import type { Vcpu } from './vcpu.ts';

/**
 * What happens, as it happens, for whoever measures or records; this class listens to nothing, others
 * override what they need. Calls come at the simulated instant. A probe must not change anything.
 */
export class Probe {
  /** schedule() has decided for `pcpu`. */
  scheduled(_pcpu: number, _prev: Vcpu, _decision: Decision): void {}
  /** The scheduler's wake hook has run; `tickled` are the pCPUs it raised SCHEDULE on, in order. */
  woken(_vcpu: Vcpu, _why: WakeReason, _tickled: readonly number[]): void {}
  /** The vCPU was unblocked but is parked: the wake hook is not called. */
  wakeSkipped(_vcpu: Vcpu): void {}
  /** The vCPU is about to block for `duration` [ns]. */
  blocking(_vcpu: Vcpu, _duration: Duration): void {}
  yielding(_vcpu: Vcpu): void {}
  /** The vCPU moved between pCPUs. */
  migrated(_vcpu: Vcpu, _from: number, _to: number, _why: string): void {}
  /** The scheduler asked the running vCPU to leave its pCPU. */
  kicked(_vcpu: Vcpu, _by: string): void {}
  parked(_vcpu: Vcpu, _parked: boolean): void {}
  /** A scheduler's timer handler has run. */
  timerHandled(_kind: number, _index: number): void {}
  /** The time table `index` was set, or refused. */
  tableSet(_index: number, _accepted: boolean): void {}
  /** Anything that only one scheduler has (e.g. credit2's reset). */
  schedulerEvent(_name: string, _pcpu: number): void {}
  softirqRaised(_pcpu: number, _nr: number): void {}
  /** A softirq's handler starts on `pcpu`, `latency` ns after it was raised. */
  softirqStarted(_pcpu: number, _nr: number, _latency: Duration): void {}
  /** A hypervisor timer's callback starts, `lateness` ns after its expiry. */
  timerFired(_pcpu: number, _kind: number, _lateness: Duration): void {}
  /** The vCPU executes its first guest instruction after a stay in the hypervisor. */
  guestEntered(_vcpu: Vcpu): void {}
  /** A guest measured something itself, e.g. how late its timer interrupt was. */
  guestSample(_vcpu: Vcpu, _kind: string, _latency: Duration): void {}
  /** The flush of `vcpu` stopped with -ERESTART. */
  flushPreempted(_vcpu: Vcpu): void {}
  /** The flush of `vcpu` is complete. */
  flushed(_vcpu: Vcpu): void {}
}
