import { invariant } from '../../engine/invariant.ts';
import type { Duration } from '../../engine/time.ts';

/** How exact a slowdown is: in hundredths. */
const WHOLE = 100;

/** How long `work` takes if a ns of it takes `slowness` hundredths of one. */
export function timeAt(slowness: number, work: Duration): Duration {
  return Math.ceil((work * slowness) / WHOLE);
}

/**
 * How fast a thread of a core gets on with work and guest code: at full speed, or, while another thread of its core is not
 * idle, so many times slower. Amounts of work are in ns of full speed. Whole numbers throughout, so that work that is interrupted often takes
 * what it takes at once: each interruption costs less than a ns.
 */
export class Pace {
  /** Another thread of the core is not idle. */
  slowed = false;
  private readonly slowdown: number;

  /** @param slowdown - 1 or more, in whole hundredths */
  constructor(slowdown: number) {
    this.slowdown = Math.round(slowdown * WHOLE);
    invariant(this.slowdown >= WHOLE, 'a busy sibling makes nothing faster');
  }

  /** How many hundredths of a ns a ns of work takes at the present speed. */
  get slowness(): number {
    return this.slowed ? this.slowdown : WHOLE;
  }

  /** How long `work` takes at the present speed: what is done in that time is all of it. */
  timeFor(work: Duration): Duration {
    return timeAt(this.slowness, work);
  }

  /** How much is done in `time` at the present speed. */
  doneIn(time: Duration): Duration {
    return Math.floor((time * WHOLE) / this.slowness);
  }

  /** What is left of `work` that began at the present speed, `time` before it will be done; all of it if that is longer than it takes. */
  leftOf(work: Duration, time: Duration): Duration {
    const whole = this.timeFor(work);
    return time >= whole ? work : work - this.doneIn(whole - time);
  }
}
