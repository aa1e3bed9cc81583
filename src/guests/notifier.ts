import type { Duration, Time } from '../engine/time.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import {
  type Guest,
  OP_POLL_CLOCK,
  OP_SEND_SGI,
  OP_WFI,
  type TellWait,
} from '../hypervisor/ports.ts';
import type { Probe } from '../hypervisor/probe.ts';
import { nextDue, skippedDue } from './expiries.ts';

/**
 * A guest that sleeps until another sends it an interrupt. Its samples are of kind `virq`: from the moment the other
 * sent it to its own first instruction.
 */
export class Sleeper implements Guest {
  /** When the interrupts were sent that it has not seen yet. */
  private readonly sentAt: Time[] = [];

  /** It has not seen the last one. */
  get isNotified(): boolean {
    return this.sentAt.length > 0;
  }

  /** An interrupt is sent to it now. */
  notify(now: Time): void {
    this.sentAt.push(now);
  }

  next(vcpu: Vcpu, now: Time, probe: Probe): number {
    for (const sent of this.sentAt.splice(0)) {
      // What was sent to it before it came up is lost.
      if (sent >= vcpu.upSince) probe.guestSample(vcpu, 'virq', now - sent);
    }
    vcpu.virqPending = false;
    return OP_WFI;
  }

  unfinished(vcpu: Vcpu, _now: Time, tell: TellWait): void {
    for (const sent of this.sentAt) if (sent >= vcpu.upSince) tell('virq', sent);
  }
}

/**
 * A guest that never sleeps and sends an interrupt (SGI) to a sleeper every `period` ns; or, if it waits, not while the sleeper has
 * not seen the last one: then it leaves out that time.
 */
export class Notifier implements Guest {
  private readonly period: Duration;
  private readonly target: { readonly sleeper: Sleeper; readonly vcpu: number };
  private readonly waits: boolean;
  private due: Time;

  /**
   * @param phase - when the first is due [ns]
   * @param target - whom it notifies: the guest, and the global number of its vCPU
   * @param waits - it sends no more before the last one was seen
   */
  constructor(
    period: Duration,
    phase: Time,
    target: { readonly sleeper: Sleeper; readonly vcpu: number },
    waits = false,
  ) {
    this.waits = waits;
    this.period = period;
    this.due = phase;
    this.target = target;
  }

  next(vcpu: Vcpu, now: Time, probe: Probe): number {
    if (now < this.due) {
      vcpu.operand = this.due;
      return OP_POLL_CLOCK;
    }
    const next = nextDue(this.due, this.period, now);
    const missed = skippedDue(this.due, this.period, vcpu.upSince, next);
    if (missed > 0) probe.guestCounted(vcpu, 'missed_expiries', missed);
    this.due = next;
    if (this.waits && this.target.sleeper.isNotified) {
      vcpu.operand = next;
      return OP_POLL_CLOCK;
    }
    this.target.sleeper.notify(now);
    vcpu.operand = this.target.vcpu;
    return OP_SEND_SGI;
  }
}
