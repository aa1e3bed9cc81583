import { NEVER, type Time } from '../../engine/time.ts';
import { insertAt, removeAt } from '../queue-array.ts';
import { type RtdsUnit, runsBefore } from './unit.ts';

/**
 * The units whose budget will be filled up, in the order in which that happens, and the timer for the first.
 *
 * A unit is inserted before the first that it goes before *at that moment*, by level, then deadline. Levels of
 * running units change while they are queued, so this is no key order, hence a plain array; and a unit of a
 * worse level may come after later deadlines, so that the timer fires late for it (its own expiry may then
 * lie in the past).
 */
export class ReplenishmentQueue {
  private readonly units: RtdsUnit[] = [];
  private readonly armTimer: (deadline: Time) => void;

  /** @param armTimer - arms the timer for a time [ns] in place of what it was armed for; NEVER stops it */
  constructor(armTimer: (deadline: Time) => void) {
    this.armTimer = armTimer;
  }

  /** replq_insert */
  insert(unit: RtdsUnit): void {
    if (this.putBack(unit) === 0) this.armTimer(unit.deadline);
  }

  /** replq_remove; no effect on a unit that is not queued. */
  remove(unit: RtdsUnit): void {
    if (this.takeOut(unit) === 0) this.arm();
  }

  /** replq_reinsert: the unit's deadline has changed. */
  reinsert(unit: RtdsUnit): void {
    const from = this.takeOut(unit);
    const to = this.putBack(unit);
    if (from === 0 || to === 0) this.arm();
  }

  /** How many units `takeDue` would take out now, one after the other. */
  dueCount(now: Time): number {
    const later = this.units.findIndex(({ deadline }) => now < deadline);
    return later < 0 ? this.units.length : later;
  }

  /** Takes the first unit out if its deadline has come; the timer stays as it is. */
  takeDue(now: Time): RtdsUnit | undefined {
    const { units } = this;
    const unit = units.at(0);
    if (unit === undefined || now < unit.deadline) return undefined;
    units.shift();
    unit.onReplq = false;
    return unit;
  }

  /** Inserts the unit; the timer stays as it is. @returns its position */
  putBack(unit: RtdsUnit): number {
    const { units } = this;
    let at = 0;
    while (at < units.length && !runsBefore(unit, units[at])) at++;
    insertAt(units, at, unit);
    unit.onReplq = true;
    return at;
  }

  /** Arms the timer for the first unit. */
  arm(): void {
    this.armTimer(this.units.length === 0 ? NEVER : this.units[0].deadline);
  }

  /** @returns the position it was at, -1 if it was not queued */
  private takeOut(unit: RtdsUnit): number {
    if (!unit.onReplq) return -1;
    const at = this.units.indexOf(unit);
    removeAt(this.units, at);
    unit.onReplq = false;
    return at;
  }
}
