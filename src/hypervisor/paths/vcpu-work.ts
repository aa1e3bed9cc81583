import { IO_TURN } from '../jobs/machine-job.ts';
import type { Machine } from '../machine/machine.ts';
import { PAUSED_IN_XEN, type Vcpu } from '../machine/vcpu.ts';
import { costOf } from './job-call.ts';
import { callAgain } from './job-path.ts';
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
 * check_for_vcpu_work: what the vCPU has to do before it may return, each in its turn: long work, and an
 * emulated access that waits for its device model (ioreq). Entered and left with interrupts masked.
 * @returns whether to check again after softirqs had their turn
 */
export function* vcpuWork(m: Machine, v: Vcpu): Path<boolean> {
  for (let run = v.workAfter(-1); ; run = v.workAfter(run.job.turn)) {
    if (v.ioPending && (run === undefined || run.job.turn > IO_TURN)) {
      yield* waitForIo(m, v);
      if (v.ioPending) return true;
    }
    if (run === undefined) return false;
    const { job } = run;
    if (job.checksBefore) yield* pcpuWork(m, v);
    if (!job.isHandedOver) m.probe.jobVisited(run, v);
    if (m.pcpuOf(v).interrupts.unmask()) yield OPEN;
    if (job.isHandedOver) {
      m.jobs.queue(run, m.pcpuOf(v));
      yield SOFTIRQS;
    } else {
      const visit = costOf(job.visit, m.pcpuOf(v).costs);
      if (m.mustWait(visit)) yield visit;
      yield* callAgain(m, v, run);
    }
    m.pcpuOf(v).interrupts.mask();
    if (!run.isOpen && !job.checksAgain) continue;
    // A continuation: the guest executes the instruction again.
    if (!run.isOpen || job.hit !== 'continuation') return true;
    v.retrap = v.trap;
    return false;
  }
}

/** wait_on_xen_event_channel: off the pCPU, on its own stack, until the device model answers. */
function* waitForIo(m: Machine, v: Vcpu): Path {
  if (m.pcpuOf(v).interrupts.unmask()) yield OPEN;
  v.pauseFlags |= PAUSED_IN_XEN;
  m.tickle(v.processor);
  yield SOFTIRQS;
  m.pcpuOf(v).interrupts.mask();
}
