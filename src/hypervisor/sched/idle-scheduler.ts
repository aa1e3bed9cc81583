import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import type { Decider, Decision } from '../ports.ts';

/** Xen's idle scheduler (sched_idle_ops), on pCPUs that belong to no pool: nothing but their idle vCPU runs. */
export class IdleScheduler implements Decider {
  private readonly machine: Machine;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  schedule(pcpu: number, _prev: Vcpu, decision: Decision): void {
    decision.next = this.machine.idle(pcpu);
    decision.slice = -1;
  }
}
