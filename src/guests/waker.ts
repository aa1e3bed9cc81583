import type { Duration, Time } from '../engine/time.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import { type Guest, OP_RUN, OP_SET_TIMER, OP_WFI, type TellWait } from '../hypervisor/ports.ts';
import type { Probe } from '../hypervisor/probe.ts';
import { ExpiryLine } from './expiry-line.ts';

/** When a waker's timer is to expire, one expiry after the other. */
export interface Expiries {
  /** The first expiry [ns]. */
  readonly first: Time;
  /** The expiry after the one at `expiry`. */
  after(expiry: Time): Time;
  /** The one in place of the next after a missed one at `expiry`; absent: as `after`. */
  afterMissed?(expiry: Time): Time;
  /** Expiries that have passed before the guest looks are dropped; else each of them is a sample. */
  readonly skipsMissed: boolean;
}

/**
 * A guest that sleeps (WFI) until its one-shot timer expires, reads the clock, works for `run` ns, and arms
 * the timer for the next expiry. Its samples are of kind `virq`: how late it found the clock. Expiries before it came up
 * are none of its; from then on it wants them, whenever it gets to its first instruction. Expiries that it drops are
 * counted as `missed_expiries`.
 */
export class Waker implements Guest {
  private readonly line: ExpiryLine;
  private readonly skipsMissed: boolean;
  private readonly run: Duration;
  private state: 'new' | 'arm' | 'sleep' | 'awake' = 'new';

  constructor(expiries: Expiries, run: Duration) {
    this.line = new ExpiryLine(expiries);
    this.skipsMissed = expiries.skipsMissed;
    this.run = run;
  }

  next(vcpu: Vcpu, now: Time, probe: Probe): number {
    const { line } = this;
    if (this.state === 'new') {
      line.skipBefore(vcpu.upSince);
      this.state = now >= line.next ? 'awake' : 'arm';
    }
    if (this.state === 'awake' && now >= line.next) {
      this.serve(vcpu, now, probe);
      this.state = 'arm';
      if (this.run > 0) {
        vcpu.operand = this.run;
        return OP_RUN;
      }
    }
    if (this.state === 'arm') {
      const missed = this.skipsMissed ? line.skipUntil(now) : 0;
      if (missed > 0) {
        probe.guestCounted(vcpu, 'missed_expiries', missed);
        probe.guestCounted(vcpu, 'late_jobs', 1);
      }
      this.state = 'sleep';
      vcpu.operand = line.next;
      return OP_SET_TIMER;
    }
    this.state = 'awake';
    return OP_WFI;
  }

  unfinished(vcpu: Vcpu, now: Time, tell: TellWait): void {
    const { line, state } = this;
    if (state === 'new') line.skipBefore(vcpu.upSince);
    // What passes while it is at work is dropped, not waited for.
    if (this.skipsMissed && state === 'arm') return;
    for (const expiry of line.until(now, this.skipsMissed ? 1 : Number.POSITIVE_INFINITY)) {
      tell('virq', expiry);
    }
  }

  /** Takes note of the expiry that woke it, and of those that passed meanwhile unless they are dropped. */
  private serve(vcpu: Vcpu, now: Time, probe: Probe): void {
    const { line } = this;
    do {
      probe.guestSample(vcpu, 'virq', now - line.next);
      line.advance();
    } while (!this.skipsMissed && line.next <= now);
  }
}
