import { type Duration, NEVER, type Time } from '../../engine/time.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import { GlobalScheduler } from './global-scheduler.ts';

/*
 * EDF: who has to be done soonest goes first.
 *
 * A wake releases a job: its deadline is the time of the wake plus the *relative deadline* of the domain, and
 * stays until the vCPU has blocked and wakes again. Of the vCPUs that may run those with the earliest deadlines
 * run, whatever pCPU they were on; an earlier one preempts. On one pCPU this meets all deadlines that can be
 * met (Liu and Layland 1973); on several it does not promise that (Dhall and Liu 1978).
 *
 * Domains without a relative deadline get what is left, first come, first served. There is no budget: a job
 * that overruns keeps its deadline, and who never blocks goes before all that wake later than it did, for ever.
 * That is what the servers of rtds are for.
 */

/** Parameters of the EDF scheduler. */
export interface EdfParams {
  /** Relative deadline of each domain's vCPUs by the domain's index [ns]; a domain without has none. */
  readonly deadlines: readonly (Duration | undefined)[];
}

/** Global earliest deadline first. */
export class EdfScheduler extends GlobalScheduler {
  readonly name = 'edf';
  private readonly relative: readonly (Duration | undefined)[];
  /** Of the job in progress, by vCPU. */
  private readonly deadlines: Time[] = [];

  constructor(machine: MachineView, { deadlines }: EdfParams) {
    super(machine, -1, true);
    this.relative = deadlines;
  }

  override wake(vcpu: Vcpu): void {
    const { domain } = vcpu;
    const relative = domain === undefined ? undefined : this.relative[domain.index];
    this.deadlines[vcpu.id] = relative === undefined ? NEVER : this.machine.clock + relative;
    this.machine.probe.deadlineSet(vcpu, this.deadlines[vcpu.id]);
    super.wake(vcpu);
  }

  protected rank(vcpu: Vcpu): number {
    return this.deadlines[vcpu.id];
  }
}
