import { InvariantError } from '../engine/invariant.ts';
import { TICK } from '../hypervisor/machine/event-kinds.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import { CreditScheduler } from '../schedulers/credit/credit.ts';
import type { RecordFormat } from './record-format.ts';

/** Records of the credit scheduler: `tick`, `acct`, and credit and priority in the common ones. */
export function creditRecords(machine: Machine): RecordFormat {
  const { scheduler } = machine;
  if (!(scheduler instanceof CreditScheduler)) throw new InvariantError('credit records of credit');
  const credit = (vcpu: Vcpu) => (vcpu.isIdle ? 'null' : scheduler.unit(vcpu).credit);
  const pri = (vcpu: Vcpu) => scheduler.unit(vcpu).pri;
  const state = (vcpu: Vcpu) => {
    const unit = scheduler.unit(vcpu);
    return `[${unit.credit},${unit.pri},${(unit.active ? 1 : 0) | (unit.parked ? 2 : 0)}]`;
  };
  return {
    decision: (prev, next) =>
      `,"pc":${credit(prev)},"pp":${pri(prev)},"nc":${credit(next)},"np":${pri(next)}`,
    wake: (vcpu) => `,"credit":${credit(vcpu)},"pri":${pri(vcpu)}`,
    state,
    perPcpu: () => {
      const pcpus = machine.pcpus.map(({ id }) =>
        machine.online.has(id) ? scheduler.idleBias(id) : -1,
      );
      return `,"bias":[${pcpus.join(',')}]`;
    },
    timer: (kind, index) => {
      const t = machine.now;
      if (kind === TICK) {
        const vcpu = machine.current(index);
        const head = `{"ev":"tick","t":${t},"cpu":${index},"cur":${vcpu.isIdle ? -1 : vcpu.id}`;
        return vcpu.isIdle ? `${head}}` : `${head},"credit":${credit(vcpu)},"pri":${pri(vcpu)}}`;
      }
      const states = machine.vcpus.map((v) => (v.exists ? state(v) : 'null')).join(',');
      const { creditBalance, totalWeight } = scheduler.accounting;
      return `{"ev":"acct","t":${t},"bal":${creditBalance},"wt":${totalWeight},"u":[${states}]}`;
    },
  };
}
