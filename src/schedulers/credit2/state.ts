import type { Duration } from '../../engine/time.ts';
import { NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import { LoadAverages } from './load.ts';
import type { Credit2Params } from './params.ts';
import { Credit2Pcpus, IdleCores } from './pcpus.ts';
import {
  CREDIT_INIT,
  type Credit2Domain,
  type Credit2Runqueue,
  type Credit2Unit,
} from './runqueue.ts';
import { CREDIT2_DIFFERENCES, type Credit2Differences } from './versions.ts';

/** What all parts of credit2 share: parameters, runqueues, units, and what is done to them everywhere. */
export class Credit2State {
  readonly machine: MachineView;
  readonly params: Credit2Params;
  readonly rules: Credit2Differences;
  readonly load: LoadAverages;
  /** In the order of their ids. */
  readonly runqueues: readonly Credit2Runqueue[];
  readonly pcpus: Credit2Pcpus;
  /** undefined: a core is idle when its only thread is, so that nothing needs to be kept. */
  readonly idleCores: IdleCores | undefined;
  ratelimit: Duration;
  private readonly idleUnits: Credit2Unit[] = [];
  private readonly units: Credit2Unit[] = [];

  constructor(machine: MachineView, params: Credit2Params) {
    this.machine = machine;
    this.params = params;
    this.rules = CREDIT2_DIFFERENCES[machine.xen];
    this.load = new LoadAverages(params.loadWindowShift, params.loadPrecisionShift);
    this.ratelimit = params.ratelimit;
    this.pcpus = new Credit2Pcpus(machine, params, this.rules);
    this.runqueues = this.pcpus.runqueues;
    const simple = machine.topology.threads(0).weight() === 1 && !params.smtPowerSavings;
    this.idleCores = simple ? undefined : new IdleCores(this.pcpus, machine.pcpuCount);
    for (let cpu = 0; cpu < machine.pcpuCount; cpu++) {
      const unit = this.newUnit(machine.idle(cpu), undefined);
      unit.credit = this.rules.idleCredit;
      this.idleUnits.push(unit);
    }
  }

  runqueueOf(cpu: number): Credit2Runqueue {
    return this.pcpus.runqueueOf(cpu);
  }

  unit(vcpu: Vcpu): Credit2Unit {
    return vcpu.id < 0 ? this.idleUnits[-1 - vcpu.id] : this.units[vcpu.id];
  }

  /** Makes the unit of a guest's vCPU. */
  addUnit(vcpu: Vcpu, account: Credit2Domain): Credit2Unit {
    const unit = this.newUnit(vcpu, account);
    this.units[vcpu.id] = unit;
    account.units.push(unit);
    return unit;
  }

  isCurrent(unit: Credit2Unit): boolean {
    return this.machine.current(unit.vcpu.processor) === unit.vcpu;
  }

  // burn_credits
  /** Charges a running unit for the time since it was charged last. */
  burn(unit: Credit2Unit): void {
    if (unit.account === undefined) return;
    const { clock: now } = this.machine;
    const delta = now - unit.startTime - this.machine.uncharged(unit.vcpu.processor);
    unit.startTime = now;
    // It has not run, but what is left over of a credit may be some at a smaller weight that it has since.
    if (delta === 0) return;
    const credit = unit.credit - unit.runqueue.costOf(delta, unit);
    unit.credit = this.rules.floorsCredit ? Math.max(-CREDIT_INIT, credit) : credit | 0;
    unit.budget -= delta;
  }

  /** Asks a pCPU to reschedule; until it does, nobody else asks it (tickle_cpu). */
  tickle(cpu: number): void {
    const runqueue = this.runqueueOf(cpu);
    runqueue.tickled.add(cpu);
    this.machine.tickle(cpu);
    this.idleCores?.clear(runqueue, cpu);
  }

  /** `cpu` has nothing to run. */
  idles(runqueue: Credit2Runqueue, cpu: number): void {
    if (runqueue.idle.has(cpu)) return;
    runqueue.idle.add(cpu);
    this.idleCores?.update(runqueue, cpu);
  }

  /** `cpu` has something to run. */
  leavesIdle(runqueue: Credit2Runqueue, cpu: number): void {
    if (!runqueue.idle.has(cpu)) return;
    runqueue.idle.remove(cpu);
    this.idleCores?.clear(runqueue, cpu);
  }

  /** The unit of a guest's vCPU that is destroyed. */
  removeUnit(unit: Credit2Unit): void {
    unit.runqueue.deassign(unit);
    const { account } = unit;
    if (account === undefined) return;
    account.units.splice(account.units.indexOf(unit), 1);
    account.parked = account.parked.filter((parked) => parked !== unit);
  }

  private newUnit(vcpu: Vcpu, account: Credit2Domain | undefined): Credit2Unit {
    return {
      vcpu,
      account,
      runqueue: this.runqueueOf(vcpu.processor),
      weight: account?.weight ?? 1,
      credit: Math.round(vcpu.initialCredit ?? CREDIT_INIT),
      creditBeforeReset: 0,
      residual: 0,
      startTime: 0,
      budget: Number.POSITIVE_INFINITY,
      budgetQuota: 0,
      avgload: this.load.one / 2,
      loadLastUpdate: this.load.timeOf(this.machine.clock),
      tickledPcpu: NO_PCPU,
      moveTo: undefined,
      scheduled: false,
      delayedAdd: false,
      queued: false,
      yielded: false,
      parked: false,
    };
  }
}
