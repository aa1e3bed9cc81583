import { InvariantError } from '../engine/invariant.ts';
import { REPL } from '../hypervisor/machine/event-kinds.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import { Credit2Scheduler } from '../schedulers/credit2/credit2.ts';
import type { RecordFormat } from './record-format.ts';

/** Records of credit2: `reset`, `repl`, and credit and budget in the common ones. */
export function credit2Records(machine: Machine): RecordFormat {
  const { scheduler } = machine;
  if (!(scheduler instanceof Credit2Scheduler))
    throw new InvariantError('credit2 records of credit2');
  const credit = (vcpu: Vcpu) => (vcpu.isIdle ? 'null' : scheduler.unit(vcpu).credit);
  const budget = (vcpu: Vcpu) => {
    const { budget } = scheduler.unit(vcpu);
    return budget === Number.POSITIVE_INFINITY ? 'null' : budget;
  };
  return {
    decision: (prev, next) =>
      `,"pc":${credit(prev)},"pb":${budget(prev)},"nc":${credit(next)},"nb":${budget(next)}`,
    wake: (vcpu) => `,"credit":${credit(vcpu)},"budget":${budget(vcpu)}`,
    state: (vcpu) => {
      const unit = scheduler.unit(vcpu);
      const parked = unit.parked ? 1 : 0;
      return `[${unit.credit},${budget(vcpu)},${unit.avgload},${unit.runqueue.id},${parked}]`;
    },
    perPcpu: () => {
      const pcpus = machine.pcpus.map(({ id }) =>
        machine.online.has(id) ? scheduler.runqueue(id).id : -1,
      );
      return `,"rq":[${pcpus.join(',')}]`;
    },
    timer: (kind, index) => {
      if (kind !== REPL) return undefined;
      const { budget, nextReplenishment } = scheduler.account(index);
      const head = `{"ev":"repl","t":${machine.now},"dom":${index}`;
      return `${head},"budget":${budget},"next":${nextReplenishment}}`;
    },
    event: (name, pcpu) => {
      const units = scheduler
        .runqueue(pcpu)
        .units.map((unit) => `[${unit.vcpu.id},${unit.creditBeforeReset},${unit.credit}]`);
      return `{"ev":"${name}","t":${machine.now},"cpu":${pcpu},"u":[${units.join(',')}]}`;
    },
  };
}
