import { OrderedSet } from 'js-sdsl';
import { type RtdsUnit, runqueueOrder } from './unit.ts';

/** The units that wait for a pCPU, and those that wait for their next period. */
export class RtdsRunqueue {
  /** By level, deadline and order of insertion: a key order, as these do not change while a unit waits. */
  private readonly waiting = new OrderedSet<RtdsUnit>([], runqueueOrder);
  private insertions = 0;

  /** Who waits first. */
  get first(): RtdsUnit | undefined {
    return this.waiting.front();
  }

  insert(unit: RtdsUnit): void {
    if (unit.budget > 0 || unit.reservation.extratime) {
      unit.queue = 'runq';
      unit.sequence = this.insertions++;
      this.waiting.insert(unit);
    } else {
      unit.queue = 'depleted';
    }
  }

  /** No effect on a unit that is on no queue. */
  remove(unit: RtdsUnit): void {
    if (unit.queue === 'runq') this.waiting.eraseElementByKey(unit);
    unit.queue = 'none';
  }

  /** The first unit that waits and may run on `cpu`. */
  firstFor(cpu: number): RtdsUnit | undefined {
    const { first } = this;
    if (first === undefined || first.vcpu.hardAffinity.has(cpu)) return first;
    const end = this.waiting.end();
    for (const at = this.waiting.begin(); !at.equals(end); at.next()) {
      if (at.pointer.vcpu.hardAffinity.has(cpu)) return at.pointer;
    }
    return undefined;
  }
}
