import { CpuMask, NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import { hasSoftAffinity } from '../../hypervisor/machine/machine-view.ts';
import { PAUSED_MIGRATING, type Vcpu } from '../../hypervisor/machine/vcpu.ts';
import { balanceMask, HARD_ONLY, SOFT_THEN_HARD } from '../affinity.ts';
import type { CreditState } from './state.ts';
import { type CreditUnit, PRI_IDLE } from './unit.ts';

/** Which pCPU a vCPU should be on, and which ones its wake tickles. */
export class CreditChooser {
  private readonly state: CreditState;
  private readonly mask: CpuMask;
  private readonly idle: CpuMask;
  private readonly nearHere: CpuMask;
  private readonly nearNext: CpuMask;

  constructor(state: CreditState) {
    this.state = state;
    this.mask = new CpuMask(state.machine.pcpuCount);
    this.idle = new CpuMask(state.machine.pcpuCount);
    this.nearHere = new CpuMask(state.machine.pcpuCount);
    this.nearNext = new CpuMask(state.machine.pcpuCount);
  }

  // _csched_cpu_pick
  /** The pCPU where the unit should be; `commit`: it will go there. */
  pcpuFor(unit: CreditUnit, commit: boolean): number {
    const { mask, idle } = this;
    const { machine, idlers, pcpus } = this.state;
    const { vcpu } = unit;
    let cpu = vcpu.processor;
    for (const soft of hasSoftAffinity(machine, vcpu) ? SOFT_THEN_HARD : HARD_ONLY) {
      balanceMask(mask, vcpu, soft).and(machine.online);
      if (soft && mask.isEmpty()) continue;
      cpu = mask.testOrCycle(vcpu.processor);
      idle.setTo(idlers);
      if (cpu === vcpu.processor && pcpus[cpu].nobodyWaits) idle.add(cpu);
      mask.and(idle);
      if (!mask.has(cpu) && !mask.isEmpty()) cpu = mask.cycle(cpu);
      if (!machine.topology.isFlat) cpu = this.lessBusy(cpu, commit);
      if (idle.has(cpu)) break;
    }
    return cpu;
  }

  /**
   * Goes from `cpu` on to idle pCPUs of the mask whose core, or socket if that is another, is less busy; to save power: busier.
   * Without threads and on one socket none is.
   */
  private lessBusy(from: number, commit: boolean): number {
    const { mask, idle, nearHere, nearNext } = this;
    const { machine, params, pcpus } = this.state;
    const { topology } = machine;
    let cpu = from;
    let chooser = NO_PCPU;
    mask.remove(cpu);
    while (!mask.isEmpty()) {
      const next = mask.cycle(cpu);
      const sameSocket = topology.socket(cpu).has(next);
      nearHere.setToAnd(idle, sameSocket ? topology.threads(cpu) : topology.socket(cpu));
      nearNext.setToAnd(idle, sameSocket ? topology.threads(next) : topology.socket(next));
      const here = nearHere.weight();
      const there = nearNext.weight();
      const moves = params.smtPowerSavings ? here > there : here * (sameSocket ? 1 : 2) < there;
      if (moves) {
        chooser = next;
        cpu = nearNext.and(mask).cycle(pcpus[next].idleBias);
        mask.andNot(topology.threads(cpu));
      } else {
        mask.andNot(nearNext);
      }
    }
    if (commit && chooser !== NO_PCPU) pcpus[chooser].idleBias = cpu;
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
      balanceMask(mask, vcpu, soft).and(idlers).and(machine.online);
      if (!mask.isEmpty()) return this.tickleIdlers(mask);
    }
    if (unit.pri <= current.pri) return;
    if (rules.wakeKicksRunning && this.hasIdler(current.vcpu)) {
      current.vcpu.pauseFlags |= PAUSED_MIGRATING;
      machine.probe.kicked(current.vcpu, 'tickle');
    }
    this.tickle(cpu);
  }

  /** A pCPU that it may run on idles. */
  private hasIdler(vcpu: Vcpu): boolean {
    const { machine, idlers } = this.state;
    return this.mask.setToAnd(vcpu.hardAffinity, idlers).intersects(machine.online);
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
