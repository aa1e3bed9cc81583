import { US } from '../../engine/time.ts';
import { CpuMask, NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import { hasSoftAffinity } from '../../hypervisor/machine/machine-view.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import { balanceMask } from '../affinity.ts';
import { CREDIT_INIT, type Credit2Unit } from './runqueue.ts';
import type { Credit2State } from './state.ts';

/** This much before the rate limit lets it go, a running unit may be preempted [ns]. */
const RATELIMIT_TOLERANCE = 50 * US;

/** C.13 runq_tickle: which pCPU should look at a unit that has come to wait. */
export class Credit2Tickle {
  private readonly state: Credit2State;
  private readonly mask: CpuMask;

  constructor(state: Credit2State) {
    this.state = state;
    this.mask = new CpuMask(state.machine.pcpuCount);
  }

  /** Queues the unit and tickles for it. */
  enqueue(unit: Credit2Unit): void {
    unit.runqueue.insert(unit);
    const cpu = this.pcpuFor(unit);
    if (cpu === NO_PCPU) return;
    this.state.tickle(cpu);
    unit.tickledPcpu = cpu;
  }

  /** An idle pCPU, rather its own; else the one where the unit gains most by preempting. */
  private pcpuFor(unit: Credit2Unit): number {
    const { mask } = this;
    const { vcpu, runqueue } = unit;
    const { machine } = this.state;
    if (hasSoftAffinity(machine, vcpu)) {
      const cpu = this.idlePcpuFor(unit, true);
      if (cpu !== NO_PCPU) return cpu;
    }
    const cpu = this.idlePcpuFor(unit, false);
    if (cpu !== NO_PCPU) return cpu;
    mask.setToAnd(vcpu.hardAffinity, runqueue.active).and(machine.online);
    mask.andNot(runqueue.idle).andNot(runqueue.tickled);
    return this.busyPcpuFor(unit, vcpu.processor);
  }

  /** A pCPU of the balance step that idles; first choice: of a core that idles or, to save power, of one that does not. */
  private idlePcpuFor({ vcpu, runqueue }: Credit2Unit, soft: boolean): number {
    const { mask, state } = this;
    const { idle, tickled, idleCores } = runqueue;
    const { online } = state.machine;
    if (state.idleCores !== undefined) {
      balanceMask(mask, vcpu, soft).and(online);
      if (state.params.smtPowerSavings) mask.and(idle).andNot(idleCores);
      else mask.and(idleCores);
      const cpu = mask.testOrCycle(vcpu.processor);
      if (cpu !== NO_PCPU) return cpu;
    }
    balanceMask(mask, vcpu, soft).and(online).and(idle).andNot(tickled);
    return mask.testOrCycle(vcpu.processor);
  }

  /** The pCPU of the mask with the best score above 0. */
  private busyPcpuFor(unit: Credit2Unit, own: number): number {
    const { mask } = this;
    let best = NO_PCPU;
    let most = 0;
    if (mask.has(own)) {
      most = Math.max(0, this.score(unit, own));
      if (most > 0) {
        best = own;
        if (unit.vcpu.softAffinity.has(own)) return own;
      }
      mask.remove(own);
    }
    for (let cpu = mask.first(); cpu !== NO_PCPU; cpu = mask.next(cpu)) {
      const score = this.score(unit, cpu);
      if (score > most) {
        most = score;
        best = cpu;
      }
    }
    return best;
  }

  /** It has not run for as long as the rate limit, but for a tolerance, lets it. */
  private isProtected(vcpu: Vcpu): boolean {
    const { ratelimit, machine } = this.state;
    if (ratelimit <= RATELIMIT_TOLERANCE) return false;
    return machine.clock - vcpu.stateEntryTime <= ratelimit - RATELIMIT_TOLERANCE;
  }

  // tickle_score: how far the unit is ahead of what runs on `cpu`; soft affinity outweighs any credit.
  private score(unit: Credit2Unit, cpu: number): number {
    const { state } = this;
    const { machine } = state;
    const vcpu = machine.current(cpu);
    if (vcpu.isIdle || this.isProtected(vcpu)) return -1;
    const current = state.unit(vcpu);
    state.burn(current);
    // A difference of ints, which wraps.
    let score = (unit.credit - current.credit) | 0;
    if (unit.vcpu.processor !== cpu) score -= state.params.migrateResist;
    if (score > 0) {
      if (unit.vcpu.softAffinity.has(cpu)) score += CREDIT_INIT;
      if (!vcpu.softAffinity.has(cpu)) score += CREDIT_INIT;
    }
    return score;
  }
}
