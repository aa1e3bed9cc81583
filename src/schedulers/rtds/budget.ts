import { invariant } from '../../engine/invariant.ts';
import type { Time } from '../../engine/time.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import type { RtdsUnit } from './unit.ts';
import type { RtdsRules } from './versions.ts';

/** The lowest priority level: an unsigned int in Xen. */
const LEVEL_MAX = 0xffffffff;

/** rt_update_deadline: the period that contains now begins. Deadlines are multiples of the period. */
export function startPeriod(unit: RtdsUnit, now: Time): void {
  invariant(now >= unit.deadline, 'a period begins when the last one is over');
  const { period, budget } = unit.reservation;
  unit.deadline += (Math.floor((now - unit.deadline) / period) + 1) * period;
  unit.lastStart = now;
  unit.budget = budget;
  unit.level = 0;
}

/** A unit with extratime has used up its budget: it has another one, on the next lower level. @returns the unit */
export function fall(unit: RtdsUnit, rules: RtdsRules): RtdsUnit {
  if (unit.level < LEVEL_MAX) unit.level++;
  else if (!rules.levelSaturates) unit.level = 0;
  unit.budget = unit.reservation.budget;
  return unit;
}

/** The budget of the running unit is used up; what it used beyond is forgiven. @returns the unit */
export function useUp(unit: RtdsUnit, rules: RtdsRules): RtdsUnit {
  if (unit.reservation.extratime) return fall(unit, rules);
  unit.budget = 0;
  unit.depleted = true;
  return unit;
}

/** At its deadline, of a unit that could go on all the time: it has not got its budget. Xen does not notice. */
export function isShort(unit: RtdsUnit, machine: MachineView): boolean {
  const { vcpu, wantsAll, level, budget, lastStart } = unit;
  if (!wantsAll || level > 0 || !vcpu.isRunnable) return false;
  const runs = machine.current(vcpu.processor) === vcpu;
  return budget - (runs ? machine.clock - lastStart : 0) > 0;
}
