import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { IN_PATH } from './activity.ts';
import { OPEN, type Path, SOFTIRQS, SPIN, WORK } from './path.ts';

/**
 * p2m_flush_vm: the flush of the whole p2m on the stack of its own vCPU. In place, whatever preempts it, it goes on
 * where it was. Entered and left with interrupts masked.
 * @returns whether it is complete; if not, vcpu.flushPosition says where it goes on
 */
export function* flushVm(m: Machine, v: Vcpu): Path<boolean> {
  const { style } = m.policy;
  m.probe.flushStarted(v);
  if (m.pcpuOf(v).interrupts.unmask()) yield OPEN;
  const { flushVmEntry } = m.pcpuOf(v).costs;
  if (m.mustWait(flushVmEntry)) yield flushVmEntry;
  while (yield* flushRange(m, v, v)) {
    if (style === 'continuation' || (style === 'work-queue' && v.deferredWork > 0)) {
      m.pcpuOf(v).interrupts.mask();
      return false;
    }
    // A loop like that of XEN_DOMCTL_cacheflush only calls again.
    if (style !== 'no-softirqs') yield SOFTIRQS;
  }
  yield* finishFlush(m, v, v);
  m.pcpuOf(v).interrupts.mask();
  return true;
}

/**
 * One call of p2m_cache_flush_range for the flush of `owner`, on the stack of `runner`, its own vCPU or an idle one.
 * The p2m is locked for reading from its start to its end, or to -ERESTART.
 * @returns whether it stopped with -ERESTART
 */
export function* flushRange(m: Machine, runner: Vcpu, owner: Vcpu): Path<boolean> {
  const c = m.pcpuOf(runner).costs;
  const { flush, p2mLock: lock } = owner;
  if (flush === undefined) return false;
  if (owner.flushPosition > 0) m.probe.flushResumed(owner);
  if (m.mustWait(c.flushRangeEntry)) yield c.flushRangeEntry;
  if (!lock.read(m.pcpuOf(runner), m.now)) yield* spin(m, runner, owner);
  flush.begin(owner.flushPosition);
  m.pcpuOf(runner).segment.prepareWork(flush, 0);
  m.probe.workStarted(m.pcpuOf(runner).id, owner, 0);
  yield WORK;
  let stop = m.pcpuOf(runner).segment.endWork();
  m.probe.workEnded(m.pcpuOf(runner).id, owner, stop);
  while (stop !== Number.POSITIVE_INFINITY && m.policy.during === 'immediate') {
    // The ideal: preempted the moment a softirq is raised, it goes on without loss.
    m.probe.flushPreempted(owner);
    unlockRead(m, runner, owner);
    yield SOFTIRQS;
    if (!lock.read(m.pcpuOf(runner), m.now)) yield* spin(m, runner, owner);
    m.pcpuOf(runner).segment.prepareWork(flush, stop);
    m.probe.workStarted(m.pcpuOf(runner).id, owner, stop);
    yield WORK;
    stop = m.pcpuOf(runner).segment.endWork();
    m.probe.workEnded(m.pcpuOf(runner).id, owner, stop);
  }
  if (stop === Number.POSITIVE_INFINITY) {
    flush.finish();
    if (m.mustWait(c.flushTail)) yield c.flushTail;
    unlockRead(m, runner, owner);
    return false;
  }
  m.probe.flushPreempted(owner);
  flush.stopAt(stop);
  owner.flushPosition = flush.position;
  if (m.mustWait(c.flushPreempt)) yield c.flushPreempt;
  unlockRead(m, runner, owner);
  return true;
}

/** The end of p2m_flush_vm for `owner`: nothing counts as accessed any more (p2m_invalidate_root). */
export function* finishFlush(m: Machine, runner: Vcpu, owner: Vcpu): Path {
  const { p2mLock: lock, stageTwo } = owner;
  if (stageTwo !== undefined) {
    if (!lock.write(m.pcpuOf(runner))) yield* spin(m, runner, owner);
    const { invalidateRoot } = m.pcpuOf(runner).costs;
    if (m.mustWait(invalidateRoot)) yield invalidateRoot;
    stageTwo.invalidateRoot();
    lock.endWrite(m.pcpuOf(runner), m.now);
    // The TLBs are invalidated everywhere: who executes below the root faults at its next instruction.
    for (const sibling of owner.domain?.vcpus ?? []) m.pcpuOf(sibling).refetch(sibling);
  }
  owner.flushPosition = 0;
  owner.needFlushToRam = false;
  m.probe.flushed(owner);
}

/** Spins on the stack of `runner` for the p2m lock, which could not be had at once, on behalf of `v`. */
export function* spin(m: Machine, runner: Vcpu, v: Vcpu): Path {
  const since = m.now;
  m.probe.lockSpins(v);
  yield SPIN;
  m.pcpuOf(runner).setActivity(IN_PATH);
  m.probe.lockWaited(v, m.now - since);
}

function unlockRead(m: Machine, runner: Vcpu, owner: Vcpu): void {
  const since = owner.p2mLock.endRead(m.pcpuOf(runner), m.now);
  m.probe.lockHeld(owner, m.now - since);
}
