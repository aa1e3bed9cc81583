import type { Machine } from '../machine/machine.ts';
import { PAUSED_IN_XEN, type Vcpu } from '../machine/vcpu.ts';
import { OP_NONE } from '../ports.ts';
import { flushVm } from './flush-path.ts';
import { jobOnReturn } from './job-path.ts';
import { OPEN, type Path, SOFTIRQS } from './path.ts';

/** The return path's loop in a proposal that was not taken: what is raised during the work of the vCPU waits for the next trap. */
export function* pcpuThenVcpuWork(m: Machine, v: Vcpu): Path {
  do {
    yield* pcpuWork(m, v);
    const { checkVcpuWork } = m.pcpuOf(v).costs;
    if (m.mustWait(checkVcpuWork)) yield checkVcpuWork;
  } while (v.hasWork && (yield* vcpuWork(m, v)));
}

/** check_for_pcpu_work: softirqs run until none is pending. Entered and left with interrupts masked. */
export function* pcpuWork(m: Machine, v: Vcpu): Path {
  for (;;) {
    const { checkPcpuWork } = m.pcpuOf(v).costs;
    if (m.mustWait(checkPcpuWork)) yield checkPcpuWork;
    if (m.pcpuOf(v).softirqPending === 0) return;
    if (m.pcpuOf(v).interrupts.unmask()) yield OPEN;
    yield SOFTIRQS;
    m.pcpuOf(v).interrupts.mask();
  }
}

/**
 * check_for_vcpu_work: what the vCPU has to do before it may return, in a fixed order: deferred work (as vPCI's), an
 * emulated access that waits for its device model (ioreq), the flush. Entered and left with interrupts masked.
 * @returns whether to check again after softirqs had their turn
 */
export function* vcpuWork(m: Machine, v: Vcpu): Path<boolean> {
  if (v.deferredWork > 0) {
    yield* deferredRound(m, v);
    if (v.deferredWork > 0) return true;
  }
  if (v.ioPending) {
    yield* waitForIo(m, v);
    if (v.ioPending) return true;
  }
  if (v.jobOnReturn) {
    if (m.policy.before) yield* pcpuWork(m, v);
    yield* jobOnReturn(m, v);
    return true;
  }
  if (!v.needFlushToRam || v.retrap !== OP_NONE) return false;
  if (m.policy.before) yield* pcpuWork(m, v);
  if (m.policy.style === 'tasklet') {
    yield* flushInTasklet(m, v);
    return false;
  }
  if (yield* flushVm(m, v)) return false;
  // A continuation: the guest executes the instruction again. Else more urgent work goes first.
  if (m.policy.style !== 'continuation') return true;
  v.retrap = v.trap;
  return false;
}

/** One round of deferred work (vpci_process_pending): as long as the policy says, to its end if that is 0. */
function* deferredRound(m: Machine, v: Vcpu): Path {
  const { deferredRound: most } = m.policy;
  const length = most > 0 ? Math.min(most, v.deferredWork) : v.deferredWork;
  if (m.pcpuOf(v).interrupts.unmask()) yield OPEN;
  yield length;
  v.deferredWork -= length;
  if (v.deferredWork === 0) m.probe.deferredDone(v, m.now - v.deferredSince);
  m.pcpuOf(v).interrupts.mask();
}

/** wait_on_xen_event_channel: off the pCPU, on its own stack, until the device model answers. */
function* waitForIo(m: Machine, v: Vcpu): Path {
  if (m.pcpuOf(v).interrupts.unmask()) yield OPEN;
  v.pauseFlags |= PAUSED_IN_XEN;
  m.tickle(v.processor);
  yield SOFTIRQS;
  m.pcpuOf(v).interrupts.mask();
}

/** Hands the flush to a tasklet on this pCPU, pauses and comes back when it is done (continue_hypercall_on_cpu). */
function* flushInTasklet(m: Machine, v: Vcpu): Path {
  if (m.pcpuOf(v).interrupts.unmask()) yield OPEN;
  m.pcpuOf(v).tasklets.push({ owner: v, run: undefined, rendezvous: undefined });
  m.core.pauseNosync(v);
  yield SOFTIRQS;
  m.pcpuOf(v).interrupts.mask();
}
