import type { Duration } from '../../engine/time.ts';
import type { Pcpu } from '../cpu/pcpu.ts';
import type { Machine } from '../machine/machine.ts';
import { timerCallbackCost, timerExpired, timerWakes } from '../machine/timer-callbacks.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { IN_PATH, IN_SOFTIRQ, IN_SWITCH } from './activity.ts';
import { softirqJob } from './job-call.ts';
import { DISPATCH, OPEN, type Path, SERVED, SOFTIRQS, SWITCHED } from './path.ts';

/** process_pending_softirqs: all but the scheduling one, on the spot. */
export function* processPendingSoftirqs(m: Machine, v: Vcpu): Path {
  v.ignoredSoftirqs = 1 << m.softirqSchedule;
  yield SOFTIRQS;
}

/**
 * do_softirq, for all SOFTIRQS that a vCPU's stack yields, one round for each: runs handlers, lowest number first, checking anew
 * after each, until nothing is pending on the pCPU that the stack is on by then, but for v.ignoredSoftirqs. Entered with interrupts unmasked, left
 * so. It lasts, as every return to a guest may want it. The handlers of TIMER and SCHEDULE are in it, not in generators of their own.
 */
export function* softirqPath(m: Machine, v: Vcpu): Path<never> {
  for (;;) {
    const ignored = v.ignoredSoftirqs;
    v.ignoredSoftirqs = 0;
    let p = m.pcpuOf(v);
    let c = p.costs;
    p.uncharged.begin(m.now);
    while ((p.softirqPending & ~ignored) !== 0) {
      p.setActivity(IN_SOFTIRQ);
      if (!m.tryAdvance(c.softirqDispatch)) yield DISPATCH;
      const nr = p.takeSoftirq(ignored);
      if (nr === m.softirqTimer) {
        // timer_softirq_action: the callbacks of all expired timers, then the hardware is programmed.
        if (m.hasExpiredTimer(p.id) && m.mustWait(c.timerSoftirq)) yield c.timerSoftirq;
        for (let slot = m.expiredTimer(p.id); slot >= 0; slot = m.expiredTimer(p.id)) {
          const cost = timerCallbackCost(m, slot, c);
          if (m.mustWait(cost)) yield cost;
          if (timerWakes(m, slot) && m.mustWait(c.wake)) yield c.wake;
          timerExpired(m, slot);
        }
        m.reprogramTimer(p.id);
        if (m.mustWait(c.timerReprogram)) yield c.timerReprogram;
        m.probe.softirqEnded(p.id, nr);
      } else if (nr === m.softirqSchedule) {
        // schedule(): decides and, if another vCPU is to run, switches to its stack.
        p.interrupts.mask();
        p.setActivity(IN_SWITCH);
        const next = m.core.schedule(p.id);
        const cost = m.core.scheduleCost(c, v, next);
        if (m.mustWait(cost)) yield cost;
        if (next === v) {
          m.probe.softirqEnded(p.id, nr);
          if (p.interrupts.unmask()) yield OPEN;
        } else {
          m.contextSwitch(p, v, next);
          yield SWITCHED;
          p = m.pcpuOf(v);
          c = p.costs;
          const tail = scheduleTailCost(m, p);
          if (m.mustWait(tail)) yield tail;
          if (endScheduleTail(m, p)) yield OPEN;
        }
      } else {
        yield* softirqJob(m, v, p);
        m.probe.softirqEnded(p.id, nr);
      }
    }
    // Begun by this stack or, after a context switch, by the one that ran here before.
    p.uncharged.end(m.now);
    p.setActivity(IN_PATH);
    yield SERVED;
  }
}

/** schedule_tail's cost, on the stack of the vCPU that was switched in to `p` [ns]. */
export function scheduleTailCost(m: Machine, p: Pcpu): Duration {
  const c = p.costs;
  const previous = m.previousOf(p);
  if (previous.isIdle) return c.contextSwitchFromIdle;
  return c.contextSwitch + (previous.isRunnable ? c.requeue : 0);
}

/**
 * The end of schedule_tail: the context of who ran on `p` before is saved, interrupts are unmasked.
 * @returns whether some are pending, for the path to yield OPEN
 */
export function endScheduleTail(m: Machine, p: Pcpu): boolean {
  m.core.contextSaved(m.previousOf(p));
  m.probe.softirqEnded(p.id, m.softirqSchedule);
  return p.interrupts.unmask();
}
