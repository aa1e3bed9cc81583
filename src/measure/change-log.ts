import type { Time } from '../engine/time.ts';

/**
 * What something was of late: a ring of changes, each with when it began and what it is since. It grows as needed up to
 * a limit and then forgets the oldest.
 */
export class ChangeLog {
  private times: Float64Array;
  private whats: Int32Array;
  private readonly capacityMax: number;
  /** Changes noted so far; each has a number, the first is 0. */
  private count = 0;
  private last: Time = -1;

  /** @param capacity - changes that there is room for at first, and at most; powers of two */
  constructor(capacity: { readonly first: number; readonly max: number }) {
    this.times = new Float64Array(capacity.first);
    this.whats = new Int32Array(capacity.first);
    this.capacityMax = capacity.max;
  }

  /** It is `what` from `time` on, which is not before the last change. */
  note(time: Time, what: number): void {
    // What lasts no time at all is forgotten at once: of such changes there are many where paths cost nothing.
    if (time > this.last) {
      if (this.count === this.times.length && this.count < this.capacityMax) this.grow();
      this.count++;
      this.last = time;
    }
    const at = (this.count - 1) & (this.times.length - 1);
    this.times[at] = time;
    this.whats[at] = what;
  }

  /** The numbers of the last change, and of the oldest that is remembered. */
  get newest(): number {
    return this.count - 1;
  }

  get oldest(): number {
    return Math.max(0, this.count - this.times.length);
  }

  /** When change `number` began. */
  timeOf(number: number): Time {
    return this.times[number & (this.times.length - 1)];
  }

  whatOf(number: number): number {
    return this.whats[number & (this.whats.length - 1)];
  }

  /** Doubles the capacity; called when it is full for the first time, so nothing has wrapped around. */
  private grow(): void {
    const times = new Float64Array(2 * this.count);
    const whats = new Int32Array(2 * this.count);
    times.set(this.times);
    whats.set(this.whats);
    this.times = times;
    this.whats = whats;
  }
}
