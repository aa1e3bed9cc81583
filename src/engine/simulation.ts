import { RunError, SchedulingError, SetupError } from './errors.ts';
import { EventQueue } from './event-queue.ts';
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
  private readonly counts: readonly number[];
  private readonly kinds: Uint8Array;
  private readonly handlers: readonly Handler[];
  /** Events from then on are not handled by the present `run`; NOT_RUNNING outside of it. */
  private end: Time = NOT_RUNNING;
  /** The present `run` ends when so many events have been handled. */
  private eventCountMax = 0;

  /**
   * @param kinds - at most 256, in the order in which they happen at equal times
   * @throws SetupError
   */
  constructor(kinds: readonly EventKind[]) {
    checkKinds(kinds);
    this.counts = kinds.map(({ count }) => count);
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

  /**
   * The slot of the event (kind, index): a number to arm it by. Order of slots = order (kind, index).
   * @throws SchedulingError if there is no such event
   */
  slot(kind: number, index: number): number {
    if (!(index >= 0 && index < this.counts[kind])) this.refuseSlot(kind, index);
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
   * At equal times events happen in the order (kind, index). At NEVER: as `cancel`.
   * @throws SchedulingError if `time` is in the past or not a time
   */
  at(slot: number, time: Time): void {
    if (!(time >= this.now)) this.refuseTime('an event cannot be due at', time);
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
   * @param time - not before now [ns]
   * @returns whether it has passed; if not, nothing has happened
   * @throws SchedulingError if `time` is in the past or not a time
   */
  tryAdvance(time: Time): boolean {
    if (!(time >= this.now)) this.refuseTime('time cannot pass up to', time);
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
   * if none is left before it. What a handler throws ends the run; the events that are due stay so.
   * @param end - not before now [ns]
   * @param maxEvents - not negative
   * @returns the number of events handled
   * @throws RunError if an argument is wrong, or a handler calls it
   */
  run(end: Time = NEVER, maxEvents = Number.POSITIVE_INFINITY): number {
    if (!(end >= this.now))
      throw new RunError(`cannot run until ${end} ns: it is ${this.now} ns now`);
    if (!(maxEvents >= 0)) throw new RunError(`cannot handle ${maxEvents} events at most`);
    if (this.end !== NOT_RUNNING) throw new RunError('it runs already: a handler cannot call run');
    const before = this.eventCount;
    this.end = end;
    this.eventCountMax = before + maxEvents;
    try {
      this.handleEvents(end);
    } finally {
      this.end = NOT_RUNNING;
    }
    return this.eventCount - before;
  }

  private handleEvents(end: Time): void {
    const { queue, handlers, kinds, firstSlot } = this;
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
  }

  // What is thrown is made outside of the functions that every event passes: the compiler puts only small ones into others.

  private refuseTime(what: string, time: Time): never {
    throw new SchedulingError(`${what} ${time} ns: it is ${this.now} ns now`);
  }

  private refuseSlot(kind: number, index: number): never {
    const count = this.counts[kind];
    throw new SchedulingError(
      count === undefined
        ? `there is no kind of event ${kind}: there are ${this.counts.length}, from 0`
        : `there is no event ${index} of kind ${kind}: it has ${count}, from 0`,
    );
  }
}

/** Kinds are noted by slot in a byte each. */
const KINDS_MAX = 256;

function checkKinds(kinds: readonly EventKind[]): void {
  if (kinds.length > KINDS_MAX)
    throw new SetupError(`${kinds.length} kinds of events: at most ${KINDS_MAX} are possible`);
  kinds.forEach(({ count }, kind) => {
    if (!Number.isSafeInteger(count) || count < 0)
      throw new SetupError(`kind of event ${kind} has ${count} indices: expected a whole number`);
  });
}
