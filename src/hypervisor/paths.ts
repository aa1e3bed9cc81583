import type { Duration } from '../engine/time.ts';
import { WAKE } from './event-kinds.ts';
import type { Machine } from './machine.ts';
import type { Pcpu } from './pcpu.ts';
import {
  OP_BLOCK,
  OP_CACHES_OFF,
  OP_CACHES_ON,
  OP_FETCH,
  OP_SEND_SGI,
  OP_SET_WAY,
  OP_TOUCH,
  OP_WFI,
  OP_YIELD,
} from './ports.ts';
import { cachesWritten, setWayTrapped } from './set-way.ts';
import { TRAP_IRQ, type Vcpu } from './vcpu.ts';

/*
 * The hypervisor's code paths, written as generators that read like Xen's. A suspended generator *is* a
 * vCPU's hypervisor stack: code that loses its pCPU stays where it was and goes on there when the vCPU is
 * scheduled again, perhaps on another pCPU. So `vcpu.processor` has to be read again after every point where
 * softirqs may run.
 *
 * A path yields what it needs of the pCPU: a number of ns that pass (>= 0), or one of the steps below.
 * Costs of zero yield nothing: a path then finishes in the instant in which it began.
 */

/** What a path yields: a duration [ns] or one of the negative steps. */
export type Step = Duration;
/** The vCPU goes to the guest; the path goes on at its next trap or interrupt. */
export const ENTER_GUEST = -1;
/** The pCPU's current vCPU has changed: its stack goes on, this one when it is switched in again. */
export const SWITCHED = -2;
/** The idle loop waits for an interrupt (WFI). */
export const WAIT = -3;
/** The time to dispatch a softirq passes; it happens in the order of events of kind SOFTIRQ. */
export const DISPATCH = -4;
/** Interrupts were unmasked and some are pending: they are taken now. */
export const OPEN = -5;
/** The pCPU does the work prepared in its segment, up to the check point that stops it. */
export const WORK = -6;

type Path = Generator<Step, void, void>;

/** The hypervisor stack of a guest's vCPU, from its first time on a pCPU on. */
export function* vcpuStack(m: Machine, v: Vcpu): Path {
  yield* scheduleTail(m, v);
  for (;;) {
    yield* leaveHypervisor(m, v);
    yield ENTER_GUEST;
    if (v.trap !== TRAP_IRQ) yield* handleTrap(m, v);
  }
}

/** The hypervisor stack of an idle vCPU (idle_loop). */
export function* idleLoop(m: Machine, v: Vcpu): Path {
  const c = m.costs;
  const p = m.pcpuOf(v);
  for (;;) {
    const mayWait = p.softirqPending === 0;
    if (mayWait) {
      // do_idle. Stopping the ticker, which only 4.12 does here, may raise TIMER.
      m.scheduler.tickSuspend?.(p.id);
      if (p.softirqPending !== 0) yield* processPendingSoftirqs(m, p);
      if (p.softirqPending === 0) {
        yield WAIT;
        if (c.idleWake > 0) yield c.idleWake;
      }
    }
    if (p.unmask()) yield OPEN;
    if (mayWait) m.scheduler.tickResume?.(p.id);
    if (p.softirqPending !== 0) yield* doSoftirq(m, v);
    p.mask();
  }
}

/** A synchronous trap from the guest: entry with interrupts masked, entry hook, handler. */
function* handleTrap(m: Machine, v: Vcpu): Path {
  const c = m.costs;
  const p = m.pcpuOf(v);
  if (c.trapEntry > 0) yield c.trapEntry;
  if (p.unmask()) yield OPEN;
  if (c.enterHypervisor > 0) yield c.enterHypervisor;
  p.mask();
  if (c.syncFromLrs > 0) yield c.syncFromLrs;
  if (p.unmask()) yield OPEN;
  if (c.trapDispatch > 0) yield c.trapDispatch;
  switch (v.trap) {
    case OP_WFI:
      if (c.handleWfi > 0) yield c.handleWfi;
      // vcpu_block_unless_event_pending
      if (!v.virqPending) m.core.block(v);
      return;
    case OP_BLOCK:
      if (c.handleWfi > 0) yield c.handleWfi;
      m.core.blockFor(v, v.operand);
      return;
    case OP_SEND_SGI:
      if (c.handleSgi > 0) yield c.handleSgi;
      if (c.wake > 0) yield c.wake;
      m.injectVirq(m.vcpus[v.operand]);
      return;
    case OP_YIELD:
      if (c.handleYield > 0) yield c.handleYield;
      m.core.yield(v);
      return;
    case OP_SET_WAY:
      if (c.handleSetWay > 0) yield c.handleSetWay;
      setWayTrapped(v);
      return;
    case OP_CACHES_OFF:
      if (c.handleCachesOff > 0) yield c.handleCachesOff;
      cachesWritten(v, false);
      return;
    case OP_CACHES_ON:
      if (c.handleCachesOn > 0) yield c.handleCachesOn;
      cachesWritten(v, true);
      return;
    case OP_FETCH:
      if (c.handleInstructionAbort > 0) yield c.handleInstructionAbort;
      return yield* resolveFault(m, v, v.codeGfn);
    case OP_TOUCH:
      if (c.handleDataAbort > 0) yield c.handleDataAbort;
      return yield* resolveFault(m, v, v.operand);
    default:
      throw new RangeError(`unknown trap ${v.trap}`);
  }
}

/** p2m_resolve_translation_fault: makes one stage-2 entry valid again. */
function* resolveFault(m: Machine, v: Vcpu, gfn: number): Path {
  const fault = v.stageTwo?.resolve(gfn);
  if (fault === undefined) return;
  const c = m.costs;
  let cost = c.resolveTable + c.invalidateTable;
  if (fault.kind === 'table') cost += fault.validChildren * c.invalidateEntry;
  else cost = fault.order === 0 ? c.resolve4k : fault.order === 9 ? c.resolve2m : c.resolve1g;
  if (cost > 0) yield cost;
}

/**
 * The return to the guest: leave_hypervisor_tail (4.12) and leave_hypervisor_to_guest (master), which differ
 * only in work (vPCI, ioreq) that can ask for another round and is not modelled: the flush never does.
 *
 * check_for_pcpu_work is the loop: softirqs run until none is pending. check_for_vcpu_work, the flush, comes when
 * that is so for the first time, with the look for softirqs before it that is in question, or before the loop.
 * They are one function as every return comes here, and a generator less makes 10 % of all decisions.
 */
function* leaveHypervisor(m: Machine, v: Vcpu): Path {
  const c = m.costs;
  m.pcpuOf(v).mask();
  if (c.checkVcpuWork > 0) yield c.checkVcpuWork;
  if (v.needFlushToRam && !m.policy.before) yield* p2mFlushVm(m, v);
  for (;;) {
    if (c.checkPcpuWork > 0) yield c.checkPcpuWork;
    if (m.pcpuOf(v).softirqPending !== 0) {
      if (m.pcpuOf(v).unmask()) yield OPEN;
      yield* doSoftirq(m, v);
      m.pcpuOf(v).mask();
    } else if (v.needFlushToRam) {
      yield* p2mFlushVm(m, v);
    } else {
      break;
    }
  }
  if (c.returnToGuest > 0) yield c.returnToGuest;
}

/**
 * p2m_flush_vm: the flush of the whole p2m, in place; whatever preempts it, it goes on where it was. Entered and
 * left with interrupts masked.
 */
function* p2mFlushVm(m: Machine, v: Vcpu): Path {
  const c = m.costs;
  const { flush } = v;
  if (m.pcpuOf(v).unmask()) yield OPEN;
  if (flush !== undefined) {
    if (c.flushVmEntry > 0) yield c.flushVmEntry;
    let position = 0;
    for (;;) {
      if (c.flushRangeEntry > 0) yield c.flushRangeEntry;
      flush.begin(position);
      m.pcpuOf(v).segment.prepareWork(flush, 0);
      yield WORK;
      const stop = m.pcpuOf(v).segment.endWork();
      if (stop === Number.POSITIVE_INFINITY) break;
      m.probe.flushPreempted(v);
      if (m.policy.during === 'immediate') {
        yield* flushWithoutCheckPoints(m, v, stop);
        break;
      }
      flush.stopAt(stop);
      position = flush.position;
      if (c.flushPreempt > 0) yield c.flushPreempt;
      yield* doSoftirq(m, v);
    }
    flush.finish();
    if (c.flushTail > 0) yield c.flushTail;
    if (c.invalidateRoot > 0 && v.stageTwo !== undefined) yield c.invalidateRoot;
    v.stageTwo?.invalidateRoot();
  }
  v.needFlushToRam = false;
  m.probe.flushed(v);
  m.pcpuOf(v).mask();
}

/** The rest of a flush that is preempted the moment a softirq is raised, and goes on without loss. */
function* flushWithoutCheckPoints(m: Machine, v: Vcpu, from: Duration): Path {
  const { flush } = v;
  if (flush === undefined) return;
  for (let stop = from; stop !== Number.POSITIVE_INFINITY; stop = m.pcpuOf(v).segment.endWork()) {
    yield* doSoftirq(m, v);
    m.pcpuOf(v).segment.prepareWork(flush, stop);
    yield WORK;
  }
}

/**
 * do_softirq: runs handlers, lowest number first, looking anew after each, until nothing is pending on the
 * pCPU that this stack is on by then. Entered with interrupts unmasked, left so.
 */
function* doSoftirq(m: Machine, v: Vcpu): Path {
  while (m.pcpuOf(v).softirqPending !== 0) {
    yield DISPATCH;
    const p = m.pcpuOf(v);
    const nr = p.takeSoftirq();
    if (nr === m.softirqSchedule) yield* scheduleHandler(m, v, p);
    else if (nr === m.softirqTimer) yield* timerHandler(m, p);
  }
}

/** process_pending_softirqs: all but SCHEDULE, which leaves TIMER. Entered and left with interrupts masked. */
function* processPendingSoftirqs(m: Machine, p: Pcpu): Path {
  if (p.unmask()) yield OPEN;
  while ((p.softirqPending & (1 << m.softirqTimer)) !== 0) {
    yield DISPATCH;
    p.takeSoftirq();
    yield* timerHandler(m, p);
  }
  p.mask();
}

/** timer_softirq_action: runs the callbacks of all expired timers, then programs the hardware. */
function* timerHandler(m: Machine, p: Pcpu): Path {
  const c = m.costs;
  const timers = m.xenTimers;
  if (c.timerSoftirq > 0) yield c.timerSoftirq;
  for (;;) {
    const slot = timers.takeExpired(p.id);
    if (slot < 0) break;
    const kind = m.kindOfSlot(slot);
    m.probe.timerFired(p.id, kind, m.now - timers.expiryOf(slot));
    const cost = m.timerCallbackCost(kind);
    if (cost > 0) yield cost;
    if (kind === WAKE && c.wake > 0) yield c.wake;
    m.timerExpired(slot);
  }
  timers.reprogram(p.id);
  if (c.timerReprogram > 0) yield c.timerReprogram;
}

/** The SCHEDULE handler: decides and, if another vCPU is to run, switches to its stack. */
function* scheduleHandler(m: Machine, v: Vcpu, p: Pcpu): Path {
  const c = m.costs;
  p.mask();
  const next = m.core.schedule(p.id);
  const cost = v.isIdle ? c.scheduleFromIdle : c.schedule;
  if (cost > 0) yield cost;
  if (next !== v) {
    m.contextSwitch(p, v, next);
    yield SWITCHED;
    yield* scheduleTail(m, v);
  } else if (p.unmask()) {
    yield OPEN;
  }
}

/** schedule_tail, on the stack of the vCPU that was switched in: the other one's context is saved now. */
function* scheduleTail(m: Machine, v: Vcpu): Path {
  const c = m.costs;
  const p = m.pcpuOf(v);
  const previous = m.previousOf(p);
  const cost = previous.isIdle ? c.contextSwitchFromIdle : c.contextSwitch;
  if (cost > 0) yield cost;
  if (c.requeue > 0 && !previous.isIdle && previous.isRunnable) yield c.requeue;
  m.core.contextSaved(previous);
  if (p.unmask()) yield OPEN;
}
