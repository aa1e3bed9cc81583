import { InvariantError } from '../engine/invariant.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { Arinc653Scheduler } from '../schedulers/arinc653/arinc653.ts';
import type { RecordFormat } from './record-format.ts';

/** Records of the arinc653 scheduler: where the pCPUs are in the table. */
export function arinc653Records(machine: Machine): RecordFormat {
  const { scheduler } = machine;
  if (!(scheduler instanceof Arinc653Scheduler)) {
    throw new InvariantError('arinc653 records of arinc653');
  }
  return {
    decision: () => {
      const { slotIndex, nextSwitch, nextFrame } = scheduler;
      return `,"idx":${slotIndex},"sw":${nextSwitch},"frame":${nextFrame}`;
    },
    wake: () => '',
    state: (vcpu) => String((scheduler.isAwake(vcpu) ? 1 : 0) | (scheduler.slotCount(vcpu) << 1)),
    timer: () => undefined,
  };
}
