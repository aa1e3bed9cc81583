import { CpuMask } from '../../hypervisor/machine/cpu-mask.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import type { CreditParams } from './params.ts';
import { CreditPcpu } from './pcpu.ts';
import { CreditSettings } from './settings.ts';
import { type CreditDomain, type CreditUnit, newCreditUnit, PRI_IDLE, PRI_UNDER } from './unit.ts';
import { CREDIT_RULES, type CreditRules } from './versions.ts';

/** What all parts of the credit scheduler share. */
export class CreditState {
  readonly machine: MachineView;
  readonly params: CreditParams;
  readonly rules: CreditRules;
  readonly settings: CreditSettings;
  readonly pcpus: CreditPcpu[] = [];
  /** pCPUs that idle and were not tickled since. */
  readonly idlers: CpuMask;
  private readonly units: CreditUnit[] = [];

  constructor(machine: MachineView, params: CreditParams) {
    this.machine = machine;
    this.params = params;
    this.rules = CREDIT_RULES[machine.xen];
    this.settings = new CreditSettings(params);
    this.idlers = new CpuMask(machine.pcpuCount);
    for (let cpu = 0; cpu < machine.pcpuCount; cpu++) this.addPcpu(cpu, 0);
  }

  /** A pCPU comes, idle; `epoch`: the number of accountings so far (csched_alloc_pdata, init_pdata). */
  addPcpu(cpu: number, epoch: number): void {
    const { machine, rules } = this;
    const idle = newCreditUnit(machine.idle(cpu), undefined, PRI_IDLE);
    const pcpu = new CreditPcpu(idle, rules, machine.clock, epoch, machine.pcpuCount - 1);
    // A per-pCPU variable of Xen's that is not part of its per-pCPU data.
    pcpu.lastTickled = this.pcpus[cpu]?.lastTickled ?? 0;
    this.pcpus[cpu] = pcpu;
    this.idlers.add(cpu);
    this.settings.addPcpu();
  }

  /** A pCPU leaves (csched_deinit_pdata). */
  removePcpu(cpu: number): void {
    this.idlers.remove(cpu);
    this.settings.removePcpu();
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
