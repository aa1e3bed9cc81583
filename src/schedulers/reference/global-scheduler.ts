import { CpuMask, NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import type { Decision, Scheduler } from '../../hypervisor/ports.ts';
import { insertAt, removeAt } from '../queue-array.ts';

/*
 * What the reference schedulers have in common: one queue for all pCPUs, ordered by *rank*. They are points to
 * compare Xen's schedulers with, on the same machine and at the same costs; none of them is Xen's.
 *
 * The vCPU of lowest rank waits first, among equals who came first. A pCPU that has to decide takes the first
 * that may run there. A vCPU that comes to wait *tickles* a pCPU: an idle one, its own if possible; else, with
 * preemption, the one that runs the highest rank, if that is higher than its own. A tickled pCPU is not tickled
 * again before it has decided, so that of several vCPUs each calls a pCPU of its own. What it takes need not be
 * the one that tickled it; so after each decision those that still wait tickle once more.
 *
 * A vCPU that loses its pCPU waits again only once its context is saved: nobody can take it sooner.
 * Hard affinity is respected, soft affinity has no effect.
 */

/** A scheduler of one queue: what is left to say is who goes first, and for how long. */
export abstract class GlobalScheduler implements Scheduler {
  abstract readonly name: string;
  protected readonly machine: MachineView;
  /** How long a turn lasts [ns]; after it the vCPU goes behind its equals. Negative: no limit. */
  private readonly timeslice: number;
  private readonly preemptive: boolean;
  /** Runnable vCPUs that wait, lowest rank first; equals in the order in which they came. */
  private readonly queue: Vcpu[] = [];
  private readonly yielded = new Set<Vcpu>();
  private readonly tickled: CpuMask;
  private readonly mask: CpuMask;

  constructor(machine: MachineView, timeslice: number, preemptive: boolean) {
    this.machine = machine;
    this.timeslice = timeslice;
    this.preemptive = preemptive;
    this.tickled = new CpuMask(machine.pcpuCount);
    this.mask = new CpuMask(machine.pcpuCount);
  }

  /** Who goes first: the lowest. It must not change while the vCPU waits. */
  protected abstract rank(vcpu: Vcpu): number;

  start(): void {}

  insertDomain(): void {}

  insertUnit(vcpu: Vcpu): void {
    vcpu.processor = this.pickResource(vcpu);
  }

  removeUnit(): void {}

  removeDomain(): void {}

  addPcpu(): void {}

  removePcpu(pcpu: number): void {
    this.tickled.remove(pcpu);
  }

  adjustDomain(): boolean {
    return true;
  }

  adjustAffinity(): void {}

  pickResource(vcpu: Vcpu): number {
    const { machine, mask } = this;
    return mask.setToAnd(machine.online, vcpu.hardAffinity).testOrCycle(vcpu.processor);
  }

  migrate(vcpu: Vcpu, processor: number): void {
    this.move(vcpu, processor, 'move');
  }

  wake(vcpu: Vcpu): void {
    // Who still runs is queued when its context is saved, if at all.
    if (!vcpu.isRunning) this.enqueue(vcpu);
  }

  sleep(vcpu: Vcpu): void {
    const at = this.queue.indexOf(vcpu);
    if (at >= 0) removeAt(this.queue, at);
    if (this.machine.current(vcpu.processor) === vcpu) this.machine.tickle(vcpu.processor);
  }

  yield(vcpu: Vcpu): void {
    this.yielded.add(vcpu);
  }

  contextSaved(vcpu: Vcpu): void {
    if (!vcpu.isIdle && vcpu.isRunnable) this.enqueue(vcpu);
  }

  timer(): void {}

  schedule(pcpu: number, prev: Vcpu, decision: Decision): void {
    const { queue } = this;
    const turnIsOver = this.yielded.delete(prev) || this.timeslice >= 0;
    let at = 0;
    while (at < queue.length && !queue[at].hardAffinity.has(pcpu)) at++;
    const takes = at < queue.length && !decision.tasklet;
    const first = takes ? queue[at] : this.machine.idle(pcpu);
    const mayGoOn = !decision.tasklet && !prev.isIdle && prev.isRunnable;
    const goesOn = mayGoOn && this.isBefore(prev, first, turnIsOver);
    decision.next = goesOn ? prev : first;
    decision.slice = decision.next.isIdle ? -1 : this.timeslice;
    if (!goesOn && !first.isIdle) {
      removeAt(queue, at);
      decision.migrated = first.processor !== pcpu;
      this.move(first, pcpu, 'pull');
    }
    // Not for who has just been chosen here: its pCPU counts as tickled until now.
    if (queue.length > 0) this.tickleForWaiting();
    this.tickled.remove(pcpu);
  }

  /** Of the vCPUs that wait, those tickle that may find a pCPU. */
  private tickleForWaiting(): void {
    let highest = this.highestRank();
    for (const vcpu of this.queue) {
      const rank = this.rank(vcpu);
      // Those behind it in the queue go no sooner.
      if (rank >= highest) break;
      if (this.tickleFor(vcpu, rank)) highest = this.highestRank();
    }
  }

  /** The rank below which a vCPU may find a pCPU to tickle: Infinity if one is idle. */
  private highestRank(): number {
    const { machine, mask } = this;
    mask.setToAnd(machine.online, machine.online).andNot(this.tickled);
    let highest = Number.NEGATIVE_INFINITY;
    for (let cpu = mask.first(); cpu !== NO_PCPU; cpu = mask.first()) {
      const current = machine.current(cpu);
      if (current.isIdle) return Number.POSITIVE_INFINITY;
      if (this.preemptive) highest = Math.max(highest, this.rank(current));
      mask.remove(cpu);
    }
    return highest;
  }

  /** The running vCPU goes on although `first` is the first that waits. */
  private isBefore(running: Vcpu, first: Vcpu, turnIsOver: boolean): boolean {
    if (first.isIdle) return true;
    if (turnIsOver) return this.rank(running) < this.rank(first);
    return !this.preemptive || this.rank(running) <= this.rank(first);
  }

  private enqueue(vcpu: Vcpu): void {
    const { queue } = this;
    const rank = this.rank(vcpu);
    let at = queue.length;
    while (at > 0 && this.rank(queue[at - 1]) > rank) at--;
    insertAt(queue, at, vcpu);
    this.tickleFor(vcpu, rank);
  }

  /** @returns whether it has tickled a pCPU */
  private tickleFor(vcpu: Vcpu, rank: number): boolean {
    const { machine, mask } = this;
    mask.setToAnd(machine.online, vcpu.hardAffinity).andNot(this.tickled);
    let target = NO_PCPU;
    let highest = rank;
    let cpu = mask.testOrCycle(vcpu.processor);
    while (cpu !== NO_PCPU) {
      const current = machine.current(cpu);
      if (current.isIdle) {
        target = cpu;
        break;
      }
      if (this.preemptive && this.rank(current) > highest) {
        target = cpu;
        highest = this.rank(current);
      }
      mask.remove(cpu);
      cpu = mask.cycle(cpu);
    }
    if (target === NO_PCPU) return false;
    this.tickled.add(target);
    this.machine.tickle(target);
    return true;
  }

  private move(vcpu: Vcpu, to: number, why: string): void {
    const from = vcpu.processor;
    vcpu.processor = to;
    if (from !== to) this.machine.probe.migrated(vcpu, from, to, why);
  }
}
