import type { JobRun } from '../jobs/job-run.ts';
import { FLUSH } from '../jobs/standing-names.ts';
import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { OP_CACHES_OFF, OP_CACHES_ON, OP_SET_WAY, OP_VM_REGISTER } from '../ports.ts';

/*
 * Which traps make the hypervisor flush (p2m_set_way_flush and p2m_toggle_cache; the policy is KVM's): the
 * first Set/Way operation, and every change of the caches between on and off after it. Any trapped write to a VM
 * register that leaves the caches on ends the trapping of VM registers (TVM), so the next Set/Way operation is a
 * first one again. TVM belongs to the vCPU and survives its going off and on.
 */

/**
 * The long work that `vcpu`, which has just trapped, will do before it returns to its guest: the flush, if the trap asks for one or
 * has asked before.
 */
export function workOfTrap(m: Machine, vcpu: Vcpu): JobRun | undefined {
  const { trap } = vcpu;
  if (trap !== OP_SET_WAY && !writesVmRegister(trap)) return undefined;
  const flush = vcpu.standing(FLUSH);
  return flush.isOpen || asksForFlush(m, vcpu) ? flush : undefined;
}

function asksForFlush(m: Machine, vcpu: Vcpu): boolean {
  if (vcpu.trap === OP_SET_WAY) {
    if (vcpu.domain?.sharesP2m && m.xen !== '4.12') return false;
    return !vcpu.trapsVmRegisters || m.policy.traps === 'every-op';
  }
  if (vcpu.trap === OP_CACHES_OFF) return vcpu.cachesEnabled;
  return vcpu.trap === OP_CACHES_ON && !vcpu.cachesEnabled;
}

/** `op` writes a VM register: it traps only while they are trapped. */
export function writesVmRegister(op: number): boolean {
  return op === OP_CACHES_OFF || op === OP_CACHES_ON || op === OP_VM_REGISTER;
}

/** A Set/Way operation was trapped. */
export function setWayTrapped(m: Machine, vcpu: Vcpu): void {
  // Refused since 4.16 for domains whose p2m an IOMMU uses: clearing valid bits would stop their devices.
  if (vcpu.domain?.sharesP2m && m.xen !== '4.12') return m.probe.undefInjected(vcpu);
  // Second and later executions of a continuation find the flush still due.
  if (vcpu.trapsVmRegisters && m.policy.traps !== 'every-op') return;
  m.jobs.askAgain(vcpu.standing(FLUSH));
  vcpu.trapsVmRegisters = true;
}

/** A write to a VM register was trapped; afterwards the caches are on or off. */
export function vmRegisterWritten(m: Machine, vcpu: Vcpu, enabled: boolean): void {
  if (vcpu.cachesEnabled !== enabled) m.jobs.askAgain(vcpu.standing(FLUSH));
  vcpu.cachesEnabled = enabled;
  if (enabled) vcpu.trapsVmRegisters = false;
}
