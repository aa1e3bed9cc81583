import { InvariantError } from '../engine/invariant.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import { NullScheduler } from '../schedulers/null/null.ts';
import type { RecordFormat } from './record-format.ts';

/** Records of the null scheduler: whether a vCPU waits for a pCPU. */
export function nullRecords(machine: Machine): RecordFormat {
  const { scheduler } = machine;
  if (!(scheduler instanceof NullScheduler)) throw new InvariantError('null records of null');
  const waits = (vcpu: Vcpu) => (scheduler.isWaiting(vcpu) ? '1' : '0');
  return {
    decision: () => '',
    wake: (vcpu) => `,"waitq":${waits(vcpu)}`,
    state: waits,
    timer: () => undefined,
  };
}
