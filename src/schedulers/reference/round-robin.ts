import { type Duration, MS } from '../../engine/time.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import { GlobalScheduler } from './global-scheduler.ts';

/*
 * Round-robin: everybody in turn, for a timeslice each.
 *
 * All vCPUs are equal. Who wakes goes to the end of the one queue, as does who has had its timeslice or yields;
 * a pCPU that becomes free takes the first. Nobody is preempted by a wake. Who is alone goes on, for another
 * timeslice. As the timeslice goes to 0 this becomes processor sharing, as it grows first come, first served.
 */

/** Parameters of the round-robin scheduler. */
export interface RoundRobinParams {
  /** Longest run before the next in the queue has its turn [ns]. */
  readonly timeslice: Duration;
}

/** What it does if nothing else is said. */
export const ROUND_ROBIN_DEFAULTS: RoundRobinParams = { timeslice: 10 * MS };

/** A fair share for every vCPU, without weights. */
export class RoundRobinScheduler extends GlobalScheduler {
  readonly name = 'round-robin';

  constructor(machine: MachineView, { timeslice }: RoundRobinParams = ROUND_ROBIN_DEFAULTS) {
    super(machine, timeslice, false);
  }

  protected rank(): number {
    return 0;
  }
}
