import { MS } from '../../engine/time.ts';
import { CpuMask } from '../../hypervisor/machine/cpu-mask.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import type { CreditParams } from './params.ts';
import { CreditPcpu } from './pcpu.ts';
import {
  CREDITS_PER_MS,
  type CreditDomain,
  type CreditUnit,
  newCreditUnit,
  PRI_IDLE,
  PRI_UNDER,
} from './unit.ts';
import { CREDIT_RULES, type CreditRules } from './versions.ts';

/** What all parts of the credit scheduler share. */
export class CreditState {
  readonly machine: MachineView;
  readonly params: CreditParams;
  readonly rules: CreditRules;
  readonly creditsPerTimeslice: number;
  readonly pcpus: readonly CreditPcpu[];
  /** pCPUs that idle and were not tickled since. */
  readonly idlers: CpuMask;
  private readonly units: CreditUnit[] = [];

  constructor(machine: MachineView, params: CreditParams) {
    this.machine = machine;
    this.params = params;
    this.rules = CREDIT_RULES[machine.xen];
    this.creditsPerTimeslice = (CREDITS_PER_MS * params.timeslice) / MS;
    this.idlers = CpuMask.all(machine.pcpuCount);
    this.pcpus = Array.from({ length: machine.pcpuCount }, (_, cpu) => {
      return new CreditPcpu(newCreditUnit(machine.idle(cpu), undefined, PRI_IDLE), this.rules);
    });
  }

  unit(vcpu: Vcpu): CreditUnit {
    return vcpu.id < 0 ? this.pcpus[-1 - vcpu.id].idle : this.units[vcpu.id];
  }

  /** Makes the unit of a guest's vCPU. */
  addUnit(vcpu: Vcpu, account: CreditDomain | undefined): void {
    this.units[vcpu.id] = newCreditUnit(vcpu, account, PRI_UNDER);
  }

  /** The pCPU that the unit is on, or waits for. */
  pcpuOf(unit: CreditUnit): CreditPcpu {
    return this.pcpus[unit.vcpu.processor];
  }

  isCurrent(unit: CreditUnit): boolean {
    return this.machine.current(unit.vcpu.processor) === unit.vcpu;
  }
}
