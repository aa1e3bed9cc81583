import type { Machine } from '../machine/machine.ts';
import { TRAP_IRQ, type Vcpu } from '../machine/vcpu.ts';
import { IN_PATH } from './activity.ts';
import { bootJobs, idleJob } from './job-path.ts';
import { ENTER_GUEST, OPEN, type Path, SOFTIRQS, WAIT } from './path.ts';
import { endScheduleTail, scheduleTailCost } from './schedule-tail.ts';
import { processPendingSoftirqs, SoftirqRound } from './softirq-paths.ts';
import { runTasklet } from './tasklet-path.ts';
import { actOnTrap, handleLongTrap, trapCost } from './trap-paths.ts';
import { pcpuThenVcpuWork, pcpuWork, vcpuWork } from './vcpu-work.ts';

/*
 * The outermost code of the hypervisor's stacks; path.ts says what a path is. In the order in which a vCPU gets to
 * them: trap-paths.ts, vcpu-work.ts, job-path.ts, job-call.ts, softirq-paths.ts; tasklet-path.ts for work that the idle vCPU does.
 */

/** Gives a vCPU its hypervisor stack. */
export function giveStack(m: Machine, v: Vcpu): void {
  v.stack = v.isIdle ? idleLoop(m, v) : vcpuStack(m, v);
  v.softirqs = new SoftirqRound(m, v);
}

/**
 * The hypervisor stack of a guest's vCPU, from its first time on a pCPU on: it returns to the guest, and comes back when
 * that traps, again and again. What every return and every trap passes is in this function, as a generator of its own
 * would have to be made each time; what few of them need is not.
 */
function* vcpuStack(m: Machine, v: Vcpu): Path {
  const { loop } = m.policy;
  const tail = scheduleTailCost(m, m.pcpuOf(v));
  if (m.mustWait(tail)) yield tail;
  if (endScheduleTail(m, m.pcpuOf(v))) yield OPEN;
  // The softirqs in which it was switched in were begun on another stack.
  m.pcpuOf(v).uncharged.end(m.now);
  m.pcpuOf(v).setActivity(IN_PATH);
  for (;;) {
    // leave_hypervisor_tail (4.12), leave_hypervisor_to_guest (since). Work of the vCPU (check_for_vcpu_work) and softirqs
    // (check_for_pcpu_work) come in the order that the policy's loop says; all three were discussed on xen-devel in 2021.
    m.probe.returnStarted(v);
    let p = m.pcpuOf(v);
    let c = p.costs;
    if (m.mustWait(c.returnEntry)) yield c.returnEntry;
    p.interrupts.mask();
    if (loop === 'do-pcpu-while-vcpu') {
      yield* pcpuThenVcpuWork(m, v);
    } else {
      if (m.mustWait(c.checkVcpuWork)) yield c.checkVcpuWork;
      while (v.hasWork && (yield* vcpuWork(m, v)) && loop === 'while-vcpu-pcpu') {
        yield* pcpuWork(m, v);
        c = m.pcpuOf(v).costs;
        if (m.mustWait(c.checkVcpuWork)) yield c.checkVcpuWork;
      }
      c = m.pcpuOf(v).costs;
      // As pcpuWork.
      for (;;) {
        if (m.mustWait(c.checkPcpuWork)) yield c.checkPcpuWork;
        if (m.pcpuOf(v).softirqPending === 0) break;
        if (m.pcpuOf(v).interrupts.unmask()) yield OPEN;
        yield SOFTIRQS;
        p = m.pcpuOf(v);
        p.interrupts.mask();
        c = p.costs;
      }
    }
    c = m.pcpuOf(v).costs;
    if (m.mustWait(c.returnToGuest)) yield c.returnToGuest;
    yield ENTER_GUEST;
    if (v.trap === TRAP_IRQ) continue;

    // A synchronous trap: entry with interrupts masked, entry hook, handler.
    p = m.pcpuOf(v);
    c = p.costs;
    if (m.mustWait(c.trapEntry)) yield c.trapEntry;
    if (p.interrupts.unmask()) yield OPEN;
    if (m.mustWait(c.enterHypervisor)) yield c.enterHypervisor;
    p.interrupts.mask();
    const sync = v.retireLr() ? c.syncFromLrs + c.lrRetire : c.syncFromLrs;
    if (m.mustWait(sync)) yield sync;
    if (p.interrupts.unmask()) yield OPEN;
    if (m.mustWait(c.trapDispatch)) yield c.trapDispatch;
    const cost = trapCost(c, v.trap);
    if (cost < 0) {
      yield* handleLongTrap(m, v);
    } else {
      if (m.mustWait(cost)) yield cost;
      actOnTrap(m, v);
    }
  }
}

/** The hypervisor stack of an idle vCPU (idle_loop). */
function* idleLoop(m: Machine, v: Vcpu): Path {
  const p = m.pcpuOf(v);
  if (p.id === 0) yield* bootJobs(m, p);
  for (;;) {
    const mayWait = p.softirqPending === 0 && !p.taskletScheduled;
    if (mayWait && p.idleJobs.length > 0) {
      if (p.interrupts.unmask()) yield OPEN;
      yield* idleJob(m, p);
      if (p.softirqPending !== 0) yield SOFTIRQS;
      p.interrupts.mask();
      continue;
    }
    if (mayWait) {
      // do_idle. Stopping the ticker, which only 4.12 does here, may raise TIMER.
      if (m.held !== p.id) m.scheduler.tickSuspend?.(p.id);
      if (p.softirqPending !== 0) {
        if (p.interrupts.unmask()) yield OPEN;
        yield* processPendingSoftirqs(m, v);
        p.interrupts.mask();
      }
      if (p.softirqPending === 0) {
        yield WAIT;
        if (m.mustWait(p.costs.idleWake)) yield p.costs.idleWake;
      }
    }
    if (p.interrupts.unmask()) yield OPEN;
    if (mayWait) m.scheduler.tickResume?.(p.id);
    else if (p.taskletScheduled) yield* runTasklet(m, p);
    if (p.softirqPending !== 0) yield SOFTIRQS;
    p.interrupts.mask();
  }
}
