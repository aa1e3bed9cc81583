import type { RandomStream } from '../engine/random-stream.ts';
import { type Duration, NEVER, type Time } from '../engine/time.ts';
import { exponential, uniformInteger } from '../engine/variates.ts';
import type { Expiries } from './waker.ts';

/**
 * Expiries `period` apart, each later by a whole number of ns uniform over [0, jitter]; missed ones are dropped. What follows a
 * missed one is drawn as well, or, with `keepsDraw`, a period later.
 */
export function periodicExpiries(
  first: Time,
  period: Duration,
  jitter: Duration,
  stream: RandomStream,
  keepsDraw = false,
): Expiries {
  const step = jitter === 0 ? () => period : () => period + uniformInteger(stream, 0, jitter);
  const afterMissed = (expiry: Time) => expiry + period;
  return {
    first,
    after: (expiry) => expiry + step(),
    ...(keepsDraw && { afterMissed }),
    skipsMissed: true,
  };
}

/**
 * A Poisson process with mean distance `mean` [ns], in whole ns, none at the same time: arrivals at random
 * moments, each of which counts, also those that pass while the guest does not look.
 */
export function poissonExpiries(mean: Duration, stream: RandomStream): Expiries {
  const step = () => Math.max(1, Math.round(exponential(stream, mean)));
  return { first: step(), after: (expiry) => expiry + step(), skipsMissed: false };
}

/** Expiries at `first` and then after each of `gaps` [ns], such as recorded ones; missed ones are dropped. */
export function replayedExpiries(first: Time, gaps: readonly Duration[]): Expiries {
  let next = 0;
  return {
    first,
    after: (expiry) => (next < gaps.length ? expiry + gaps[next++] : NEVER),
    skipsMissed: true,
  };
}

/** The first of `due`, `due + period`, ... that is later than `now`: who is late skips what has passed [ns]. */
export function nextDue(due: Time, period: Duration, now: Time): Time {
  return due + period * (1 + Math.floor((now - due) / period));
}

/**
 * How many of `due`, `due + period`, ... a guest has skipped that came up at `upSince`, does one of them now, and goes on with
 * the one at `next`. Those before it came up are none of its.
 */
export function skippedDue(due: Time, period: Duration, upSince: Time, next: Time): number {
  const second = due < upSince ? nextDue(due, period, upSince) : due + period;
  return Math.max(0, Math.round((next - second) / period));
}
