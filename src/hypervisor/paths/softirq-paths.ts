import type { Duration } from '../../engine/time.ts';
import type { Pcpu } from '../cpu/pcpu.ts';
import type { Machine } from '../machine/machine.ts';
import { timerCallbackCost, timerExpired, timerWakes } from '../machine/timer-callbacks.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { IN_PATH, IN_SOFTIRQ, IN_SWITCH } from './activity.ts';
import { softirqJob } from './job-call.ts';
import { DISPATCH, OPEN, type Path, SERVED, SOFTIRQS, type Step, SWITCHED } from './path.ts';
import { endScheduleTail, scheduleTailCost } from './schedule-tail.ts';

/** process_pending_softirqs: all but the scheduling one, on the spot. */
export function* processPendingSoftirqs(m: Machine, v: Vcpu): Path {
  v.ignoredSoftirqs = 1 << m.softirqSchedule;
  yield SOFTIRQS;
}

/** What do_softirq does next. */
const CHECK = 0;
const TAKE = 1;
const NEXT_TIMER = 2;
const CALL_BACK = 3;
const EXPIRE = 4;
const END_TIMERS = 5;
const SWITCH = 6;
const SWITCHED_IN = 7;
const END_SWITCH = 8;
const DO_JOB = 9;

/**
 * do_softirq on the stack of a vCPU, for each SOFTIRQS that this yields: runs handlers, lowest number first, checking anew
 * after each, until nothing is pending on the pCPU that the stack is on by then. Entered with interrupts unmasked, left so.
 *
 * No generator as the other paths are: every context switch leaves one stack in the middle of it and goes on with another, so
 * it is what runs most often. Where it stands is a number.
 */
export class SoftirqRound {
  /** The stack is in it. */
  isActive = false;
  /** Softirqs that it leaves pending, a bit each. */
  private ignored = 0;
  private next = CHECK;
  private nr = 0;
  /** The slot of the timer whose callback is called. */
  private timer = -1;
  private job: Path | undefined;
  private readonly machine: Machine;
  private readonly vcpu: Vcpu;

  constructor(machine: Machine, vcpu: Vcpu) {
    this.machine = machine;
    this.vcpu = vcpu;
  }

  begin(): void {
    const { machine: m, vcpu: v } = this;
    this.isActive = true;
    this.ignored = v.ignoredSoftirqs;
    v.ignoredSoftirqs = 0;
    this.next = CHECK;
    m.pcpuOf(v).uncharged.begin(m.now);
  }

  /** Goes on as far as it can. @returns what it needs then, as a path yields it; SERVED: nothing more */
  goOn(): Step {
    const { machine: m, vcpu: v } = this;
    for (;;) {
      const p = m.pcpuOf(v);
      const c = p.costs;
      switch (this.next) {
        case CHECK:
          if ((p.softirqPending & ~this.ignored) === 0) return this.end(m, p);
          p.setActivity(IN_SOFTIRQ);
          this.next = TAKE;
          if (!m.tryAdvance(c.softirqDispatch)) return DISPATCH;
          break;
        case TAKE:
          this.nr = p.takeSoftirq(this.ignored);
          if (this.nr === m.softirqSchedule) {
            // schedule(): decides and, if another vCPU is to run, switches to its stack.
            p.interrupts.mask();
            p.setActivity(IN_SWITCH);
            this.next = SWITCH;
            const cost = m.core.scheduleCost(c, v, m.core.schedule(p.id));
            if (m.mustWait(cost)) return cost;
          } else if (this.nr === m.softirqTimer) {
            // timer_softirq_action: the callbacks of all expired timers, then the hardware is programmed.
            this.next = NEXT_TIMER;
            if (m.xenTimers.hasExpired(p.id) && m.mustWait(c.timerSoftirq)) return c.timerSoftirq;
          } else {
            this.next = DO_JOB;
            this.job = softirqJob(m, v, p);
          }
          break;
        case NEXT_TIMER: {
          this.timer = m.expiredTimer(p.id);
          if (this.timer < 0) {
            m.reprogramTimer(p.id);
            this.next = END_TIMERS;
            if (m.mustWait(c.timerReprogram)) return c.timerReprogram;
            break;
          }
          this.next = CALL_BACK;
          const cost = timerCallbackCost(m, this.timer, c);
          if (m.mustWait(cost)) return cost;
          break;
        }
        case CALL_BACK:
          this.next = EXPIRE;
          if (timerWakes(m, this.timer) && m.mustWait(c.wake)) return c.wake;
          break;
        case EXPIRE: {
          this.next = NEXT_TIMER;
          const cost = this.expire(m, c.timerPass);
          if (m.mustWait(cost)) return cost;
          break;
        }
        case END_TIMERS:
          this.handled(m, p);
          break;
        case SWITCH: {
          const next = m.core.chosen[p.id];
          if (next !== v) {
            this.next = SWITCHED_IN;
            m.contextSwitch(p, v, next);
            return SWITCHED;
          }
          this.handled(m, p);
          if (p.interrupts.unmask()) return OPEN;
          break;
        }
        case SWITCHED_IN: {
          this.next = END_SWITCH;
          const tail = scheduleTailCost(m, p);
          if (m.mustWait(tail)) return tail;
          break;
        }
        case END_SWITCH:
          this.next = CHECK;
          if (endScheduleTail(m, p)) return OPEN;
          break;
        default: {
          const step = this.job?.next();
          if (step !== undefined && !step.done) return step.value;
          this.handled(m, p);
        }
      }
    }
  }

  /** @returns what it takes that the timers which the callback arms go past others [ns] */
  private expire(m: Machine, timerPass: Duration): Duration {
    if (timerPass === 0) {
      timerExpired(m, this.timer);
      return 0;
    }
    // Those that went past others before are not the callback's.
    m.xenTimers.takePassed();
    timerExpired(m, this.timer);
    return m.xenTimers.takePassed() * timerPass;
  }

  private handled(m: Machine, p: Pcpu): void {
    this.next = CHECK;
    m.probe.softirqEnded(p.id, this.nr);
  }

  private end(m: Machine, p: Pcpu): Step {
    // Begun by this stack or, after a context switch, by the one that ran here before.
    p.uncharged.end(m.now);
    p.setActivity(IN_PATH);
    this.isActive = false;
    return SERVED;
  }
}
