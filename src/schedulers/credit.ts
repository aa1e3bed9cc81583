import { MS, US } from '../engine/time.ts';
import { CpuMask, NO_PCPU } from '../hypervisor/cpu-mask.ts';
import type { Domain } from '../hypervisor/domain.ts';
import { ACCT, TICK } from '../hypervisor/event-kinds.ts';
import { hasSoftAffinity, type MachineView } from '../hypervisor/machine-view.ts';
import type { Decision, Scheduler } from '../hypervisor/ports.ts';
import { PAUSED_MIGRATING, type Vcpu } from '../hypervisor/vcpu.ts';
import { CREDIT_DEFAULTS, type CreditParams } from './credit-params.ts';

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
 * BOOST: an UNDER vCPU that wakes goes before the others until the next tick or accounting.
 *
 * Balancing: a pCPU about to run an OVER or idle vCPU first tries to *steal* a better one from the others.
 * A wake *tickles* an idle pCPU, or the vCPU's own if it beats what runs there.
 *
 * How to read it: hooks in the order of the Scheduler interface, then tick and accounting, runqueues,
 * choosing pCPUs, balancing. Section numbers (B.n) are those of docs/model.md. 4.12 differs in the places
 * that read `this.v412`.
 */

/** Priorities: larger is better. */
export const PRI_BOOST = 0;
export const PRI_UNDER = -1;
export const PRI_OVER = -2;
export const PRI_IDLE = -64;

const CREDITS_PER_MS = 10;
/** Time that one credit stands for [ns]. */
const CREDIT_TIME = MS / CREDITS_PER_MS;
/** The shortest slice the rate limit leaves: meant as 100 us, used by Xen as 100 ns. */
const MIN_TIMER = 100;

/** What the scheduler knows of a vCPU. */
export interface CreditUnit {
  readonly vcpu: Vcpu;
  readonly account: CreditDomain | undefined;
  pri: number;
  credit: number;
  /** Burned time below one credit, times CREDITS_PER_MS [ns]. */
  residual: number;
  /** Since when it is charged; while it does not run: relative to the time it was switched out [ns]. */
  startTime: number;
  /** When it ran last; for "cache hot". */
  lastSchedTime: number;
  /** On its domain's list of active units. */
  active: boolean;
  /** On a runqueue. */
  queued: boolean;
  parked: boolean;
  yielded: boolean;
  /** Its next wake is the end of a migration, which does not boost. */
  migrating: boolean;
  /** Its hard affinity is a single pCPU. */
  pinned: boolean;
}

/** What the scheduler knows of a domain. */
interface CreditDomain {
  weight: number;
  cap: number;
  /** Units that take part in accounting, latest first. */
  readonly activeUnits: CreditUnit[];
}

interface CreditPcpu {
  /** Units that wait, best first; the idle unit last unless it runs. */
  readonly runq: CreditUnit[];
  /** The accounting after which it was sorted last. */
  sortEpoch: number;
  /** Runnable units, the running one included, idle not. */
  runnableCount: number;
  lastLoadBalance: number;
  /** The pCPU tickled last by a wake that ran here. */
  lastTickled: number;
  readonly idle: CreditUnit;
}

export class CreditScheduler implements Scheduler {
  readonly name = 'credit';
  /** Sum over active units of their domain's weight. */
  totalWeight = 0;
  /** Sum of the active units' credit after the last accounting. */
  creditBalance = 0;
  private readonly machine: MachineView;
  private readonly params: CreditParams;
  private readonly v412: boolean;
  private readonly tickPeriod: number;
  private readonly ratelimit: number;
  private readonly creditsPerTimeslice: number;
  private readonly units: CreditUnit[] = [];
  private readonly accounts: CreditDomain[] = [];
  private readonly pcpus: CreditPcpu[];
  private readonly idlers: CpuMask;
  /** Domains with active units, in accounting order. */
  private readonly activeDomains: CreditDomain[] = [];
  private sortEpoch = 0;
  private balanceBias = 0;
  private readonly mask: CpuMask;
  private readonly candidates: CpuMask;

  constructor(machine: MachineView, params: CreditParams = CREDIT_DEFAULTS) {
    this.machine = machine;
    this.params = params;
    this.v412 = machine.xen === '4.12';
    const timesliceMs = params.timeslice / MS;
    const ticks = timesliceMs < 3 ? 1 : 3;
    this.tickPeriod = Math.floor((timesliceMs * 1000) / ticks) * US;
    this.ratelimit = Math.min(params.ratelimit, params.timeslice);
    this.creditsPerTimeslice = CREDITS_PER_MS * timesliceMs;
    this.idlers = CpuMask.all(machine.pcpuCount);
    this.mask = new CpuMask(machine.pcpuCount);
    this.candidates = new CpuMask(machine.pcpuCount);
    this.pcpus = Array.from({ length: machine.pcpuCount }, (_, cpu) => ({
      runq: [],
      sortEpoch: 0,
      runnableCount: 0,
      lastLoadBalance: 0,
      lastTickled: 0,
      idle: newUnit(machine.idle(cpu), undefined, PRI_IDLE),
    }));
  }

  /** The scheduler's view of `vcpu`, for records and measurements. */
  unit(vcpu: Vcpu): CreditUnit {
    return vcpu.id < 0 ? this.pcpus[-1 - vcpu.id].idle : this.units[vcpu.id];
  }

  // ---- Hooks ---------------------------------------------------------------------------------------------

  start(): void {
    const { machine } = this;
    machine.setTimer(ACCT, 0, 0, machine.now + this.params.timeslice);
    if (this.v412) return;
    for (let cpu = 0; cpu < machine.pcpuCount; cpu++) {
      machine.setTimer(TICK, cpu, cpu, machine.now + this.tickPeriod);
    }
  }

  insertDomain(domain: Domain): void {
    this.accounts[domain.index] = { weight: domain.weight, cap: domain.cap, activeUnits: [] };
  }

  insertUnit(vcpu: Vcpu): void {
    const { domain } = vcpu;
    const account = domain === undefined ? undefined : this.accounts[domain.index];
    this.units[vcpu.id] = newUnit(vcpu, account, PRI_UNDER);
    this.adjustAffinity(vcpu);
    vcpu.processor = this.pickResource(vcpu);
  }

  adjustDomain(domain: Domain): void {
    const account = this.accounts[domain.index];
    this.totalWeight += (domain.weight - account.weight) * account.activeUnits.length;
    account.weight = domain.weight;
    account.cap = domain.cap;
  }

  adjustAffinity(vcpu: Vcpu): void {
    this.unit(vcpu).pinned = vcpu.hardAffinity.weight() === 1;
  }

  pickResource(vcpu: Vcpu): number {
    const unit = this.unit(vcpu);
    unit.migrating = true;
    return this.pickPcpu(unit);
  }

  migrate(vcpu: Vcpu, processor: number): void {
    vcpu.processor = processor;
  }

  wake(vcpu: Vcpu): void {
    const unit = this.unit(vcpu);
    if (this.machine.current(vcpu.processor) === vcpu || unit.queued) return;
    const { migrating } = unit;
    unit.migrating = false;
    if (!migrating && unit.pri === PRI_UNDER && !unit.parked) unit.pri = PRI_BOOST;
    this.runqInsert(unit);
    this.pcpus[vcpu.processor].runnableCount++;
    this.tickle(unit);
  }

  sleep(vcpu: Vcpu): void {
    const unit = this.unit(vcpu);
    if (this.machine.current(vcpu.processor) === vcpu) {
      this.machine.tickle(vcpu.processor);
    } else if (unit.queued) {
      this.pcpus[vcpu.processor].runnableCount--;
      this.runqRemove(unit);
    }
  }

  yield(vcpu: Vcpu): void {
    this.unit(vcpu).yielded = true;
  }

  contextSaved(): void {}

  timer(kind: number, index: number): void {
    if (kind === ACCT) this.accounting();
    else this.tick(index);
  }

  // B.7 csched_schedule
  schedule(cpu: number, prev: Vcpu, decision: Decision): void {
    const { machine } = this;
    const { now } = machine;
    const pcpu = this.pcpus[cpu];
    const current = this.unit(prev);
    const runtime = Math.max(0, now - prev.stateEntryTime);
    if (prev.isIdle) {
      current.pri = PRI_IDLE;
    } else {
      this.burn(current);
      current.startTime -= now;
      current.lastSchedTime = now;
    }
    if (this.isRatelimited(current, runtime)) {
      current.startTime += now;
      decision.next = prev;
      decision.slice = runtime < MIN_TIMER ? MIN_TIMER : this.ratelimit - runtime;
      decision.ratelimited = true;
      return;
    }
    if (prev.isRunnable) this.runqInsert(current);
    else pcpu.runnableCount--;
    const next = this.takeNext(cpu, pcpu, current);
    const idle = next.pri === PRI_IDLE;
    if (idle) this.idlers.add(cpu);
    else this.idlers.remove(cpu);
    if (!next.vcpu.isIdle) next.startTime += now;
    decision.next = next.vcpu;
    decision.migrated = this.stolen;
    decision.slice = idle ? -1 : this.params.timeslice;
    if (!this.v412 && idle !== prev.isIdle) this.tickerFollows(cpu, idle);
  }

  private isRatelimited(unit: CreditUnit, runtime: number): boolean {
    const { vcpu } = unit;
    if (vcpu.isIdle || unit.yielded || !vcpu.isRunnable) return false;
    return this.ratelimit !== 0 && runtime < this.ratelimit;
  }

  /** Set by takeNext: its result came from another pCPU. */
  private stolen = false;

  /** Takes what runs next off its runqueue, here or, if that is better, elsewhere. */
  private takeNext(cpu: number, pcpu: CreditPcpu, current: CreditUnit): CreditUnit {
    const { now } = this.machine;
    for (;;) {
      const head = pcpu.runq[0];
      if (this.v412) current.yielded = false;
      let next = head;
      this.stolen = false;
      const limited = !this.v412 && now - pcpu.lastLoadBalance <= this.params.loadBalanceRatelimit;
      if (head.pri > PRI_OVER || limited) {
        this.runqRemove(head);
      } else {
        pcpu.lastLoadBalance = now;
        next = this.loadBalance(cpu, head);
      }
      if (this.v412 || next.vcpu.isRunnable) return next;
    }
  }

  /** The ticker stops while a pCPU idles and runs again from the next multiple of its period. */
  private tickerFollows(cpu: number, idle: boolean): void {
    const { machine, tickPeriod } = this;
    if (idle) machine.stopTimer(TICK, cpu);
    else machine.setTimer(TICK, cpu, cpu, machine.now + tickPeriod - (machine.now % tickPeriod));
  }

  // ---- Burning, tick, accounting -------------------------------------------------------------------------

  // B.3 burn_credits: whole credits only; the rest stays in residual *and* start time, as in Xen.
  private burn(unit: CreditUnit): void {
    const delta = this.machine.now - unit.startTime;
    if (delta <= 0) return;
    const value = delta * CREDITS_PER_MS + unit.residual;
    const credits = Math.floor(value / MS);
    unit.residual = value - credits * MS;
    unit.credit -= credits;
    unit.startTime += credits * CREDIT_TIME;
  }

  // B.4 csched_tick
  private tick(cpu: number): void {
    const { machine } = this;
    const unit = this.unit(machine.current(cpu));
    if (!unit.vcpu.isIdle) this.account(unit, cpu);
    this.sortRunq(cpu);
    machine.setTimer(TICK, cpu, cpu, machine.now + this.tickPeriod);
  }

  /** csched_unit_acct: what the tick does to the unit it catches running. */
  private account(unit: CreditUnit, cpu: number): void {
    if (unit.pri === PRI_BOOST) unit.pri = PRI_UNDER;
    this.burn(unit);
    const { account, vcpu } = unit;
    if (account === undefined) return;
    if (!unit.active) {
      unit.active = true;
      if (account.activeUnits.length === 0) this.activeDomains.unshift(account);
      account.activeUnits.unshift(unit);
      this.totalWeight += account.weight;
    } else if (this.pickPcpu(unit) !== cpu) {
      vcpu.pauseFlags |= PAUSED_MIGRATING;
      this.machine.probe.kicked(vcpu, 'tick');
      this.machine.tickle(cpu);
    }
  }

  // B.5 csched_acct. Xen computes in 32 bits, wrapping; so does this.
  private accounting(): void {
    const { machine } = this;
    const weight = this.totalWeight;
    const balance = this.creditBalance;
    if (weight === 0) {
      this.creditBalance = 0;
    } else {
      let total = this.creditsPerTimeslice * machine.pcpuCount;
      if (balance < 0) total = (total - balance) >>> 0;
      this.creditBalance = this.distribute(total, weight, balance < 0 ? -balance : 0);
      this.sortEpoch++;
    }
    machine.setTimer(ACCT, 0, 0, machine.now + this.params.timeslice);
  }

  /** Hands `total` credits to the active domains. @returns the sum of all active units' credit */
  private distribute(total: number, weightTotal: number, debt: number): number {
    let credits = total;
    let weightLeft = weightTotal;
    let wantsMore = false;
    let balance = 0;
    for (const domain of [...this.activeDomains]) {
      const count = domain.activeUnits.length;
      const weight = multiply32(domain.weight, count);
      weightLeft = (weightLeft - weight) >>> 0;
      let peak = count * this.creditsPerTimeslice;
      if (debt > 0)
        peak += ceilDivide(multiply32(multiply32(debt, domain.weight), count), weightTotal);
      let unitCap = 0;
      if (domain.cap !== 0) {
        const cap = ceilDivide(multiply32(domain.cap, this.creditsPerTimeslice), 100);
        peak = Math.min(peak, cap);
        unitCap = ceilDivide(cap, count);
      }
      let fair = ceilDivide(multiply32(multiply32(credits, domain.weight), count), weightTotal);
      if (fair < peak) {
        wantsMore = true;
      } else {
        if (weightLeft !== 0) {
          const surplus = multiply32((fair - peak) >>> 0, weightTotal);
          credits = (credits + ceilDivide(surplus, weightLeft)) >>> 0;
        }
        if (wantsMore) this.moveToFront(domain);
        fair = peak;
      }
      const share = ceilDivide(fair, count);
      for (const unit of [...domain.activeUnits]) balance += this.credit(unit, share, unitCap);
    }
    return balance;
  }

  private moveToFront(domain: CreditDomain): void {
    this.activeDomains.splice(this.activeDomains.indexOf(domain), 1);
    this.activeDomains.unshift(domain);
  }

  /** Credits one unit and sets its priority; parks and unparks. @returns its credit afterwards */
  private credit(unit: CreditUnit, share: number, unitCap: number): number {
    const { machine, creditsPerTimeslice: most } = this;
    const { vcpu, account } = unit;
    // The unit's credit is an int in Xen, the share a u32.
    unit.credit = (unit.credit + share) | 0;
    if (unit.credit < 0) {
      unit.pri = PRI_OVER;
      if (account?.cap !== 0 && unit.credit < -unitCap && !unit.parked) {
        unit.parked = true;
        machine.pauseNosync(vcpu);
        machine.probe.parked(vcpu, true);
      }
      if (unit.credit < -most) unit.credit = -most;
    } else {
      unit.pri = PRI_UNDER;
      if (unit.parked) this.unpark(unit);
      if (unit.credit > most) {
        this.stopAccounting(unit);
        unit.credit = Math.floor(unit.credit / 2);
      }
    }
    return unit.credit;
  }

  /** On master the flag falls after the wake, which so does not boost; in 4.12 before it. */
  private unpark(unit: CreditUnit): void {
    if (this.v412) unit.parked = false;
    this.machine.probe.parked(unit.vcpu, false);
    this.machine.unpause(unit.vcpu);
    unit.parked = false;
  }

  /** csched_acct_stop: the unit takes no part in accounting until a tick catches it running. */
  private stopAccounting(unit: CreditUnit): void {
    const { account } = unit;
    if (account === undefined) return;
    unit.active = false;
    account.activeUnits.splice(account.activeUnits.indexOf(unit), 1);
    this.totalWeight -= account.weight;
    if (account.activeUnits.length === 0) {
      this.activeDomains.splice(this.activeDomains.indexOf(account), 1);
    }
  }

  // ---- Runqueues -----------------------------------------------------------------------------------------

  // B.6 __runq_insert: behind its equals; one that yielded lets a single lower one pass.
  private runqInsert(unit: CreditUnit): void {
    const { runq } = this.pcpus[unit.vcpu.processor];
    let at = 0;
    while (at < runq.length && runq[at].pri >= unit.pri) at++;
    if (unit.yielded && at < runq.length && runq[at].pri > PRI_IDLE) {
      if (this.v412 || at < runq.length - 1) at++;
    }
    runq.splice(at, 0, unit);
    unit.queued = true;
  }

  private runqRemove(unit: CreditUnit): void {
    const { runq } = this.pcpus[unit.vcpu.processor];
    if (runq[0] === unit) runq.shift();
    else runq.splice(runq.indexOf(unit), 1);
    unit.queued = false;
    if (!this.v412) unit.yielded = false;
  }

  /** csched_runq_sort: once after each accounting, moves UNDER and better before OVER, in their order. */
  private sortRunq(cpu: number): void {
    const pcpu = this.pcpus[cpu];
    if (pcpu.sortEpoch === this.sortEpoch) return;
    pcpu.sortEpoch = this.sortEpoch;
    const { runq } = pcpu;
    const better = runq.filter((unit) => unit.pri >= PRI_UNDER);
    const rest = runq.filter((unit) => unit.pri < PRI_UNDER);
    runq.splice(0, runq.length, ...better, ...rest);
  }

  // ---- Choosing pCPUs ------------------------------------------------------------------------------------

  // B.8 _csched_cpu_pick on one socket with one thread per core.
  private pickPcpu(unit: CreditUnit): number {
    const { machine, mask, candidates: idle } = this;
    const { vcpu } = unit;
    let cpu = vcpu.processor;
    for (const soft of hasSoftAffinity(machine, vcpu) ? SOFT_THEN_HARD : HARD_ONLY) {
      this.stepMask(mask, vcpu, soft).and(machine.online);
      if (soft && mask.isEmpty()) continue;
      cpu = mask.testOrCycle(vcpu.processor);
      idle.setToAnd(machine.online, this.idlers);
      if (cpu === vcpu.processor && this.isAlone(cpu)) idle.add(cpu);
      mask.and(idle);
      if (!mask.has(cpu) && !mask.isEmpty()) cpu = mask.cycle(cpu);
      if (idle.has(cpu)) break;
    }
    return cpu;
  }

  /** Nothing but the idle vCPU waits on `cpu`. */
  private isAlone(cpu: number): boolean {
    const { runq } = this.pcpus[cpu];
    return runq.length === 0 || runq[0].vcpu.isIdle;
  }

  /** The pCPUs of a balance step: hard affinity, in the soft step only the preferred ones of it. */
  private stepMask(into: CpuMask, vcpu: Vcpu, soft: boolean): CpuMask {
    if (!soft) return into.setTo(vcpu.hardAffinity);
    into.setToAnd(vcpu.hardAffinity, vcpu.softAffinity);
    return into.isEmpty() ? into.setTo(vcpu.hardAffinity) : into;
  }

  // B.11 __runq_tickle
  private tickle(unit: CreditUnit): void {
    const { machine, mask } = this;
    const { vcpu } = unit;
    const cpu = vcpu.processor;
    const current = this.unit(machine.current(cpu));
    if (unit.pinned && this.idlers.has(cpu)) return this.tickleOne(cpu);
    if (current.pri === PRI_IDLE) return this.tickleOne(cpu);
    if (this.idlers.isEmpty()) {
      if (unit.pri > current.pri) this.tickleOne(cpu);
      return;
    }
    for (const soft of hasSoftAffinity(machine, vcpu) ? SOFT_THEN_HARD : HARD_ONLY) {
      this.stepMask(mask, vcpu, soft).and(this.idlers);
      if (!mask.isEmpty()) return this.tickleIdlers(mask);
    }
    if (unit.pri <= current.pri) return;
    if (this.v412 && current.vcpu.hardAffinity.intersects(this.idlers)) {
      current.vcpu.pauseFlags |= PAUSED_MIGRATING;
      machine.probe.kicked(current.vcpu, 'tickle');
    }
    this.tickleOne(cpu);
  }

  private tickleIdlers(mask: CpuMask): void {
    if (this.params.tickleOneIdle) {
      const here = this.pcpus[this.machine.here];
      here.lastTickled = mask.cycle(here.lastTickled);
      return this.tickleOne(here.lastTickled);
    }
    for (const cpu of mask.toArray()) this.tickleOne(cpu);
  }

  /** A tickled pCPU is not idle any more, so that the next wake looks elsewhere. */
  private tickleOne(cpu: number): void {
    this.idlers.remove(cpu);
    this.machine.tickle(cpu);
  }

  // ---- Balancing -----------------------------------------------------------------------------------------

  // B.10 csched_load_balance on one node: `head` is the best this pCPU has itself.
  private loadBalance(cpu: number, head: CreditUnit): CreditUnit {
    const { machine, mask } = this;
    for (const soft of SOFT_THEN_HARD) {
      mask.setTo(machine.online).andNot(this.idlers).remove(cpu);
      const first = mask.cycle(this.balanceBias);
      if (first === NO_PCPU) continue;
      let peer = first;
      do {
        const unit =
          this.pcpus[peer].runnableCount > 1 ? this.steal(peer, cpu, head, soft) : undefined;
        if (unit !== undefined) {
          this.balanceBias = peer;
          this.stolen = true;
          return unit;
        }
        peer = mask.cycle(peer);
      } while (peer !== first);
    }
    this.runqRemove(head);
    return head;
  }

  /** csched_runq_steal: the first unit waiting on `peer` that is better than `head` and may run on `cpu`. */
  private steal(
    peer: number,
    cpu: number,
    head: CreditUnit,
    soft: boolean,
  ): CreditUnit | undefined {
    const { machine } = this;
    if (machine.current(peer).isIdle) return undefined;
    for (const unit of this.pcpus[peer].runq) {
      const { vcpu } = unit;
      if (unit.pri <= head.pri) return undefined;
      if (!this.v412 && unit.yielded) continue;
      if (vcpu.isRunning) continue;
      if (soft && !hasSoftAffinity(machine, vcpu)) continue;
      if (this.isCacheHot(unit)) continue;
      if (!this.stepMask(this.candidates, vcpu, soft).has(cpu)) continue;
      this.pcpus[peer].runnableCount--;
      this.runqRemove(unit);
      vcpu.processor = cpu;
      this.pcpus[cpu].runnableCount++;
      machine.probe.migrated(vcpu, peer, cpu, 'steal');
      return unit;
    }
    return undefined;
  }

  private isCacheHot(unit: CreditUnit): boolean {
    const { migrationDelay } = this.params;
    return migrationDelay !== 0 && this.machine.now - unit.lastSchedTime < migrationDelay;
  }
}

/** Balance steps: whether each looks at soft affinity. */
const SOFT_THEN_HARD = [true, false] as const;
const HARD_ONLY = [false] as const;

function newUnit(vcpu: Vcpu, account: CreditDomain | undefined, pri: number): CreditUnit {
  return {
    vcpu,
    account,
    pri,
    credit: 0,
    residual: 0,
    startTime: 0,
    lastSchedTime: 0,
    active: false,
    queued: false,
    parked: false,
    yielded: false,
    migrating: false,
    pinned: false,
  };
}

/** a * b modulo 2^32, unsigned. */
function multiply32(a: number, b: number): number {
  return Math.imul(a, b) >>> 0;
}

/** The smallest whole number not below a / b, computed as Xen does: (a + b - 1) / b in 32 bits. */
function ceilDivide(a: number, b: number): number {
  return Math.floor(((a + b - 1) >>> 0) / b);
}
