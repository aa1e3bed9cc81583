import { NEVER, type Time } from '../../engine/time.ts';

const NS_PER_SECOND = 1e9;

/**
 * What NOW() returns at `time` on a machine whose counter runs at `hz`: that of the last tick, in whole ns, as
 * ticks_to_ns() of Xen rounds it. Undefined: a counter that knows every ns.
 */
export function readCounter(time: Time, hz: number | undefined): Time {
  if (hz === undefined) return time;
  const ticks = Math.floor((time * hz) / NS_PER_SECOND);
  return Math.floor((ticks * NS_PER_SECOND) / hz);
}

/** When the counter ticks next after `time` [ns]. */
export function nextTick(time: Time, hz: number): Time {
  let next = time + 1;
  while (readCounter(next, hz) <= time) next++;
  return next;
}

/** The counter of a machine. It is read several times at one instant. */
export class Counter {
  private readonly hz: number;
  private at: Time = NEVER;
  private value: Time = 0;

  constructor(hz: number) {
    this.hz = hz;
  }

  /** What it says at `time`. */
  read(time: Time): Time {
    if (time !== this.at) {
      this.at = time;
      this.value = readCounter(time, this.hz);
    }
    return this.value;
  }
}
