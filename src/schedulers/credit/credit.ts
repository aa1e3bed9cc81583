import type { Duration } from '../../engine/time.ts';
import type { Domain } from '../../hypervisor/machine/domain.ts';
import { ACCT, TICK } from '../../hypervisor/machine/event-kinds.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import { PAUSED_MIGRATING, type Vcpu } from '../../hypervisor/machine/vcpu.ts';
import type { Decision, ParameterChange, Scheduler } from '../../hypervisor/ports.ts';
import { CreditAccounting } from './accounting.ts';
import { CreditBalancer } from './balance.ts';
import { CreditChooser } from './choose.ts';
import { CREDIT_DEFAULTS, type CreditParams } from './params.ts';
import { CreditState } from './state.ts';
import { CreditTicker } from './ticker.ts';
import {
  burnCredit,
  type CreditDomain,
  type CreditUnit,
  PRI_BOOST,
  PRI_IDLE,
  PRI_OVER,
  PRI_UNDER,
} from './unit.ts';

/*
 * Xen's credit scheduler (common/sched/credit.c; 4.12: common/sched_credit.c).
 *
 * Every pCPU has a runqueue ordered by priority: BOOST, UNDER, OVER, and last the idle vCPU. Among equals it
 * is first come, first served, and a vCPU runs for a whole timeslice (30 ms) unless a better one wakes.
 *
 * Credit: 10 per ms of CPU. While a vCPU runs its credit is *burned*, in whole units of 100 us. Only who is
 * caught running by the 10 ms *tick* becomes *active*. Every timeslice the *accounting* hands the pool's
 * credit to the active domains by weight, up to what they can burn and their cap, and sets priorities:
 * credit >= 0 is UNDER, below it OVER. A capped domain that is too far below is *parked*. A vCPU that saves
 * more than one timeslice's credit is taken off the active list with half of it.
 *
 * BOOST: an UNDER vCPU that wakes goes before the others until the next tick or accounting. Balancing: a pCPU about to run an OVER or idle vCPU first tries to *steal* a better one from the others.
 * A wake *tickles* an idle pCPU, or the vCPU's own if it beats what runs there.
 *
 * How to read it: the hooks in the order of the Scheduler interface, then schedule() and the tick. Units and burning are in
 * unit.ts, credit in accounting.ts, what the toolstack can change in settings.ts, the choice of pCPUs and tickling in choose.ts,
 * stealing in balance.ts, the differences between versions of Xen in versions.ts.
 */

/** The shortest slice the rate limit leaves: meant as 100 us, used by Xen as 100 ns. */
const MIN_TIMER = 100;

/** The credit scheduler. */
export class CreditScheduler implements Scheduler {
  readonly name = 'credit';
  readonly accounting: CreditAccounting;
  private readonly machine: MachineView;
  private readonly params: CreditParams;
  private readonly state: CreditState;
  private readonly chooser: CreditChooser;
  private readonly balancer: CreditBalancer;
  private readonly accounts: CreditDomain[] = [];
  private readonly ticker: CreditTicker;

  constructor(machine: MachineView, params: CreditParams = CREDIT_DEFAULTS) {
    this.machine = machine;
    this.params = params;
    this.state = new CreditState(machine, params);
    this.accounting = new CreditAccounting(this.state);
    this.chooser = new CreditChooser(this.state);
    this.balancer = new CreditBalancer(this.state);
    this.ticker = new CreditTicker(this.state, params.firstTick);
  }

  /** By pCPU, where its last choice of an idle pCPU elsewhere went, for records. */
  idleBias(cpu: number): number {
    return this.state.pcpus[cpu].idleBias;
  }

  /** The scheduler's view of `vcpu`, for records and measurements. */
  unit(vcpu: Vcpu): CreditUnit {
    return this.state.unit(vcpu);
  }

  // ---- Hooks ---------------------------------------------------------------------------------------------

  start(): void {
    const { machine } = this;
    this.armAccounting();
    const { firstAccounting } = this.params;
    if (firstAccounting !== undefined) machine.setTimer(ACCT, 0, 0, firstAccounting);
    for (let cpu = 0; cpu < machine.pcpuCount; cpu++) this.ticker.boot(cpu);
  }

  insertDomain(domain: Domain): void {
    this.accounts[domain.index] = { weight: domain.weight, cap: domain.cap, activeUnits: [] };
  }

  insertUnit(vcpu: Vcpu): void {
    const { domain } = vcpu;
    this.state.addUnit(vcpu, domain === undefined ? undefined : this.accounts[domain.index]);
    vcpu.processor = this.pickResource(vcpu);
  }

  removeUnit(vcpu: Vcpu): void {
    const unit = this.unit(vcpu);
    if (unit.account !== undefined) this.accounting.forget(unit, unit.account);
  }

  removeDomain(): void {}

  addPcpu(cpu: number): void {
    this.state.addPcpu(cpu, this.accounting.epoch);
    this.balancer.addPcpu(cpu);
    this.ticker.rearm(cpu);
  }

  removePcpu(cpu: number): void {
    this.state.removePcpu(cpu);
    this.balancer.removePcpu(cpu);
    this.ticker.stop(cpu);
  }

  /** The weight counts at once, the cap at the next accounting. */
  adjustDomain(domain: Domain): boolean {
    this.accounting.adjust(this.accounts[domain.index], domain.weight, domain.cap);
    return true;
  }

  adjustParameters(change: ParameterChange): boolean {
    return this.state.settings.change(change);
  }

  adjustAffinity(): void {}

  pickResource(vcpu: Vcpu): number {
    const unit = this.unit(vcpu);
    unit.migrating = true;
    return this.chooser.pcpuFor(unit, true);
  }

  migrate(vcpu: Vcpu, processor: number): void {
    const from = vcpu.processor;
    vcpu.processor = processor;
    if (processor !== from) this.machine.probe.migrated(vcpu, from, processor, 'move');
  }

  wake(vcpu: Vcpu): void {
    const { state } = this;
    const unit = this.unit(vcpu);
    if (state.isCurrent(unit) || unit.queued) return;
    const { migrating } = unit;
    unit.migrating = false;
    if (!migrating && unit.pri === PRI_UNDER && !unit.parked) unit.pri = PRI_BOOST;
    state.pcpuOf(unit).insert(unit);
    this.chooser.tickleFor(unit);
  }

  sleep(vcpu: Vcpu): void {
    const { state } = this;
    const unit = this.unit(vcpu);
    if (state.isCurrent(unit)) {
      this.machine.tickle(vcpu.processor);
    } else if (unit.queued) {
      state.pcpuOf(unit).remove(unit);
    }
  }

  yield(vcpu: Vcpu): void {
    this.unit(vcpu).yielded = true;
  }

  contextSaved(): void {}

  timerUnits(kind: number, index: number): number {
    if (kind === ACCT) return this.accounting.activeCount();
    return this.state.pcpus[index].isSorted(this.accounting.epoch) ? 0 : 1;
  }

  timer(kind: number, index: number): void {
    if (kind === TICK) return this.tick(index);
    this.accounting.run();
    this.armAccounting();
  }

  private armAccounting(): void {
    const { clock: now } = this.machine;
    this.machine.setTimer(ACCT, 0, 0, now + this.state.settings.timeslice);
  }

  tickSuspend(cpu: number): void {
    if (this.state.rules.tickerStoppedBy === 'idle-loop') this.ticker.suspend(cpu);
  }

  tickResume(cpu: number): void {
    if (this.state.rules.tickerStoppedBy === 'idle-loop') this.ticker.resume(cpu);
  }

  // ---- The decision --------------------------------------------------------------------------------------

  // csched_schedule
  schedule(cpu: number, prev: Vcpu, decision: Decision): void {
    const { clock: now } = this.machine;
    const { idlers, pcpus, rules, settings } = this.state;
    const current = this.unit(prev);
    const runtime = Math.max(0, now - prev.stateEntryTime);
    if (prev.isIdle) {
      current.pri = PRI_IDLE;
    } else {
      decision.charged = this.burn(current);
      current.startTime -= now;
      current.lastSchedTime = now;
    }
    if (!decision.tasklet && this.isRatelimited(current, runtime)) {
      current.startTime += now;
      decision.next = prev;
      decision.slice = runtime < MIN_TIMER ? MIN_TIMER : settings.ratelimit - runtime;
      decision.ratelimited = true;
      return;
    }
    if (prev.isRunnable) pcpus[cpu].insert(current);
    const next = this.takeNext(cpu, current, decision);
    const idle = next.vcpu.isIdle;
    // With a tasklet it is not idle at all.
    if (next.pri === PRI_IDLE) idlers.add(cpu);
    else idlers.remove(cpu);
    if (!idle) next.startTime += now;
    decision.next = next.vcpu;
    decision.slice = idle ? -1 : settings.timeslice;
    if (rules.tickerStoppedBy === 'schedule' && idle !== prev.isIdle) {
      if (idle) this.ticker.stop(cpu);
      else this.ticker.start(cpu);
    }
  }

  /** Charges the running unit, but not for interrupts and softirqs if the machine says so. @returns whether there was something */
  private burn(unit: CreditUnit): boolean {
    unit.startTime += this.machine.uncharged(unit.vcpu.processor);
    return burnCredit(unit, this.machine.clock);
  }

  private isRatelimited(unit: CreditUnit, runtime: Duration): boolean {
    const { vcpu } = unit;
    if (vcpu.isIdle || unit.yielded || !vcpu.isRunnable) return false;
    return runtime < this.state.settings.ratelimit;
  }

  /**
   * Takes what runs next off its runqueue: the head here or, if that is not good, a better one elsewhere. The idle
   * unit, before all others, if a tasklet waits.
   */
  private takeNext(cpu: number, current: CreditUnit, decision: Decision): CreditUnit {
    const { rules } = this.state;
    const pcpu = this.state.pcpus[cpu];
    for (;;) {
      const head = decision.tasklet ? pcpu.idle : pcpu.runq[0];
      if (decision.tasklet) head.pri = PRI_BOOST;
      if (rules.yieldLastsUntil === 'scheduled') current.yielded = false;
      const stolen = this.looksElsewhere(cpu, head)
        ? this.balancer.steal(cpu, head, decision)
        : undefined;
      if (stolen === undefined) pcpu.remove(head);
      decision.migrated = stolen !== undefined;
      const next = stolen ?? head;
      if (!rules.skipsUnrunnablePicks || next.vcpu.isRunnable) return next;
    }
  }

  /** The pCPU has nothing good to run, and has not looked elsewhere for a while. */
  private looksElsewhere(cpu: number, head: CreditUnit): boolean {
    const { clock: now } = this.machine;
    const { pcpus, rules } = this.state;
    const pcpu = pcpus[cpu];
    if (head.pri > PRI_OVER) return false;
    if (rules.limitsLoadBalance && now - pcpu.lastLoadBalance <= this.params.loadBalanceRatelimit) {
      return false;
    }
    pcpu.lastLoadBalance = now;
    return true;
  }

  // ---- The tick ------------------------------------------------------------------------------------------

  // csched_tick
  private tick(cpu: number): void {
    const { machine } = this;
    const unit = this.unit(machine.current(cpu));
    if (!unit.vcpu.isIdle) this.account(unit, cpu);
    this.state.pcpus[cpu].sort(this.accounting.epoch);
    this.ticker.rearm(cpu);
  }

  /** csched_unit_acct: what the tick does to the unit it catches running. */
  private account(unit: CreditUnit, cpu: number): void {
    if (unit.pri === PRI_BOOST) unit.pri = PRI_UNDER;
    this.burn(unit);
    const { account, vcpu } = unit;
    if (account === undefined) return;
    if (!unit.active) {
      this.accounting.add(unit, account);
    } else if (this.chooser.pcpuFor(unit, false) !== cpu) {
      vcpu.pauseFlags |= PAUSED_MIGRATING;
      this.machine.probe.kicked(vcpu, 'tick');
      this.machine.tickle(cpu);
    }
  }
}
