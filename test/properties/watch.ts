import type { Machine } from '../../src/hypervisor/machine/machine.ts';
import { RUNNABLE, type Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import type { Decision } from '../../src/hypervisor/ports.ts';
import { Probe } from '../../src/hypervisor/probe.ts';

/** A decision as the laws see it; vCPUs by id, idle is negative. */
export interface Seen {
  readonly time: number;
  readonly pcpu: number;
  readonly prev: number;
  readonly next: number;
  readonly slice: number;
  /** `prev` lost the pCPU although it could go on and had not yielded. */
  readonly preempted: boolean;
  /** How long `prev` had been running, uninterrupted [ns]. */
  readonly ran: number;
}

/** Watches a machine: what laws are checked on. Keeps its own account of who runs. */
export class Watch extends Probe {
  readonly seen: Seen[] = [];
  /** CPU time by vCPU, from the decisions [ns]. */
  readonly ran: number[] = [];
  /** Longest time from runnable to running by vCPU [ns]. */
  readonly longestWait: number[] = [];
  /** Longest time a pCPU was idle while one and the same vCPU that may run there waited [ns]. */
  idledBesideWaiting = 0;
  /** Each is a decision for a vCPU that was current elsewhere. */
  doublyCurrent = 0;
  private watched: Machine | undefined;
  private readonly currentSince: number[] = [];
  private readonly current: number[] = [];
  private readonly yielded = new Set<Vcpu>();

  get machine(): Machine {
    if (this.watched === undefined) throw new Error('nothing is watched');
    return this.watched;
  }

  override attached(machine: Machine): void {
    this.watched = machine;
    for (const vcpu of machine.vcpus) {
      this.ran[vcpu.id] = 0;
      this.longestWait[vcpu.id] = 0;
    }
    for (let cpu = 0; cpu < machine.pcpuCount; cpu++) {
      this.current[cpu] = -1 - cpu;
      this.currentSince[cpu] = 0;
    }
  }

  /** The run is over: what still waits has waited. */
  end(): void {
    const { machine } = this;
    for (let cpu = 0; cpu < machine.pcpuCount; cpu++) this.charge(cpu);
    for (const vcpu of machine.vcpus) if (vcpu.runstate === RUNNABLE) this.waited(vcpu);
  }

  override yielding(vcpu: Vcpu): void {
    this.yielded.add(vcpu);
  }

  override scheduled(pcpu: number, prev: Vcpu, { next, slice }: Decision): void {
    const { machine } = this;
    const { now } = machine;
    const yielded = this.yielded.delete(prev);
    const preempted = !prev.isIdle && next !== prev && prev.isRunnable && !yielded;
    const ran = now - prev.stateEntryTime;
    this.seen.push({ time: now, pcpu, prev: prev.id, next: next.id, slice, preempted, ran });
    if (next === prev) return;
    if (!next.isIdle) {
      if (this.current.includes(next.id)) this.doublyCurrent++;
      this.waited(next);
    }
    if (prev.isIdle) this.idled(prev, pcpu);
    this.charge(pcpu);
    this.current[pcpu] = next.id;
  }

  /** What runs on `pcpu` has run until now. */
  private charge(pcpu: number): void {
    const id = this.current[pcpu];
    if (id >= 0) this.ran[id] += this.machine.now - this.currentSince[pcpu];
    this.currentSince[pcpu] = this.machine.now;
  }

  /** `vcpu` has waited until now: was a pCPU idle that it may use? */
  private waited(vcpu: Vcpu): void {
    const { machine } = this;
    const { now } = machine;
    this.longestWait[vcpu.id] = Math.max(this.longestWait[vcpu.id], now - vcpu.runstateSince);
    for (let cpu = 0; cpu < machine.pcpuCount; cpu++) {
      const idle = machine.current(cpu);
      if (idle.isIdle && vcpu.hardAffinity.has(cpu)) this.overlap(vcpu, idle);
    }
  }

  /** `pcpu` has idled until now: did a vCPU wait that may use it? */
  private idled(idle: Vcpu, pcpu: number): void {
    for (const vcpu of this.machine.vcpus) {
      if (vcpu.runstate === RUNNABLE && vcpu.hardAffinity.has(pcpu)) this.overlap(vcpu, idle);
    }
  }

  private overlap(vcpu: Vcpu, idle: Vcpu): void {
    const time = this.machine.now - Math.max(vcpu.runstateSince, idle.stateEntryTime);
    this.idledBesideWaiting = Math.max(this.idledBesideWaiting, time);
  }
}
