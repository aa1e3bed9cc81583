import type { Duration } from '../../engine/time.ts';
import { deferWork } from '../jobs/deferred-job.ts';
import type { Costs } from '../machine/costs.ts';
import type { Machine } from '../machine/machine.ts';
import { PAUSED_DOWN, type Vcpu } from '../machine/vcpu.ts';
import { completeIo, injectVirq, startVcpu } from '../machine/vcpu-events.ts';
import {
  OP_BLOCK,
  OP_CACHES_OFF,
  OP_CACHES_ON,
  OP_CPU_OFF,
  OP_CPU_ON,
  OP_DEFER,
  OP_FETCH,
  OP_IO,
  OP_IO_DONE,
  OP_JOB,
  OP_MMIO,
  OP_SEND_SGI,
  OP_SET_WAY,
  OP_TOUCH,
  OP_VM_REGISTER,
  OP_WFI,
  OP_YIELD,
} from '../ports.ts';
import { jobTrap } from './job-path.ts';
import { spinForLock } from './lock-path.ts';
import type { Path } from './path.ts';
import { setWayTrapped, vmRegisterWritten } from './set-way.ts';

/** What the handler of `trap` takes before it acts, at its end and once [ns]; -1: it is a path of its own. */
export function trapCost(c: Costs, trap: number): Duration {
  switch (trap) {
    case OP_WFI:
    case OP_BLOCK:
      return c.handleWfi;
    case OP_YIELD:
      return c.handleYield;
    case OP_SET_WAY:
      return c.handleSetWay;
    case OP_CACHES_OFF:
      return c.handleCachesOff;
    case OP_CACHES_ON:
      return c.handleCachesOn;
    case OP_VM_REGISTER:
      return c.handleVmRegister;
    case OP_DEFER:
    case OP_CPU_OFF:
      return c.handleHypercall;
    default:
      return -1;
  }
}

/** What a trap does that `trapCost` has the time of. */
export function actOnTrap(m: Machine, v: Vcpu): void {
  switch (v.trap) {
    case OP_WFI:
      // vcpu_block_unless_event_pending
      if (!v.virqPending) m.core.block(v);
      return;
    case OP_BLOCK:
      return m.core.blockFor(v, v.operand);
    case OP_YIELD:
      return m.core.yield(v);
    case OP_SET_WAY:
      return setWayTrapped(m, v);
    case OP_CACHES_OFF:
      return vmRegisterWritten(m, v, false);
    case OP_CACHES_ON:
      return vmRegisterWritten(m, v, true);
    case OP_VM_REGISTER:
      return vmRegisterWritten(m, v, v.cachesEnabled);
    case OP_DEFER:
      return deferWork(m, m.vcpus[v.target] ?? v, v.operand);
    case OP_CPU_OFF:
      return m.core.stop(v);
    default:
      throw new RangeError(`unknown trap ${v.trap}`);
  }
}

/** The handler of any other trap. */
export function* handleLongTrap(m: Machine, v: Vcpu): Path {
  const c = m.pcpuOf(v).costs;
  switch (v.trap) {
    case OP_SEND_SGI: {
      const target = m.vcpus[v.operand];
      const queue = c.handleSgi + (target.hasVirqInFlight ? 0 : c.vgicQueue);
      if (m.mustWait(queue)) yield queue;
      // vcpu_unblock calls vcpu_wake only where there is something to end.
      const rest = target.isBlocked ? c.wake : c.vcpuKick;
      if (m.mustWait(rest)) yield rest;
      injectVirq(m, target, v.trappedAt);
      return;
    }
    case OP_FETCH:
      if (m.mustWait(c.handleInstructionAbort)) yield c.handleInstructionAbort;
      return yield* resolveFault(m, v, v.codeGfn);
    case OP_TOUCH:
      if (m.mustWait(c.handleDataAbort)) yield c.handleDataAbort;
      return yield* resolveFault(m, v, v.operand);
    case OP_MMIO:
      return yield* emulateAccess(m, v);
    case OP_IO:
      yield* emulateAccess(m, v);
      v.ioPending = true;
      if (m.vcpus[v.operand].isBlocked && m.mustWait(c.wake)) yield c.wake;
      injectVirq(m, m.vcpus[v.operand], v.trappedAt);
      return;
    case OP_IO_DONE:
      if (m.mustWait(c.handleHypercall)) yield c.handleHypercall;
      if (m.mustWait(c.wake)) yield c.wake;
      completeIo(m, m.vcpus[v.operand], v.trappedAt);
      return;
    case OP_JOB:
      return yield* jobTrap(m, v);
    case OP_CPU_ON: {
      if (m.mustWait(c.handleHypercall)) yield c.handleHypercall;
      const target = m.vcpus[v.operand];
      if ((target.pauseFlags & PAUSED_DOWN) === 0) return;
      // arch_set_info_guest: SCTLR is reset, HCR_EL2 and with it TVM is not.
      target.cachesEnabled = false;
      if (m.mustWait(c.wake)) yield c.wake;
      startVcpu(m, target, v.trappedAt);
      return;
    }
    default:
      throw new RangeError(`unknown trap ${v.trap}`);
  }
}

/**
 * An access to an emulated device. Since 4.22 the stage-2 fault is first tried to be resolved, which takes the p2m
 * lock for writing although nothing is mapped there; before, the device's handler came first.
 */
function* emulateAccess(m: Machine, v: Vcpu): Path {
  const c = m.pcpuOf(v).costs;
  if (m.mustWait(c.handleDataAbort)) yield c.handleDataAbort;
  if (m.xen === 'master') {
    yield* lockP2m(m, v);
    if (m.mustWait(c.resolveNothing)) yield c.resolveNothing;
    v.p2mLock.endWrite(m.pcpuOf(v), m.now);
  }
  if (m.mustWait(c.handleMmio)) yield c.handleMmio;
}

/** p2m_resolve_translation_fault: makes one stage-2 entry valid again, under the p2m lock. */
function* resolveFault(m: Machine, v: Vcpu, gfn: number): Path {
  const { stageTwo } = v;
  if (stageTwo === undefined) return;
  yield* lockP2m(m, v);
  const fault = stageTwo.resolve(gfn);
  const c = m.pcpuOf(v).costs;
  m.probe.faultResolved(v, fault);
  let cost = c.resolveNothing;
  if (fault?.kind === 'table') {
    cost = c.resolveTable + c.invalidateTable + fault.validChildren * c.invalidateEntry;
  } else if (fault?.kind === 'leaf') {
    cost = fault.order === 0 ? c.resolve4k : fault.order === 9 ? c.resolve2m : c.resolve1g;
  }
  if (m.mustWait(cost)) yield cost;
  v.p2mLock.endWrite(m.pcpuOf(v), m.now);
}

function* lockP2m(m: Machine, v: Vcpu): Path {
  if (!v.p2mLock.write(m.pcpuOf(v))) yield* spinForLock(m, v, v);
}
