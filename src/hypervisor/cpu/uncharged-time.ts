import { type Duration, NEVER, type Time } from '../../engine/time.ts';

/** Time of a pCPU in interrupts and softirqs, which may be one inside the other: it is nobody's own. */
export class UnchargedTime {
  private depth = 0;
  private since: Time = NEVER;
  private passed: Duration = 0;

  /** An interrupt, or softirqs, begin. */
  begin(now: Time): void {
    if (this.depth++ === 0) this.since = now;
  }

  end(now: Time): void {
    if (--this.depth === 0) this.passed += now - this.since;
  }

  /** What has passed since it was last asked for [ns]. */
  take(now: Time): Duration {
    const open = this.depth > 0 ? now - this.since : 0;
    const taken = this.passed + open;
    this.passed = 0;
    this.since = now;
    return taken;
  }
}
