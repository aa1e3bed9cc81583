import { CpuMask } from '../../hypervisor/machine/cpu-mask.ts';
import { hasSoftAffinity } from '../../hypervisor/machine/machine-view.ts';
import { PAUSED_MIGRATING } from '../../hypervisor/machine/vcpu.ts';
import type { Credit2Runqueue, Credit2Unit } from './runqueue.ts';
import type { Credit2State } from './state.ts';
import type { Credit2Tickle } from './tickle.ts';

/** C.10, C.13 Which runqueue a unit belongs to: picked by load when it moves, evened out after a reset. */
export class Credit2Balance {
  private readonly state: Credit2State;
  private readonly tickle: Credit2Tickle;
  private readonly mask: CpuMask;
  private readonly within: CpuMask;

  constructor(state: Credit2State, tickle: Credit2Tickle) {
    this.state = state;
    this.tickle = tickle;
    this.mask = new CpuMask(state.machine.pcpuCount);
    this.within = new CpuMask(state.machine.pcpuCount);
  }

  /**
   * The pCPU to go to: one of the runqueue that balancing asked for, else of the least loaded one, preferably
   * with pCPUs in its soft affinity (csched2_res_pick).
   * @param locked - a runqueue whose load cannot be read, because the caller holds its lock
   */
  pick(unit: Credit2Unit, locked?: Credit2Runqueue): number {
    const { state, mask: allowed, within } = this;
    const { vcpu, moveTo } = unit;
    allowed.setToAnd(vcpu.hardAffinity, state.machine.online);
    unit.moveTo = undefined;
    if (moveTo?.active.intersects(allowed)) return this.nextPcpu(moveTo, allowed);
    const soft = hasSoftAffinity(state.machine, vcpu);
    let best: Credit2Runqueue | undefined;
    let bestSoft: Credit2Runqueue | undefined;
    let least = Number.POSITIVE_INFINITY;
    let leastSoft = Number.POSITIVE_INFINITY;
    for (const runqueue of state.runqueues) {
      if (runqueue === locked) continue;
      within.setToAnd(allowed, runqueue.active);
      if (within.isEmpty()) continue;
      let load = runqueue.avgload;
      if (runqueue === unit.runqueue) load = Math.max(0, load - unit.avgload);
      if (soft && load < leastSoft && within.intersects(vcpu.softAffinity)) {
        bestSoft = runqueue;
        leastSoft = load;
      }
      if (load < least) {
        best = runqueue;
        least = load;
      }
    }
    if (best === undefined) return vcpu.processor;
    if (bestSoft !== undefined) allowed.and(vcpu.softAffinity).and(bestSoft.active);
    else allowed.and(best.active);
    // As in Xen: the bias of the least loaded runqueue, even if the pCPU is another's.
    best.pickBias = allowed.cycle(best.pickBias);
    return best.pickBias;
  }

  /** Moves a unit to another runqueue; if it runs, as soon as it is off its pCPU (migrate). */
  move(unit: Credit2Unit, target: Credit2Runqueue): void {
    const { state } = this;
    const { machine, load } = state;
    const { vcpu, runqueue: source } = unit;
    if (unit.scheduled) {
      unit.moveTo = target;
      vcpu.pauseFlags |= PAUSED_MIGRATING;
      machine.probe.kicked(vcpu, 'balance');
      state.tickle(vcpu.processor);
      return;
    }
    const waits = unit.queued;
    if (waits) {
      source.remove(unit);
      load.updateRunqueue(source, machine.clock, -1);
    }
    source.deassign(unit);
    const from = vcpu.processor;
    vcpu.processor = this.nextPcpu(target, this.mask.setToAnd(vcpu.hardAffinity, machine.online));
    target.assign(unit);
    machine.probe.migrated(vcpu, from, vcpu.processor, 'rq');
    if (waits) {
      load.updateRunqueue(target, machine.clock, 1);
      this.tickle.enqueue(unit);
    }
  }

  private nextPcpu(runqueue: Credit2Runqueue, allowed: CpuMask): number {
    runqueue.pickBias = allowed.and(runqueue.active).cycle(runqueue.pickBias);
    return runqueue.pickBias;
  }

  /** Moves a unit each way, or one, if that makes the loads of this and another runqueue more equal. */
  balance(own: Credit2Runqueue): void {
    const { runqueues, load, machine } = this.state;
    load.updateRunqueue(own, machine.clock, 0);
    let other: Credit2Runqueue | undefined;
    let difference = 0;
    for (const runqueue of runqueues) {
      load.updateRunqueue(runqueue, machine.clock, 0);
      const delta = Math.abs(own.avgload - runqueue.avgload);
      if (delta > difference) {
        difference = delta;
        other = runqueue;
      }
    }
    if (other === undefined || difference < this.tolerance(own)) return;
    const { push, pull } = this.bestExchange(own, other, difference);
    if (push !== undefined) this.move(push, other);
    if (pull !== undefined) this.move(pull, own);
  }

  /** The difference that is let be. As in Xen: compares with the last runqueue, not with the other one. */
  private tolerance(own: Credit2Runqueue): number {
    const { params, runqueues, load } = this.state;
    const last = runqueues[runqueues.length - 1];
    const most = Math.max(own.avgload, last.avgload);
    const pcpus = Math.max(own.pcpuCount, last.pcpuCount);
    return load.one * 2 ** (most < pcpus * load.one ? params.balanceUnder : params.balanceOver);
  }

  /** The exchange that leaves the smallest difference below the present one; the first of equals. */
  private bestExchange(own: Credit2Runqueue, other: Credit2Runqueue, present: number): Exchange {
    const { load, machine } = this.state;
    const { clock: now } = machine;
    let best: Exchange = NO_EXCHANGE;
    let difference = present;
    const consider = (push: Credit2Unit | undefined, pull: Credit2Unit | undefined) => {
      const shift = (pull?.avgload ?? 0) - (push?.avgload ?? 0);
      const delta = Math.abs(own.avgload + shift - (other.avgload - shift));
      if (delta < difference) {
        difference = delta;
        best = { push, pull };
      }
    };
    for (const push of own.units) {
      load.updateUnit(push, now, 0);
      if (!this.mayMove(push, other)) continue;
      for (const pull of other.units) {
        // Once is enough; again at the same time changes nothing.
        load.updateUnit(pull, now, 0);
        if (this.mayMove(pull, own)) consider(push, pull);
      }
      consider(push, undefined);
    }
    for (const pull of other.units) if (this.mayMove(pull, own)) consider(undefined, pull);
    return best;
  }

  private mayMove({ vcpu, moveTo }: Credit2Unit, target: Credit2Runqueue): boolean {
    if (moveTo !== undefined) return false;
    const { online } = this.state.machine;
    return this.within.setToAnd(vcpu.hardAffinity, target.active).intersects(online);
  }
}

interface Exchange {
  readonly push: Credit2Unit | undefined;
  readonly pull: Credit2Unit | undefined;
}

const NO_EXCHANGE: Exchange = { push: undefined, pull: undefined };
