import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import { GlobalScheduler } from './global-scheduler.ts';

/*
 * Fixed priorities: the vCPUs of a more important domain always go first.
 *
 * Larger numbers are more important, as in Xen. Among equals it is first come, first served, without a
 * timeslice; a yield lets an equal go first. With preemption a vCPU that wakes takes the pCPU of the least
 * important one that runs, if that is less important than itself. Without, it waits until a pCPU is given up:
 * what a system does that checks for pending work only between jobs. Who is less important may starve.
 */

/** Parameters of the fixed-priority scheduler. */
export interface FixedPriorityParams {
  /** A vCPU that wakes may take the pCPU of a less important one. */
  readonly preemptive: boolean;
  /** Priority of each domain's vCPUs by the domain's index; a domain without has 0. */
  readonly priorities: readonly number[];
}

/** Global fixed-priority scheduling. */
export class FixedPriorityScheduler extends GlobalScheduler {
  readonly name = 'fixed-priority';
  private readonly priorities: readonly number[];

  constructor(machine: MachineView, { preemptive, priorities }: FixedPriorityParams) {
    super(machine, -1, preemptive);
    this.priorities = priorities;
  }

  protected rank({ domain }: Vcpu): number {
    return domain === undefined ? 0 : -(this.priorities[domain.index] ?? 0);
  }
}
