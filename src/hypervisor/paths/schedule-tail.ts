import type { Duration } from '../../engine/time.ts';
import type { Pcpu } from '../cpu/pcpu.ts';
import type { Machine } from '../machine/machine.ts';

/** schedule_tail's cost, on the stack of the vCPU that was switched in to `p` [ns]. */
export function scheduleTailCost(m: Machine, p: Pcpu): Duration {
  const c = p.costs;
  const previous = m.previousOf(p);
  if (previous.isIdle) return c.contextSwitchFromIdle;
  return c.contextSwitch + (previous.isRunnable ? c.requeue : 0);
}

/**
 * The end of schedule_tail: the context of who ran on `p` before is saved, interrupts are unmasked.
 * @returns whether some are pending, for the path to yield OPEN
 */
export function endScheduleTail(m: Machine, p: Pcpu): boolean {
  m.core.contextSaved(m.previousOf(p));
  m.probe.softirqEnded(p.id, m.softirqSchedule);
  return p.interrupts.unmask();
}
