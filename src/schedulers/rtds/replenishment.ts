import { NEVER, type Time } from '../../engine/time.ts';
import { InsertionOrder } from './insertion-order.ts';
import type { RtdsUnit } from './unit.ts';

/**
 * The units whose budget will be filled up, in the order in which that happens, and the timer for the first.
 *
 * A unit is inserted before the first that it goes before *at that moment*, by level, then deadline. Levels of
 * running units change while they are queued, so this is no key order (insertion-order.ts); and a unit of a
 * worse level may come after later deadlines, so that the timer fires late for it (its own expiry may then
 * lie in the past).
 */
export class ReplenishmentQueue {
  private readonly units = new InsertionOrder();
  private readonly armTimer: (deadline: Time) => void;

  /** @param armTimer - arms the timer for a time [ns] in place of what it was armed for; NEVER stops it */
  constructor(armTimer: (deadline: Time) => void) {
    this.armTimer = armTimer;
  }

  /** replq_insert */
  insert(unit: RtdsUnit): void {
    this.putBack(unit);
    if (this.units.first === unit) this.armTimer(unit.deadline);
  }

  /** replq_remove; no effect on a unit that is not queued. */
  remove(unit: RtdsUnit): void {
    if (this.takeOut(unit)) this.arm();
  }

  /** replq_reinsert: the unit's deadline has changed. */
  reinsert(unit: RtdsUnit): void {
    const wasFirst = this.takeOut(unit);
    this.putBack(unit);
    if (wasFirst || this.units.first === unit) this.arm();
  }

  /** The level of a unit has changed: that decides where others are inserted. */
  levelChanged(unit: RtdsUnit): void {
    if (unit.onReplq) this.units.changed(unit);
  }

  /** How many units `takeDue` would take out now, one after the other. */
  dueCount(now: Time): number {
    return this.units.countWhile(({ deadline }) => now >= deadline);
  }

  /** Takes the first unit out if its deadline has come; the timer stays as it is. */
  takeDue(now: Time): RtdsUnit | undefined {
    const { first } = this.units;
    if (first === undefined || now < first.deadline) return undefined;
    this.units.remove(first);
    first.onReplq = false;
    return first;
  }

  /** Inserts the unit; the timer stays as it is. */
  putBack(unit: RtdsUnit): void {
    this.units.insert(unit);
    unit.onReplq = true;
  }

  /** Arms the timer for the first unit. */
  arm(): void {
    this.armTimer(this.units.first?.deadline ?? NEVER);
  }

  /** @returns whether it was the first */
  private takeOut(unit: RtdsUnit): boolean {
    if (!unit.onReplq) return false;
    const wasFirst = this.units.first === unit;
    this.units.remove(unit);
    unit.onReplq = false;
    return wasFirst;
  }
}
