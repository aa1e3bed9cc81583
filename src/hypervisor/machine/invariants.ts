import { invariant } from '../../engine/invariant.ts';
import type { Machine } from './machine.ts';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING } from './vcpu.ts';

/**
 * Laws that hold whenever no event is being handled: time adds up, and who is current where is consistent.
 * Checked at the end of every run, in production too.
 * @throws InvariantError
 */
export function checkInvariants(machine: Machine): void {
  const { now } = machine;
  for (const pcpu of machine.pcpus) {
    const total = pcpu.timeIn.reduce((sum, time) => sum + time, 0);
    invariant(
      total === now,
      'the time of a pCPU in guest, hypervisor, interrupts and idle adds up',
    );
    const vcpu = pcpu.current;
    invariant(vcpu.isRunning, 'the current vCPU of a pCPU is running');
    invariant(vcpu.isIdle || vcpu.processor === pcpu.id, 'a vCPU is current on its processor only');
  }
  for (const vcpu of machine.vcpus) {
    const states = [RUNNING, RUNNABLE, BLOCKED, OFFLINE] as const;
    const total = states.reduce<number>((sum, state) => sum + machine.core.timeIn(vcpu, state), 0);
    invariant(total === now, 'the time of a vCPU in its runstates adds up');
    const onPcpus = machine.pcpus.filter(({ current }) => current === vcpu).length;
    invariant(onPcpus <= 1, 'a vCPU is current on one pCPU at most');
  }
}
