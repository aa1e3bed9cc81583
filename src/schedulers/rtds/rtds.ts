import { type Duration, NEVER } from '../../engine/time.ts';
import { CpuMask, NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import type { Domain } from '../../hypervisor/machine/domain.ts';
import { REPL } from '../../hypervisor/machine/event-kinds.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import type { Decision, Reservation, Scheduler } from '../../hypervisor/ports.ts';
import { fall, isShort, startPeriod, useUp } from './budget.ts';
import { isValidReservation } from './params.ts';
import { ReplenishmentQueue } from './replenishment.ts';
import { RtdsRunqueue } from './runqueue.ts';
import { newRtdsUnit, type RtdsUnit, runsBefore } from './unit.ts';
import { RTDS_RULES, type RtdsRules } from './versions.ts';

/*
 * Xen's real-time scheduler (common/sched/rt.c; 4.12: common/sched_rt.c): global EDF of deferrable servers.
 *
 * Every vCPU has a *budget* of CPU time in each *period*. The end of its current period is its *deadline*; then the budget is
 * filled up, even if none of it was used. Of the vCPUs that may run those with the earliest deadlines run, whatever pCPU they
 * were on. One that has used up its budget waits for the next period; with *extratime* it gets another budget at once but falls
 * by one priority *level* until its deadline, and any vCPU of a better level goes first (budget.ts).
 *
 * One of each for all pCPUs: the *runqueue* of vCPUs that wait for a pCPU, by level and deadline, and the *depleted* ones,
 * without budget, in no order (runqueue.ts); the *replenishment queue* of all vCPUs that run or wait, for whose head's deadline
 * a timer is armed (replenishment.ts).
 *
 * A vCPU that loses its pCPU is queued only when its context is saved. A pCPU that was *tickled* is not so again before it has
 * scheduled. Soft affinity and yields have no effect.
 */

/** The rtds scheduler. It has no boot parameters; reservations are those of the vCPUs. */
export class RtdsScheduler implements Scheduler {
  readonly name = 'rtds';
  /** Units replenished by the last run of the timer's handler, in order. */
  readonly replenished: RtdsUnit[] = [];
  private readonly machine: MachineView;
  private readonly rules: RtdsRules;
  private readonly units: RtdsUnit[] = [];
  private readonly idleUnits: RtdsUnit[];
  private readonly runq = new RtdsRunqueue();
  private readonly replq: ReplenishmentQueue;
  private readonly tickled: CpuMask;
  private readonly mask: CpuMask;

  constructor(machine: MachineView) {
    this.machine = machine;
    this.rules = RTDS_RULES[machine.xen];
    this.replq = new ReplenishmentQueue((deadline) => {
      if (deadline === NEVER) machine.stopTimer(REPL, 0);
      else machine.setTimer(REPL, 0, 0, deadline);
    });
    this.tickled = new CpuMask(machine.pcpuCount);
    this.mask = new CpuMask(machine.pcpuCount);
    this.idleUnits = Array.from({ length: machine.pcpuCount }, (_, cpu) =>
      newRtdsUnit(machine.idle(cpu)),
    );
  }

  /** The scheduler's view of `vcpu`, for records and measurements. */
  unit(vcpu: Vcpu): RtdsUnit {
    return vcpu.id < 0 ? this.idleUnits[-1 - vcpu.id] : this.units[vcpu.id];
  }

  // ---- Hooks ---------------------------------------------------------------------------------------------

  start(): void {}

  insertDomain(): void {}

  /** A vCPU starts with the default reservation; it is down, so that it is on no queue. */
  insertUnit(vcpu: Vcpu): void {
    const unit = newRtdsUnit(vcpu);
    this.units[vcpu.id] = unit;
    vcpu.processor = this.pickResource(vcpu);
    startPeriod(unit, this.machine.clock);
  }

  removeUnit(vcpu: Vcpu): void {
    const unit = this.unit(vcpu);
    this.runq.remove(unit);
    this.replq.remove(unit);
  }

  removeDomain(): void {}

  addPcpu(): void {}

  removePcpu(): void {}

  adjustDomain(): boolean {
    return true;
  }

  // rt_dom_cntl, putvcpuinfo
  /** Effective from the next replenishment on, but a depleted unit that gets extratime has its budget at once. */
  adjustReservation(vcpu: Vcpu, reservation: Reservation): boolean {
    if (!isValidReservation(reservation)) return false;
    const unit = this.unit(vcpu);
    unit.reservation = reservation;
    if (this.rules.extratimeRefills && reservation.extratime && unit.budget <= 0) this.refill(unit);
    return true;
  }

  // rt_dom_cntl, putinfo
  adjustReservations(domain: Domain, period: Duration, budget: Duration): boolean {
    const asked = { period, budget, extratime: false };
    const valid = this.rules.checksDomains ? isValidReservation(asked) : period > 0 && budget > 0;
    if (!valid) return false;
    for (const vcpu of domain.vcpus) {
      const unit = this.unit(vcpu);
      unit.reservation = { ...unit.reservation, period, budget };
    }
    return true;
  }

  /** A depleted unit has extratime from now on: it waits with new budget, but nobody is told. */
  private refill(unit: RtdsUnit): void {
    const { queue } = unit;
    this.runq.remove(unit);
    this.replq.levelChanged(fall(unit, this.rules));
    unit.depleted = false;
    if (queue !== 'none') this.runq.insert(unit);
  }

  adjustAffinity(): void {}

  pickResource(vcpu: Vcpu): number {
    this.mask.setToAnd(this.machine.online, vcpu.hardAffinity);
    return this.mask.testOrCycle(vcpu.processor);
  }

  migrate(vcpu: Vcpu, processor: number): void {
    this.move(vcpu, processor, 'move');
  }

  wake(vcpu: Vcpu): void {
    const { machine } = this;
    const unit = this.unit(vcpu);
    if (machine.current(vcpu.processor) === vcpu || unit.queue !== 'none') return;
    const missed = machine.clock >= unit.deadline;
    if (missed) startPeriod(unit, this.machine.clock);
    if (unit.scheduled) {
      // It is just being switched out: context_saved will queue it.
      unit.queueWhenSaved = true;
      if (missed) this.replq.reinsert(unit);
      return;
    }
    this.replq.insert(unit);
    this.runq.insert(unit);
    this.tickleFor(unit);
  }

  sleep(vcpu: Vcpu): void {
    const unit = this.unit(vcpu);
    unit.wantsAll = false;
    if (this.machine.current(vcpu.processor) === vcpu) {
      this.machine.tickle(vcpu.processor);
    } else if (unit.queue !== 'none') {
      this.runq.remove(unit);
      this.replq.remove(unit);
    } else {
      unit.queueWhenSaved = false;
    }
  }

  yield(): void {}

  // rt_context_saved
  contextSaved(vcpu: Vcpu): void {
    const unit = this.unit(vcpu);
    unit.scheduled = false;
    if (!vcpu.isRunnable) unit.wantsAll = false;
    const { queueWhenSaved } = unit;
    unit.queueWhenSaved = false;
    if (queueWhenSaved && vcpu.isRunnable) {
      this.runq.insert(unit);
      this.tickleFor(unit);
    } else {
      this.replq.remove(unit);
    }
  }

  // rt_schedule
  schedule(cpu: number, prev: Vcpu, decision: Decision): void {
    const { clock: now } = this.machine;
    const current = this.unit(prev);
    this.tickled.remove(cpu);
    this.burn(current);
    let next = (decision.tasklet ? undefined : this.firstFor(cpu)) ?? this.idleUnits[cpu];
    const mayGoOn = !prev.isIdle && prev.isRunnable;
    if (
      !decision.tasklet &&
      mayGoOn &&
      current.budget > 0 &&
      (next.vcpu.isIdle || runsBefore(current, next))
    ) {
      next = current;
    }
    if (mayGoOn && next !== current) current.queueWhenSaved = true;
    next.lastStart = now;
    decision.next = next.vcpu;
    decision.slice = -1;
    if (next.vcpu.isIdle) return;
    if (next !== current) {
      this.runq.remove(next);
      next.scheduled = true;
    }
    if (next.vcpu.processor !== cpu) {
      this.move(next.vcpu, cpu, 'pull');
      decision.migrated = true;
    }
    decision.slice = next.budget;
  }

  timerUnits(): number {
    return this.replq.dueCount(this.machine.clock);
  }

  // repl_timer_handler
  timer(): void {
    const { machine, replenished, runq, replq } = this;
    const { clock: now } = machine;
    replenished.length = 0;
    for (let unit = replq.takeDue(now); unit !== undefined; unit = replq.takeDue(now)) {
      const { queue } = unit;
      if (isShort(unit, machine)) machine.probe.deadlineMissed(unit.vcpu);
      unit.wantsAll = unit.vcpu.isRunnable;
      this.runq.remove(unit);
      startPeriod(unit, this.machine.clock);
      if (queue !== 'none') this.runq.insert(unit);
      replenished.push(unit);
    }
    for (let i = replenished.length - 1; i >= 0; i--) {
      const unit = replenished[i];
      const { first } = runq;
      if (machine.current(unit.vcpu.processor) === unit.vcpu && first !== undefined) {
        if (runsBefore(first, unit)) this.tickleFor(first);
      } else if (unit.depleted) {
        unit.depleted = false;
        if (unit.queue !== 'none') this.tickleFor(unit);
      }
      replq.putBack(unit);
    }
    replq.arm();
  }

  // ---- Budget --------------------------------------------------------------------------------------------

  /** burn_budget: charges the running unit; what it used beyond its budget is forgiven. */
  private burn(unit: RtdsUnit): void {
    if (unit.vcpu.isIdle) return;
    const { clock: now } = this.machine;
    unit.budget -= now - unit.lastStart - this.machine.uncharged(unit.vcpu.processor);
    unit.lastStart = now;
    if (unit.budget <= 0) this.replq.levelChanged(useUp(unit, this.rules));
  }

  /** runq_pick: the first waiting unit that may run on `cpu`. */
  private firstFor(cpu: number): RtdsUnit | undefined {
    if (!this.machine.online.has(cpu)) return undefined;
    for (;;) {
      const unit = this.runq.firstFor(cpu);
      if (unit === undefined || !this.rules.skipsUnrunnable || unit.vcpu.isRunnable) return unit;
      // Its domain is being paused at this moment.
      this.runq.remove(unit);
      this.replq.remove(unit);
    }
  }

  // ---- pCPUs ---------------------------------------------------------------------------------------------

  /** runq_tickle: an idle pCPU, or the one that runs the last in order if `unit` goes before that. */
  private tickleFor(unit: RtdsUnit): void {
    const { machine, mask } = this;
    const { vcpu } = unit;
    let last: RtdsUnit | undefined;
    mask.setToAnd(machine.online, vcpu.hardAffinity).andNot(this.tickled);
    let cpu = mask.testOrCycle(vcpu.processor);
    while (cpu !== NO_PCPU) {
      const current = machine.current(cpu);
      if (current.isIdle) return this.tickle(cpu);
      const running = this.unit(current);
      if (last === undefined || runsBefore(last, running)) last = running;
      mask.remove(cpu);
      cpu = mask.cycle(cpu);
    }
    if (last !== undefined && runsBefore(unit, last)) this.tickle(last.vcpu.processor);
  }

  private tickle(cpu: number): void {
    this.tickled.add(cpu);
    this.machine.tickle(cpu);
  }

  private move(vcpu: Vcpu, to: number, why: string): void {
    const from = vcpu.processor;
    vcpu.processor = to;
    if (from !== to) this.machine.probe.migrated(vcpu, from, to, why);
  }
}
