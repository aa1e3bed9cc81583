import type { Duration, Time } from '../engine/time.ts';

/** Turns ticks of a trace into time since its first record, or since a later time [ns], rounded down. */
export class TraceClock {
  private readonly hz: number;
  /** Time 0 is so long after the first record [ns]. */
  private readonly from: Duration;
  private first: number | undefined;

  /** @param hz - ticks in a second, a whole number */
  constructor(hz: number, from: Duration) {
    this.hz = hz;
    this.from = from;
  }

  /** The time of a record; that of the first one that is asked for is when the trace begins. */
  timeOf(ticks: number): Time {
    this.first ??= ticks;
    const since = ticks - this.first;
    const ticksPerNs = this.hz / 1e9;
    if (Number.isInteger(ticksPerNs)) return Math.floor(since / ticksPerNs) - this.from;
    // The product does not fit a number.
    return Number((BigInt(since) * 1_000_000_000n) / BigInt(this.hz)) - this.from;
  }
}
