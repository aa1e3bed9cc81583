import type { Duration, Time } from '../engine/time.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import { type Guest, OP_RUN, OP_SET_TIMER, OP_WFI } from '../hypervisor/ports.ts';
import type { Probe } from '../hypervisor/probe.ts';

/** When a waker's timer is to expire, one expiry after the other. */
export interface Expiries {
  /** The first expiry [ns]. */
  readonly first: Time;
  /** The expiry after the one at `expiry`. */
  after(expiry: Time): Time;
  /** Expiries that have passed before the guest looks are dropped; else each of them is a sample. */
  readonly skipsMissed: boolean;
}

/** The first of `expiries`, from the one at `expiry` on, that is later than `now` [ns]. */
export function firstAfter(now: Time, expiry: Time, expiries: Expiries): Time {
  let next = expiry;
  while (next <= now) next = expiries.after(next);
  return next;
}

/**
 * A guest that sleeps (WFI) until its one-shot timer expires, reads the clock, works for `run` ns, and arms
 * the timer for the next expiry. Its samples are of kind `virq`: how late it found the clock.
 */
export class Waker implements Guest {
  private readonly expiries: Expiries;
  private readonly run: Duration;
  private expiry: Time;
  private state: 'arm' | 'sleep' | 'awake' = 'arm';

  constructor(expiries: Expiries, run: Duration) {
    this.expiries = expiries;
    this.run = run;
    this.expiry = expiries.first;
  }

  next(vcpu: Vcpu, now: Time, probe: Probe): number {
    if (this.state === 'awake' && now >= this.expiry) {
      this.serve(vcpu, now, probe);
      this.state = 'arm';
      if (this.run > 0) {
        vcpu.operand = this.run;
        return OP_RUN;
      }
    }
    if (this.state === 'arm') {
      this.skipMissed(now);
      this.state = 'sleep';
      vcpu.operand = this.expiry;
      return OP_SET_TIMER;
    }
    this.state = 'awake';
    return OP_WFI;
  }

  /** Takes note of the expiry that woke it, and of those that passed meanwhile unless they are dropped. */
  private serve(vcpu: Vcpu, now: Time, probe: Probe): void {
    const { expiries } = this;
    do {
      probe.guestSample(vcpu, 'virq', now - this.expiry);
      this.expiry = expiries.after(this.expiry);
    } while (!expiries.skipsMissed && this.expiry <= now);
  }

  private skipMissed(now: Time): void {
    const { expiries } = this;
    if (expiries.skipsMissed && this.expiry <= now)
      this.expiry = firstAfter(now, this.expiry, expiries);
  }
}
