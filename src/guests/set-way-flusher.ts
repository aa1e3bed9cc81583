import { NEVER, type Time } from '../engine/time.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import {
  type Guest,
  OP_CACHES_OFF,
  OP_CACHES_ON,
  OP_POLL_CLOCK,
  OP_SET_TIMER,
  OP_SET_WAY,
  OP_TOUCH,
  type TellWait,
} from '../hypervisor/ports.ts';
import type { Probe } from '../hypervisor/probe.ts';
import { GFNS_PER_BLOCK } from './blocks.ts';
import { ExpiryLine } from './expiry-line.ts';
import type { Expiries } from './waker.ts';

/** One after the other, each makes the hypervisor flush the guest's memory. */
const OPERATIONS = [OP_SET_WAY, OP_CACHES_OFF, OP_CACHES_ON] as const;

/**
 * A guest that never sleeps: it polls the clock and, at each of `times`, does an operation that makes the
 * hypervisor flush its memory: a Set/Way operation, caches off, caches on, and again. When it is late it skips to
 * the next time in the future: before each operation, or only when all three of a round are done. Before each operation it writes to some blocks of its memory. Its samples are of kind
 * `flush`: how long the operation took, as the guest sees it; and, if it has a timer of its own, `own_virq`: from an
 * expiry to the guest's interrupt handler. Expiries missed meanwhile, of its timer and of its period, are dropped and
 * counted as `missed_expiries`.
 */
export class SetWayFlusher implements Guest {
  private readonly times: ExpiryLine;
  private readonly opsPerPeriod: number;
  private readonly finishesRounds: boolean;
  private readonly touch: { readonly firstGfn: number; readonly blocks: number };
  private touched = 0;
  private opsLeft = 0;
  private position = 0;
  private startedAt: Time | undefined;
  private armed = true;
  readonly interrupt?: NonNullable<Guest['interrupt']>;
  /** Of its own timer. */
  private readonly line: ExpiryLine | undefined;

  /**
   * @param times - when operations are due
   * @param opsPerPeriod - operations one after the other each time, at least 1
   * @param touch - the 2 MiB blocks, from `firstGfn` on, that it writes to before each operation
   * @param timer - when a timer of its own expires; undefined: it has none, and takes no interrupts
   * @param finishesRounds - it does three operations, late or not, before it skips
   */
  constructor(
    times: Expiries,
    opsPerPeriod: number,
    touch: { readonly firstGfn: number; readonly blocks: number },
    timer?: Expiries,
    finishesRounds = false,
  ) {
    this.finishesRounds = finishesRounds;
    this.times = new ExpiryLine(times);
    this.opsPerPeriod = opsPerPeriod;
    this.touch = touch;
    if (timer === undefined) return;
    const line = new ExpiryLine(timer);
    this.line = line;
    this.armed = false;
    this.interrupt = (vcpu, now, probe) => {
      probe.guestSample(vcpu, 'own_virq', now - line.next);
      const missed = line.skipUntil(now) - 1;
      if (missed > 0) probe.guestCounted(vcpu, 'missed_expiries', missed);
      return line.next;
    };
  }

  /** The first time after now is next; those it has missed since it came up are counted, but the one it does. */
  private skipMissed(vcpu: Vcpu, now: Time, probe: Probe, done: number): void {
    const missed = this.times.skipUntil(now, vcpu.upSince) - done;
    if (missed > 0) probe.guestCounted(vcpu, 'missed_expiries', missed);
  }

  unfinished(vcpu: Vcpu, now: Time, tell: TellWait): void {
    if (this.startedAt !== undefined) tell('flush', this.startedAt);
    if (!this.armed) this.line?.skipBefore(vcpu.upSince);
    for (const expiry of this.line?.until(now, 1) ?? []) tell('own_virq', expiry);
  }

  next(vcpu: Vcpu, now: Time, probe: Probe): number {
    if (this.startedAt !== undefined) {
      probe.guestSample(vcpu, 'flush', now - this.startedAt);
      this.startedAt = undefined;
      const ends = this.position === 0 && this.opsLeft === 0;
      if (this.finishesRounds && ends) this.skipMissed(vcpu, now, probe, 0);
    }
    if (!this.armed) {
      this.armed = true;
      this.line?.skipBefore(vcpu.upSince);
      vcpu.operand = this.line?.next ?? NEVER;
      return OP_SET_TIMER;
    }
    if (this.touched < this.touch.blocks) {
      vcpu.operand = this.touch.firstGfn + this.touched++ * GFNS_PER_BLOCK;
      return OP_TOUCH;
    }
    if (this.opsLeft === 0) {
      if (now < this.times.next) {
        vcpu.operand = this.times.next;
        return OP_POLL_CLOCK;
      }
      if (this.finishesRounds) this.times.advance();
      else this.skipMissed(vcpu, now, probe, 1);
      this.opsLeft = this.opsPerPeriod;
    }
    this.opsLeft--;
    this.touched = 0;
    this.startedAt = now;
    vcpu.operand = 1;
    const operation = OPERATIONS[this.position];
    this.position = (this.position + 1) % OPERATIONS.length;
    return operation;
  }
}
