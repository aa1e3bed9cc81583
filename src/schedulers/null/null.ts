import type { Time } from '../../engine/time.ts';
import { CpuMask, NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import { hasSoftAffinity, type MachineView } from '../../hypervisor/machine/machine-view.ts';
import { PAUSED_DOWN, type Vcpu } from '../../hypervisor/machine/vcpu.ts';
import type { Decision, Scheduler } from '../../hypervisor/ports.ts';
import { balanceMask, SOFT_THEN_HARD } from '../affinity.ts';
import { NULL_RULES, type NullRules } from './versions.ts';

/*
 * Xen's null scheduler (common/sched/null.c; 4.12: common/sched_null.c): every vCPU has a pCPU of its own.
 *
 * A vCPU is *assigned* to a free pCPU that its affinity allows, its own one if possible, and runs there
 * whenever it can; while it blocks the pCPU idles. Who finds no free pCPU *waits*, first come, first served,
 * until one becomes free. There is no timeslice, no preemption, no yield, no timer.
 */

/** So many passes without any time in between are a livelock. */
const LIVELOCK_PASSES = 1000;

/** The null scheduler. It has no parameters. */
export class NullScheduler implements Scheduler {
  readonly name = 'null';
  private readonly machine: MachineView;
  private readonly rules: NullRules;
  /** Who each pCPU belongs to. */
  private readonly assigned: (Vcpu | undefined)[] = [];
  /** pCPUs that belong to nobody (cpus_free). */
  private readonly free: CpuMask;
  /** Who waits for a pCPU, longest first: a plain array, as affinity lets later ones pass (waitq). */
  private readonly waiting: Vcpu[] = [];
  private readonly mask: CpuMask;
  private livelockAt: Time = 0;
  private livelockPasses = 0;

  constructor(machine: MachineView) {
    this.machine = machine;
    this.rules = NULL_RULES[machine.xen];
    this.free = CpuMask.all(machine.pcpuCount);
    this.mask = new CpuMask(machine.pcpuCount);
  }

  /** The vCPU waits for a pCPU of its own. */
  isWaiting(vcpu: Vcpu): boolean {
    return this.waiting.includes(vcpu);
  }

  /** `cpu` belongs to the vCPU, or is free and it waits for one. */
  mayTake(vcpu: Vcpu, cpu: number): boolean {
    return this.assigned[cpu] === vcpu || (this.free.has(cpu) && this.isWaiting(vcpu));
  }

  // ---- Hooks ---------------------------------------------------------------------------------------------

  start(): void {}

  insertDomain(): void {}

  insertUnit(vcpu: Vcpu): void {
    if (this.isIgnored(vcpu)) return;
    // Never waits while a free pCPU is allowed: pickResource finds it.
    vcpu.processor = this.pickResource(vcpu);
    if (this.assigned[vcpu.processor] === undefined) this.assign(vcpu, vcpu.processor);
    else this.waiting.push(vcpu);
  }

  removeUnit(vcpu: Vcpu): void {
    if (this.isWaiting(vcpu)) this.stopWaiting(vcpu);
    else if (this.assigned[vcpu.processor] === vcpu) this.deassign(vcpu);
  }

  removeDomain(): void {}

  addPcpu(cpu: number): void {
    this.free.add(cpu);
  }

  removePcpu(cpu: number): void {
    this.free.remove(cpu);
  }

  adjustDomain(): boolean {
    return true;
  }

  adjustAffinity(): void {}

  // pick_res
  pickResource(vcpu: Vcpu): number {
    const { machine, mask } = this;
    const { processor } = vcpu;
    for (const soft of SOFT_THEN_HARD) {
      if (soft && !hasSoftAffinity(machine, vcpu)) continue;
      this.stepMask(vcpu, soft);
      const owner = this.assigned[processor];
      if ((owner === undefined || owner === vcpu) && mask.has(processor)) return processor;
      const free = mask.and(this.free).first();
      if (free !== NO_PCPU) return free;
    }
    // Only a place to be: the vCPU will wait there. Xen takes any allowed pCPU at random; here the first.
    return this.stepMask(vcpu, false).first();
  }

  // null_unit_migrate
  migrate(vcpu: Vcpu, processor: number): void {
    const from = vcpu.processor;
    if (from === processor) return;
    if (this.assigned[from] === vcpu) this.deassign(vcpu);
    if (this.isIgnored(vcpu)) {
      this.stopWaiting(vcpu);
      this.move(vcpu, processor, 'move');
    } else if (
      this.assigned[processor] === undefined &&
      this.stepMask(vcpu, false).has(processor)
    ) {
      this.stopWaiting(vcpu);
      this.assign(vcpu, processor, 'move');
    } else {
      if (!this.isWaiting(vcpu)) this.waiting.push(vcpu);
      this.move(vcpu, processor, 'move');
    }
  }

  // null_unit_wake
  wake(vcpu: Vcpu): void {
    const { machine, mask } = this;
    const { processor } = vcpu;
    if (machine.current(processor) === vcpu || this.isWaiting(vcpu)) return;
    if (this.assigned[processor] === vcpu) return machine.tickle(processor);
    // It comes up.
    if (this.assigned[processor] === undefined && this.isAllowed(vcpu, processor, true)) {
      this.assign(vcpu, processor);
      return machine.tickle(processor);
    }
    // Its processor cannot be changed here: the first free pCPU that schedules will take it.
    this.waiting.push(vcpu);
    this.stepMask(vcpu, false).and(this.free);
    for (let cpu = mask.first(); cpu !== NO_PCPU; cpu = mask.next(cpu)) machine.tickle(cpu);
  }

  // null_unit_sleep
  sleep(vcpu: Vcpu): void {
    const { machine } = this;
    const { processor } = vcpu;
    let tickled = false;
    if (this.isIgnored(vcpu)) {
      if (this.isWaiting(vcpu)) this.stopWaiting(vcpu);
      else if (this.assigned[processor] === vcpu) tickled = this.deassign(vcpu);
    }
    if (!tickled && machine.current(processor) === vcpu) machine.tickle(processor);
  }

  yield(): void {}

  contextSaved(): void {}

  timer(): void {}

  // null_schedule
  schedule(cpu: number, _prev: Vcpu, decision: Decision): void {
    const next = decision.tasklet ? undefined : (this.assigned[cpu] ?? this.takeInSchedule(cpu));
    decision.next = next?.isRunnable ? next : this.machine.idle(cpu);
    decision.slice = -1;
  }

  // ---- Assignment ----------------------------------------------------------------------------------------

  /** The scheduler takes no notice of the vCPU as long as it is down. */
  private isIgnored(vcpu: Vcpu): boolean {
    return this.rules.ignoresOffline && (vcpu.pauseFlags & PAUSED_DOWN) !== 0;
  }

  /** unit_assign */
  private assign(vcpu: Vcpu, cpu: number, why = 'assign'): void {
    this.assigned[cpu] = vcpu;
    this.free.remove(cpu);
    this.move(vcpu, cpu, why);
  }

  /** unit_deassign: its pCPU goes to the first who waits for one like it. @returns whether there was one */
  private deassign(vcpu: Vcpu): boolean {
    const cpu = vcpu.processor;
    this.assigned[cpu] = undefined;
    this.free.add(cpu);
    if (this.takeWaiting(cpu) === undefined) return false;
    this.machine.tickle(cpu);
    return true;
  }

  /**
   * Takes who waits for `cpu`, which is free. Xen needs the lock of the pCPU that it is on, and tries again if somebody has
   * that. If it is on `cpu`, which a wake that looks at soft affinity only can leave behind, that somebody is `cpu` itself:
   * it reschedules for ever, and the host hangs.
   */
  private takeInSchedule(cpu: number): Vcpu | undefined {
    const vcpu = this.firstWaitingFor(cpu);
    if (vcpu === undefined) return undefined;
    if (vcpu.processor !== cpu || !this.rules.locksWaiting) return this.takeWaiting(cpu);
    this.noteLivelock(cpu, vcpu);
    this.machine.tickle(cpu);
    return undefined;
  }

  /** Where no time passes in the hypervisor nothing else will ever happen. @throws RangeError then */
  private noteLivelock(cpu: number, vcpu: Vcpu): void {
    const { clock: now } = this.machine;
    if (now !== this.livelockAt) this.livelockPasses = 0;
    this.livelockAt = now;
    if (++this.livelockPasses < LIVELOCK_PASSES) return;
    throw new RangeError(
      `null scheduler: pCPU ${cpu} reschedules for ever, as it waits for its own lock to take vCPU ${vcpu.id}: ` +
        'with this Xen the host hangs',
    );
  }

  /** Assigns `cpu` to the first who waits for one like it. */
  private takeWaiting(cpu: number): Vcpu | undefined {
    const vcpu = this.firstWaitingFor(cpu);
    if (vcpu === undefined) return undefined;
    this.stopWaiting(vcpu);
    this.assign(vcpu, cpu);
    return vcpu;
  }

  /** The first waiting vCPU that prefers `cpu`, else the first that may run there. */
  private firstWaitingFor(cpu: number): Vcpu | undefined {
    for (const soft of SOFT_THEN_HARD) {
      for (const vcpu of this.waiting) {
        if (soft && !hasSoftAffinity(this.machine, vcpu)) continue;
        if (!this.isAllowed(vcpu, cpu, soft)) continue;
        return vcpu;
      }
    }
    return undefined;
  }

  private stopWaiting(vcpu: Vcpu): void {
    const at = this.waiting.indexOf(vcpu);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  private move(vcpu: Vcpu, to: number, why: string): void {
    const from = vcpu.processor;
    vcpu.processor = to;
    if (from !== to) this.machine.probe.migrated(vcpu, from, to, why);
  }

  // ---- Affinity ------------------------------------------------------------------------------------------

  private isAllowed(vcpu: Vcpu, cpu: number, soft: boolean): boolean {
    return this.stepMask(vcpu, soft).has(cpu);
  }

  /** `mask` becomes the pCPUs of a balance step. */
  private stepMask(vcpu: Vcpu, soft: boolean): CpuMask {
    return balanceMask(this.mask, vcpu, soft).and(this.machine.online);
  }
}
