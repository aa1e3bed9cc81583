import { OP_CACHES_OFF, OP_CACHES_ON, OP_SET_WAY } from './ports.ts';
import type { Vcpu } from './vcpu.ts';

/*
 * Which traps make the hypervisor flush (p2m_set_way_flush and p2m_toggle_cache; the policy is KVM's): the
 * first Set/Way operation, and every change of the caches between on and off after it. Turning them on ends
 * the trapping of VM registers, so the next Set/Way operation is a first one again.
 */

/** `trap` is one of those that can make the hypervisor flush. */
export function isSetWayTrap(trap: number): boolean {
  return trap === OP_SET_WAY || trap === OP_CACHES_OFF || trap === OP_CACHES_ON;
}

/** A Set/Way operation was trapped. */
export function setWayTrapped(vcpu: Vcpu): void {
  if (vcpu.trapsVmRegisters) return;
  vcpu.needFlushToRam = true;
  vcpu.trapsVmRegisters = true;
}

/** A write to SCTLR was trapped; afterwards the caches are on or off. */
export function cachesWritten(vcpu: Vcpu, enabled: boolean): void {
  if (vcpu.cachesEnabled !== enabled) vcpu.needFlushToRam = true;
  vcpu.cachesEnabled = enabled;
  if (enabled) vcpu.trapsVmRegisters = false;
}
