import { invariant } from '../../engine/invariant.ts';
import { MS } from '../../engine/time.ts';
import { CpuMask } from '../../hypervisor/machine/cpu-mask.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import { insertAt, removeAt } from '../queue-array.ts';

/** What a new unit has, what a reset adds, and the longest slice [credit, ns]. */
export const CREDIT_INIT = 10 * MS;

/** What the scheduler knows of a vCPU. */
export interface Credit2Unit {
  readonly vcpu: Vcpu;
  /** undefined for idle units. */
  readonly account: Credit2Domain | undefined;
  /** The runqueue it is assigned to, whether it waits there or not. */
  runqueue: Credit2Runqueue;
  weight: number;
  /** 1 credit = 1 ns of CPU for the heaviest unit of the runqueue; lighter ones burn faster. */
  credit: number;
  /** Its credit before the last reset, after burning. */
  creditBeforeReset: number;
  /** Burned time below one credit, times the runqueue's largest weight [ns]. */
  residual: number;
  /** Since when it is charged, while it runs [ns]. */
  startTime: number;
  /** CPU time it may use before it must ask its domain for more [ns]; Infinity: no cap. */
  budget: number;
  /** How much it asks for [ns]. */
  budgetQuota: number;
  /** Its average load, in the units of credit2-load.ts. */
  avgload: number;
  loadLastUpdate: number;
  /** The pCPU that was tickled to run it; NO_PCPU: none. */
  tickledPcpu: number;
  /** Where balancing wants it to go when it is next off its pCPU (runq_migrate_request, migrate_rqd). */
  moveTo: Credit2Runqueue | undefined;
  /** On a pCPU, or its context not saved yet. */
  scheduled: boolean;
  /** To be queued when its context is saved (delayed_runq_add). */
  delayedAdd: boolean;
  queued: boolean;
  yielded: boolean;
  /** It waits for its domain's budget. */
  parked: boolean;
}

/** What the scheduler knows of a domain. */
export interface Credit2Domain {
  weight: number;
  readonly units: Credit2Unit[];
  /** What a capped domain gets in each period [ns]. */
  totalBudget: number;
  /** What is left for its units to take [ns]; negative after an overrun. */
  budget: number;
  nextReplenishment: number;
  /** Units without budget, latest first. */
  parked: Credit2Unit[];
}

/** A runqueue and the pCPUs that share it. */
export class Credit2Runqueue {
  readonly id: number;
  /**
   * Units that wait, most credit first. Not a keyed container: a reset changes the keys in place and makes
   * ties that keep their order.
   */
  readonly queue: Credit2Unit[] = [];
  /** All units assigned to it, in the order in which they came. */
  readonly units: Credit2Unit[] = [];
  /** Largest weight of its units, runnable or not; at least 1. */
  maxWeight = 1;
  /** Number of units that wait or run. */
  load = 0;
  /** Average of `load` with the units assigned and taken away counted at once (b_avgload). */
  avgload = 0;
  loadLastUpdate = 0;
  /** Its pCPUs. */
  readonly active: CpuMask;
  /** Those that have chosen to idle. */
  readonly idle: CpuMask;
  /** Those that have been asked to reschedule and have not done so. */
  readonly tickled: CpuMask;
  /** Those whose whole core idles: see IdleCores. */
  readonly idleCores: CpuMask;
  pcpuCount = 0;
  /** The pCPU picked last for a unit that came. */
  pickBias: number;

  constructor(id: number, machineSize: number, firstPcpu: number) {
    this.id = id;
    this.active = new CpuMask(machineSize);
    this.idle = new CpuMask(machineSize);
    this.tickled = new CpuMask(machineSize);
    this.idleCores = new CpuMask(machineSize);
    this.pickBias = firstPcpu;
  }

  addPcpu(cpu: number): void {
    this.active.add(cpu);
    this.idle.add(cpu);
    this.idleCores.add(cpu);
    this.pcpuCount++;
  }

  removePcpu(cpu: number): void {
    this.active.remove(cpu);
    this.idle.remove(cpu);
    this.idleCores.remove(cpu);
    this.pcpuCount--;
    if (this.pickBias === cpu && this.pcpuCount > 0) this.pickBias = this.active.first();
  }

  // runq_insert: before the first with less credit, behind its equals.
  insert(unit: Credit2Unit): void {
    invariant(!unit.queued && unit.runqueue === this, 'a unit waits once, on its own runqueue');
    const { queue } = this;
    const { credit } = unit;
    let at = 0;
    while (at < queue.length && queue[at].credit >= credit) at++;
    insertAt(queue, at, unit);
    unit.queued = true;
  }

  /** Takes the unit off the queue. */
  remove(unit: Credit2Unit): void {
    const { queue } = this;
    const at = queue.indexOf(unit);
    invariant(at >= 0, 'a queued unit is on the queue of its runqueue');
    removeAt(queue, at);
    unit.queued = false;
  }

  /** The unit belongs here from now on (runq_assign). */
  assign(unit: Credit2Unit): void {
    this.units.push(unit);
    unit.runqueue = this;
    this.maxWeight = Math.max(this.maxWeight, unit.weight);
    this.avgload += unit.avgload;
  }

  /** The unit leaves (runq_deassign). */
  deassign(unit: Credit2Unit): void {
    const at = this.units.indexOf(unit);
    invariant(at >= 0, 'a unit is among those of its runqueue');
    this.units.splice(at, 1);
    if (unit.weight === this.maxWeight) this.findMaxWeight();
    this.avgload = Math.max(0, this.avgload - unit.avgload);
  }

  changeWeight(unit: Credit2Unit, weight: number): void {
    unit.weight = weight;
    this.findMaxWeight();
  }

  private findMaxWeight(): void {
    let max = 1;
    for (const { weight } of this.units) max = Math.max(max, weight);
    this.maxWeight = max;
  }

  /** How long `credit` lasts for the unit [ns] (c2t). */
  timeOf(credit: number, unit: Credit2Unit): number {
    return Math.floor((credit * unit.weight) / this.maxWeight);
  }

  // t2c: Xen's integer division with the remainder carried over. Exact: all below 2^53.
  /** The credit that `time` costs the unit. */
  costOf(time: number, unit: Credit2Unit): number {
    const value = time * this.maxWeight + unit.residual;
    const credit = Math.floor(value / unit.weight);
    unit.residual = value - credit * unit.weight;
    return credit;
  }
}
