import { US } from '../../engine/time.ts';
import { NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import type { Domain } from '../../hypervisor/machine/domain.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import type { Decision, ParameterChange, Scheduler } from '../../hypervisor/ports.ts';
import { isValidRatelimit } from '../ratelimit.ts';
import { Credit2Balance } from './balance.ts';
import { Credit2Caps } from './caps.ts';
import { Credit2Choose } from './choose.ts';
import { CREDIT2_DEFAULTS, type Credit2Params } from './params.ts';
import {
  CREDIT_INIT,
  type Credit2Domain,
  type Credit2Runqueue,
  type Credit2Unit,
} from './runqueue.ts';
import { Credit2State } from './state.ts';
import { Credit2Tickle } from './tickle.ts';

/*
 * Xen's credit2 scheduler (common/sched/credit2.c; 4.12: common/sched_credit2.c), its default.
 *
 * pCPUs share *runqueues* (by default those of a socket), ordered by credit. Who has most credit runs, and
 * goes on until another has more: there are no fixed slices.
 *
 * Credit: a unit has 10 ms of it at first and *burns* it while it runs, 1 per ns; lighter ones burn faster in
 * proportion to weight. When the best that could run has none left, a *reset* gives everybody on the runqueue
 * 10 ms more, up to 10.5 ms: who sleeps cannot save up.
 *
 * A wake *tickles* an idle pCPU, or one whose current unit has less credit; units resist leaving their pCPU
 * by 0.5 ms of credit. The rate limit (1 ms) protects who has just begun.
 *
 * Load: runqueues and units have load averages. A unit that moves goes to the least loaded runqueue, and
 * after each reset two runqueues may exchange units.
 *
 * Caps: a budget per period for the domain, which units draw on in quotas; without one they are *parked*.
 *
 * How to read it: this file has the hooks and the decision; next to it runqueue (queues, credit and weight), pcpus (which
 * pCPUs share one, idle cores), choose (candidate and slice), tickle, load, balance, caps, and versions with all that 4.12
 * does differently.
 */

/** What a unit that is taken to another pCPU gets for its cold cache [credit]. */
const MIGRATE_COMPENSATION = 50 * US;
/** The most credit after a reset. */
const CREDIT_MOST = CREDIT_INIT + 500 * US;

export class Credit2Scheduler implements Scheduler {
  readonly name = 'credit2';
  private readonly machine: MachineView;
  private readonly state: Credit2State;
  private readonly tickle: Credit2Tickle;
  private readonly caps: Credit2Caps;
  private readonly balance: Credit2Balance;
  private readonly choose: Credit2Choose;
  private readonly accounts: Credit2Domain[] = [];

  constructor(machine: MachineView, params: Credit2Params = CREDIT2_DEFAULTS) {
    this.machine = machine;
    this.state = new Credit2State(machine, params);
    this.tickle = new Credit2Tickle(this.state);
    this.caps = new Credit2Caps(this.state, this.tickle);
    this.balance = new Credit2Balance(this.state, this.tickle);
    this.choose = new Credit2Choose(this.state, this.caps);
  }

  /** The scheduler's view of `vcpu`, for records and measurements. */
  unit(vcpu: Vcpu): Credit2Unit {
    return this.state.unit(vcpu);
  }

  /** The runqueue of a pCPU, likewise. */
  runqueue(pcpu: number): Credit2Runqueue {
    return this.state.runqueueOf(pcpu);
  }

  /** A domain's account, likewise. */
  account(index: number): Credit2Domain {
    return this.accounts[index];
  }

  start(): void {}

  insertDomain(domain: Domain): void {
    this.accounts[domain.index] = {
      weight: domain.weight,
      units: [],
      totalBudget: 0,
      budget: 0,
      nextReplenishment: 0,
      parked: [],
    };
  }

  /** Xen holds the lock of the initial pCPU's runqueue here, so that it takes another one if it can. */
  insertUnit(vcpu: Vcpu): void {
    const { domain } = vcpu;
    if (domain === undefined) return;
    const unit = this.state.addUnit(vcpu, this.accounts[domain.index]);
    vcpu.processor = this.balance.pick(unit, unit.runqueue);
    this.runqueue(vcpu.processor).assign(unit);
  }

  removeUnit(vcpu: Vcpu): void {
    this.state.removeUnit(this.unit(vcpu));
  }

  removeDomain(domain: Domain): void {
    this.caps.forget(this.accounts[domain.index], domain.index);
  }

  addPcpu(cpu: number): void {
    this.state.pcpus.add(cpu);
  }

  removePcpu(cpu: number): void {
    this.state.pcpus.remove(cpu);
  }

  /** As in Xen nothing is charged first: what has run since it was charged last is charged at the new weight. */
  adjustDomain(domain: Domain): boolean {
    const account = this.accounts[domain.index];
    account.weight = domain.weight;
    for (const unit of account.units) unit.runqueue.changeWeight(unit, domain.weight);
    return this.caps.set(account, domain.index, domain.cap);
  }

  /** Of all parameters only the rate limit can be changed. */
  adjustParameters({ ratelimit }: ParameterChange): boolean {
    if (ratelimit === undefined) return true;
    if (!isValidRatelimit(ratelimit)) return false;
    this.state.ratelimit = ratelimit;
    return true;
  }

  adjustAffinity(): void {}

  pickResource(vcpu: Vcpu): number {
    return this.balance.pick(this.unit(vcpu));
  }

  migrate(vcpu: Vcpu, processor: number): void {
    const unit = this.unit(vcpu);
    const target = this.runqueue(processor);
    if (target !== unit.runqueue) return this.balance.move(unit, target);
    const from = vcpu.processor;
    vcpu.processor = processor;
    if (processor !== from) this.machine.probe.migrated(vcpu, from, processor, 'move');
  }

  wake(vcpu: Vcpu): void {
    const unit = this.unit(vcpu);
    if (this.state.isCurrent(unit) || unit.queued) return;
    if (unit.scheduled) {
      unit.delayedAdd = true;
      return;
    }
    this.state.load.update(unit, this.machine.clock, 1);
    this.tickle.enqueue(unit);
  }

  sleep(vcpu: Vcpu): void {
    const unit = this.unit(vcpu);
    if (this.state.isCurrent(unit)) {
      this.state.tickle(vcpu.processor);
    } else if (unit.queued) {
      this.state.load.update(unit, this.machine.clock, -1);
      unit.runqueue.remove(unit);
    } else {
      unit.delayedAdd = false;
    }
  }

  yield(vcpu: Vcpu): void {
    this.unit(vcpu).yielded = true;
  }

  contextSaved(vcpu: Vcpu): void {
    const unit = this.unit(vcpu);
    unit.scheduled = false;
    const unparked = this.caps.giveBack(unit);
    const waits = unit.delayedAdd && vcpu.isRunnable;
    unit.delayedAdd = false;
    if (waits) this.tickle.enqueue(unit);
    else if (!vcpu.isIdle) this.state.load.update(unit, this.machine.clock, -1);
    this.caps.unpark(unparked);
  }

  /** The only timers are those of the capped domains. */
  timer(_kind: number, index: number): void {
    this.caps.replenish(this.accounts[index], index);
  }

  // csched2_schedule
  schedule(cpu: number, prev: Vcpu, decision: Decision): void {
    const { state, machine } = this;
    const runqueue = this.runqueue(cpu);
    const current = state.unit(prev);
    if (runqueue.tickled.has(cpu)) {
      runqueue.tickled.remove(cpu);
      state.idleCores?.update(runqueue, cpu);
    }
    state.burn(current);
    this.caps.grab(current);
    const pick = decision.tasklet
      ? this.choose.idleForTasklet(cpu, current)
      : this.choose.candidate(cpu, current);
    decision.next = pick.vcpu;
    decision.ratelimited = this.choose.ratelimited;
    if (pick !== current && !prev.isIdle && prev.isRunnable) current.delayedAdd = true;
    if (pick.vcpu.isIdle) {
      if (decision.tasklet) state.leavesIdle(runqueue, cpu);
      else state.idles(runqueue, cpu);
      state.load.updateRunqueue(runqueue, machine.clock, 0);
      decision.slice = -1;
      return;
    }
    this.takeOff(pick, current, cpu, runqueue, decision);
    const preempted = current.delayedAdd ? current.credit : 0;
    pick.startTime = machine.clock;
    pick.tickledPcpu = NO_PCPU;
    decision.migrated = this.pullTo(cpu, pick);
    decision.slice = this.choose.slice(pick, preempted);
  }

  /** Takes the pick off its queue, and gives out new credit if there is none. */
  private takeOff(
    pick: Credit2Unit,
    current: Credit2Unit,
    cpu: number,
    runqueue: Credit2Runqueue,
    decision: Decision,
  ): void {
    const { state, machine } = this;
    if (pick !== current) {
      runqueue.remove(pick);
      pick.scheduled = true;
    } else if (state.rules.updatesLoadOfContinuing) {
      state.load.update(pick, machine.clock, 0);
    }
    state.leavesIdle(runqueue, cpu);
    if (!this.isOutOfCredit(pick, runqueue)) return;
    this.reset(cpu, pick, runqueue);
    decision.unitsReset = runqueue.units.length;
    this.balance.balance(runqueue);
  }

  private isOutOfCredit(pick: Credit2Unit, { queue }: Credit2Runqueue): boolean {
    if (pick.credit > 0) return false;
    if (!this.state.rules.resetMindsQueue) return !this.choose.skipped;
    return queue.length === 0 || queue[0].credit <= 0;
  }

  /** Where another pCPU's unit is taken to this one. @returns whether it is */
  private pullTo(cpu: number, { vcpu }: Credit2Unit): boolean {
    const from = vcpu.processor;
    if (from === cpu) return false;
    const unit = this.unit(vcpu);
    unit.credit = (unit.credit + MIGRATE_COMPENSATION) | 0;
    vcpu.processor = cpu;
    this.machine.probe.migrated(vcpu, from, cpu, 'pull');
    return true;
  }

  // reset_credit
  private reset(cpu: number, pick: Credit2Unit, runqueue: Credit2Runqueue): void {
    const { state, machine } = this;
    const { floorsCredit } = state.rules;
    const added = this.resetAmount(pick.credit);
    for (const unit of runqueue.units) {
      if (state.isCurrent(unit)) {
        state.burn(unit);
        if (unit.budget <= 0) state.tickle(unit.vcpu.processor);
      }
      unit.creditBeforeReset = unit.credit;
      const credit = floorsCredit ? unit.credit + added : (unit.credit + added) | 0;
      unit.credit = Math.min(credit, CREDIT_MOST);
      unit.startTime = machine.clock;
    }
    machine.probe.schedulerEvent('reset', cpu);
  }

  /** What a reset for a pick with `credit` adds to everybody. */
  private resetAmount(credit: number): number {
    let times = 1;
    if (this.state.rules.floorsCredit) times = credit === -CREDIT_INIT ? 2 : 1;
    else if (credit < -CREDIT_INIT) times += Math.trunc((-credit | 0) / CREDIT_INIT);
    return times * CREDIT_INIT;
  }
}
