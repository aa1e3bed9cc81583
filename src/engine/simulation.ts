import { EventQueue } from './event-queue.ts';
import { invariant } from './invariant.ts';
import { NEVER, type Time } from './time.ts';

/** An `end` that every time is after. */
const NOT_RUNNING: Time = Number.NEGATIVE_INFINITY;

/** What happens when the event (kind, index) is due. It may arm and disarm any slot. */
export type Handler = (index: number) => void;

/** A kind of event: how many indices it has, and what happens when one of them is due. */
export interface EventKind {
  /** Indices are 0 .. count-1, e.g. one per pCPU. */
  readonly count: number;
  readonly handler: Handler;
}

/**
 * The clock and the loop of a discrete-event simulation.
 *
 * Events are slots (kind, index), each due at most once at a time, and happen strictly in the order
 * (time, kind, index): there is no insertion order and no hidden tie-break. The choice is made anew
 * after every event, so what a handler arms for "now" competes at once.
 */
export class Simulation {
  /** The time of the event that is being handled. */
  now: Time = 0;
  /** Events handled so far. */
  eventCount = 0;
  private readonly queue: EventQueue;
  private readonly firstSlot: number[] = [];
  private readonly kinds: Uint8Array;
  private readonly handlers: readonly Handler[];
  /** Events from then on are not handled by the present `run`; NOT_RUNNING outside of it. */
  private end: Time = NOT_RUNNING;
  /** The present `run` ends when so many events have been handled. */
  private eventCountMax = 0;

  constructor(kinds: readonly EventKind[]) {
    let slots = 0;
    for (const kind of kinds) {
      this.firstSlot.push(slots);
      slots += kind.count;
    }
    this.queue = new EventQueue(Math.max(1, slots));
    this.kinds = new Uint8Array(slots);
    kinds.forEach((kind, k) => {
      const first = this.firstSlot[k];
      this.kinds.fill(k, first, first + kind.count);
    });
    this.handlers = kinds.map((kind) => kind.handler);
  }

  /** The slot of the event (kind, index): a number to arm it by. Order of slots = order (kind, index). */
  slot(kind: number, index: number): number {
    return this.firstSlot[kind] + index;
  }

  /** The kind of the event that `slot` stands for. */
  kindOf(slot: number): number {
    return this.kinds[slot];
  }

  /** The index, within its kind, of the event that `slot` stands for. */
  indexOf(slot: number): number {
    return slot - this.firstSlot[this.kinds[slot]];
  }

  /** How many slots there are. */
  get slotCount(): number {
    return this.kinds.length;
  }

  /**
   * Makes the event of `slot` happen at `time`, instead of whenever it was due before.
   * At equal times events happen in the order (kind, index).
   * @throws InvariantError if `time` is in the past or not a time
   */
  at(slot: number, time: Time): void {
    invariant(time >= this.now, 'an event is never due in the past');
    this.queue.arm(slot, time);
  }

  /** Takes back the event of `slot`; no effect if it is not due. */
  cancel(slot: number): void {
    this.queue.disarm(slot);
  }

  /** When the event of `slot` is due, NEVER if it is not. */
  dueAt(slot: number): Time {
    return this.queue.dueAt(slot);
  }

  /**
   * Lets time pass up to `time`, if no event is due until then: as if one had been, for which nothing was armed. For the
   * last thing that a handler does, so that a process of many short steps need not go through the loop for each of them.
   * @returns whether it has passed; if not, nothing has happened
   */
  passes(time: Time): boolean {
    if (time >= this.end || this.eventCount >= this.eventCountMax || this.queue.nextTime() <= time)
      return false;
    this.now = time;
    this.eventCount++;
    return true;
  }

  /** Ends `run` after the event that is being handled. */
  stop(): void {
    this.eventCountMax = 0;
  }

  /**
   * Handles all events due before `end`, at most `maxEvents` of them, then sets the clock to `end`
   * if none is left before it.
   * @returns the number of events handled
   */
  run(end: Time = NEVER, maxEvents = Number.POSITIVE_INFINITY): number {
    const { queue, handlers, kinds, firstSlot } = this;
    const before = this.eventCount;
    this.end = end;
    this.eventCountMax = before + maxEvents;
    while (this.eventCount < this.eventCountMax) {
      const slot = queue.peek();
      if (slot < 0 || queue.dueAt(slot) >= end) {
        if (end !== NEVER) this.now = end;
        break;
      }
      this.now = queue.dueAt(slot);
      queue.take(slot);
      this.eventCount++;
      const kind = kinds[slot];
      handlers[kind](slot - firstSlot[kind]);
    }
    this.end = NOT_RUNNING;
    return this.eventCount - before;
  }
}
