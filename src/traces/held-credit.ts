import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import type { Scheduler } from '../hypervisor/ports.ts';
import { CreditScheduler } from '../schedulers/credit/credit.ts';
import { Credit2Scheduler } from '../schedulers/credit2/credit2.ts';
import { RtdsScheduler } from '../schedulers/rtds/rtds.ts';

/** What a scheduler gives its vCPUs to spend. */
export interface HeldCredit {
  /** What it is called, with its unit. */
  readonly name: string;
  /** How much `vcpu` has, as of the last time the scheduler looked. */
  readonly of: (vcpu: Vcpu) => number;
}

/** The credit (credit, credit2) or budget (rtds) of vCPUs; undefined: the scheduler has no such thing. */
export function creditOf(scheduler: Scheduler): HeldCredit | undefined {
  if (scheduler instanceof CreditScheduler) {
    return { name: 'credit', of: (vcpu) => scheduler.unit(vcpu).credit };
  }
  if (scheduler instanceof Credit2Scheduler) {
    return { name: 'credit [ns]', of: (vcpu) => scheduler.unit(vcpu).credit };
  }
  if (scheduler instanceof RtdsScheduler) {
    return { name: 'budget [ns]', of: (vcpu) => scheduler.unit(vcpu).budget };
  }
  return undefined;
}
