import type { Time } from '../engine/time.ts';
import type { Expiries } from './waker.ts';

/** Expiries one after the other, of which some may have been looked at before their turn: each is drawn once. */
export class ExpiryLine {
  private readonly expiries: Expiries;
  /** The next ones that are known, at least one, in their order. */
  private readonly known: Time[];

  constructor(expiries: Expiries) {
    this.expiries = expiries;
    this.known = [expiries.first];
  }

  /** The expiry whose turn it is [ns]; NEVER if there is none left. */
  get next(): Time {
    return this.known[0];
  }

  /** It is done with: the one after it is next. */
  advance(): void {
    this.know(2);
    this.known.shift();
  }

  /** Goes on to the first that is at `time` or later. */
  skipBefore(time: Time): void {
    while (this.next < time) this.advance();
  }

  /** Goes on to the first that is later than `now`. @returns how many it has passed over that were at `from` or later */
  skipUntil(now: Time, from: Time = 0): number {
    let passed = 0;
    for (; this.next <= now; this.pass()) if (this.next >= from) passed++;
    return passed;
  }

  /** The next one is missed. */
  private pass(): void {
    const { known, expiries } = this;
    if (expiries.afterMissed === undefined) return this.advance();
    known.splice(0, known.length, expiries.afterMissed(known[0]));
  }

  /** Those up to `now`, at most `most`, which stay in the line. */
  *until(now: Time, most: number): Generator<Time> {
    for (let i = 0; i < most; i++) {
      this.know(i + 1);
      if (this.known[i] > now) return;
      yield this.known[i];
    }
  }

  private know(count: number): void {
    const { known, expiries } = this;
    while (known.length < count) known.push(expiries.after(known[known.length - 1]));
  }
}
