import { InvariantError } from '../engine/invariant.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import { RtdsScheduler } from '../schedulers/rtds/rtds.ts';
import type { RecordFormat } from './record-format.ts';

/** Records of the rtds scheduler: `repl`, and budget, deadline and level in the common ones. */
export function rtdsRecords(machine: Machine): RecordFormat {
  const { scheduler } = machine;
  if (!(scheduler instanceof RtdsScheduler)) throw new InvariantError('rtds records of rtds');
  const side = (prefix: string, vcpu: Vcpu) => {
    if (vcpu.isIdle) return `,"${prefix}b":null,"${prefix}d":null,"${prefix}l":null`;
    const { budget, deadline, level } = scheduler.unit(vcpu);
    return `,"${prefix}b":${budget},"${prefix}d":${deadline},"${prefix}l":${level}`;
  };
  const values = (vcpu: Vcpu) => {
    const { budget, deadline, level, queue, onReplq, depleted } = scheduler.unit(vcpu);
    const flags = (queue === 'none' ? 0 : 1) | (onReplq ? 2 : 0) | (depleted ? 4 : 0);
    return `${budget},${deadline},${level},${flags}`;
  };
  return {
    decision: (prev, next) => side('p', prev) + side('n', next),
    wake: (vcpu) => {
      const { budget, deadline, level } = scheduler.unit(vcpu);
      return `,"budget":${budget},"deadline":${deadline},"level":${level}`;
    },
    state: (vcpu) => `[${values(vcpu)}]`,
    timer: () => {
      const units = scheduler.replenished.map(({ vcpu }) => `[${vcpu.id},${values(vcpu)}]`);
      return `{"ev":"repl","t":${machine.now},"u":[${units.join(',')}]}`;
    },
  };
}
