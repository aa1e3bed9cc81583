import { CpuMask } from '../../hypervisor/machine/cpu-mask.ts';
import { hasSoftAffinity } from '../../hypervisor/machine/machine-view.ts';
import { PAUSED_MIGRATING } from '../../hypervisor/machine/vcpu.ts';
import { balanceMask, HARD_ONLY, SOFT_THEN_HARD } from '../affinity.ts';
import type { CreditState } from './state.ts';
import { type CreditUnit, PRI_IDLE } from './unit.ts';

/** Which pCPU a vCPU should be on, and which ones its wake tickles. */
export class CreditChooser {
  private readonly state: CreditState;
  private readonly mask: CpuMask;
  private readonly idle: CpuMask;

  constructor(state: CreditState) {
    this.state = state;
    this.mask = new CpuMask(state.machine.pcpuCount);
    this.idle = new CpuMask(state.machine.pcpuCount);
  }

  // _csched_cpu_pick on one socket with one thread per core.
  pcpuFor(unit: CreditUnit): number {
    const { mask, idle } = this;
    const { machine, idlers, pcpus } = this.state;
    const { vcpu } = unit;
    let cpu = vcpu.processor;
    for (const soft of hasSoftAffinity(machine, vcpu) ? SOFT_THEN_HARD : HARD_ONLY) {
      balanceMask(mask, vcpu, soft).and(machine.online);
      cpu = mask.testOrCycle(vcpu.processor);
      idle.setToAnd(machine.online, idlers);
      if (cpu === vcpu.processor && pcpus[cpu].nobodyWaits) idle.add(cpu);
      mask.and(idle);
      if (!mask.has(cpu) && !mask.isEmpty()) cpu = mask.cycle(cpu);
      if (idle.has(cpu)) break;
    }
    return cpu;
  }

  // __runq_tickle
  tickleFor(unit: CreditUnit): void {
    const { mask } = this;
    const { machine, idlers, rules } = this.state;
    const { vcpu } = unit;
    const cpu = vcpu.processor;
    const current = this.state.unit(machine.current(cpu));
    if (current.pri === PRI_IDLE) return this.tickle(cpu);
    for (const soft of hasSoftAffinity(machine, vcpu) ? SOFT_THEN_HARD : HARD_ONLY) {
      balanceMask(mask, vcpu, soft).and(idlers);
      if (!mask.isEmpty()) return this.tickleIdlers(mask);
    }
    if (unit.pri <= current.pri) return;
    if (rules.wakeKicksRunning && current.vcpu.hardAffinity.intersects(idlers)) {
      current.vcpu.pauseFlags |= PAUSED_MIGRATING;
      machine.probe.kicked(current.vcpu, 'tickle');
    }
    this.tickle(cpu);
  }

  private tickleIdlers(mask: CpuMask): void {
    const { machine, params, pcpus } = this.state;
    if (params.tickleOneIdle) {
      const here = pcpus[machine.here];
      here.lastTickled = mask.cycle(here.lastTickled);
      return this.tickle(here.lastTickled);
    }
    for (const cpu of mask.toArray()) this.tickle(cpu);
  }

  /** A tickled pCPU is not idle any more, so that the next wake looks elsewhere. */
  private tickle(cpu: number): void {
    this.state.idlers.remove(cpu);
    this.state.machine.tickle(cpu);
  }
}
