import { US } from '../../engine/time.ts';
import { CpuMask, NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import { hasSoftAffinity } from '../../hypervisor/machine/machine-view.ts';
import { CREDIT_INIT, type Credit2Unit } from './runqueue.ts';
import type { Credit2State } from './state.ts';

/** This much before the rate limit lets it go, a running unit may be preempted [ns]. */
const RATELIMIT_TOLERANCE = 50 * US;

/** C.13 runq_tickle: which pCPU should look at a unit that has come to wait. */
export class Credit2Tickle {
  private readonly state: Credit2State;
  private readonly mask: CpuMask;
  /** How long a unit must have run before it may be preempted [ns]; negative: no limit. */
  private readonly protectedTime: number;

  constructor(state: Credit2State) {
    const { ratelimit } = state.params;
    this.state = state;
    this.mask = new CpuMask(state.machine.pcpuCount);
    this.protectedTime = ratelimit > RATELIMIT_TOLERANCE ? ratelimit - RATELIMIT_TOLERANCE : -1;
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
    const { active, idle, tickled } = runqueue;
    const own = vcpu.processor;
    if (hasSoftAffinity(this.state.machine, vcpu)) {
      mask.setToAnd(vcpu.hardAffinity, vcpu.softAffinity).and(idle).andNot(tickled);
      const cpu = mask.testOrCycle(own);
      if (cpu !== NO_PCPU) return cpu;
    }
    const cpu = mask.setToAnd(vcpu.hardAffinity, idle).andNot(tickled).testOrCycle(own);
    if (cpu !== NO_PCPU) return cpu;
    mask.setToAnd(vcpu.hardAffinity, active).andNot(idle).andNot(tickled);
    return this.busyPcpuFor(unit, own);
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

  // tickle_score: how far the unit is ahead of what runs on `cpu`; soft affinity outweighs any credit.
  private score(unit: Credit2Unit, cpu: number): number {
    const { state } = this;
    const { machine } = state;
    const vcpu = machine.current(cpu);
    if (vcpu.isIdle || machine.clock - vcpu.stateEntryTime <= this.protectedTime) return -1;
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
