import { CpuMask, NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import type { MachineView } from '../../hypervisor/machine/machine-view.ts';
import type { Credit2Params } from './params.ts';
import { Credit2Runqueue } from './runqueue.ts';
import type { Credit2Differences } from './versions.ts';

/** C.2 Which runqueue each pCPU shares, and which pCPUs there are its core's other threads. */
export class Credit2Pcpus {
  /** In the order of their ids. */
  readonly runqueues: Credit2Runqueue[] = [];
  private readonly machine: MachineView;
  private readonly params: Credit2Params;
  private readonly rules: Credit2Differences;
  private readonly byPcpu: Credit2Runqueue[] = [];
  /** By pCPU, itself and the threads of its core with which it counts as one when it idles. */
  private readonly siblings: CpuMask[];

  constructor(machine: MachineView, params: Credit2Params, rules: Credit2Differences) {
    const { pcpuCount } = machine;
    this.machine = machine;
    this.params = params;
    this.rules = rules;
    this.siblings = Array.from({ length: pcpuCount }, () => new CpuMask(pcpuCount));
    for (let cpu = 0; cpu < pcpuCount; cpu++) this.add(cpu);
  }

  /** The runqueue of a pCPU; that of one that has left: which it had. */
  runqueueOf(cpu: number): Credit2Runqueue {
    return this.byPcpu[cpu];
  }

  siblingsOf(cpu: number): CpuMask {
    return this.siblings[cpu];
  }

  /** init_pdata, cpu_add_to_runqueue */
  add(cpu: number): void {
    const runqueue = this.runqueueFor(cpu) ?? this.newRunqueue(cpu);
    this.byPcpu[cpu] = runqueue;
    runqueue.addPcpu(cpu);
    const threads = this.machine.topology.threads(cpu);
    if (!this.rules.siblingsShareRunqueue) {
      this.siblings[cpu].setTo(threads);
      return;
    }
    this.siblings[cpu].setToAnd(threads, runqueue.active);
    for (const other of this.siblings[cpu].toArray()) this.siblings[other].add(cpu);
  }

  /** deinit_pdata */
  remove(cpu: number): void {
    const runqueue = this.byPcpu[cpu];
    for (const other of this.siblings[cpu].toArray()) this.siblings[other].remove(cpu);
    this.siblings[cpu].andNot(this.siblings[cpu]);
    runqueue.removePcpu(cpu);
    if (runqueue.pcpuCount === 0) this.runqueues.splice(this.runqueues.indexOf(runqueue), 1);
  }

  private runqueueFor(cpu: number): Credit2Runqueue | undefined {
    const matching = this.runqueues.filter((runqueue) => this.matches(runqueue, cpu));
    if (!this.rules.limitsRunqueueSize) return matching[0];
    const threads = this.machine.topology.threads(cpu);
    const most = this.mostPcpus();
    const weight = threads.weight();
    let best: Credit2Runqueue | undefined;
    for (const runqueue of matching) {
      // On one core always together, whatever the limit.
      if (runqueue.active.intersects(threads)) return runqueue;
      const fits = runqueue.pcpuCount + weight <= most || this.params.runqueue === 'all';
      if (runqueue.pcpuCount >= most || !fits) continue;
      if (best === undefined || runqueue.pcpuCount < best.pcpuCount) best = runqueue;
    }
    return best;
  }

  /** As many as are needed not to exceed the limit, of equal size. */
  private mostPcpus(): number {
    const { pcpuCount } = this.machine;
    const least = Math.floor((pcpuCount - 1) / this.params.maxPcpusPerRunqueue) + 1;
    return Math.floor(pcpuCount / least);
  }

  /** The pCPU belongs with the one that stands for the runqueue. */
  private matches({ pickBias, active }: Credit2Runqueue, cpu: number): boolean {
    const { topology } = this.machine;
    const peer = this.rules.limitsRunqueueSize ? pickBias : active.first();
    switch (this.params.runqueue) {
      case 'all':
        return true;
      case 'node':
        return topology.nodeOf[peer] === topology.nodeOf[cpu];
      case 'socket':
        return topology.socket(peer).has(cpu);
      case 'core':
        return topology.threads(peer).has(cpu);
      case 'cpu':
        return false;
    }
  }

  /** With the lowest free id, in its place. */
  private newRunqueue(cpu: number): Credit2Runqueue {
    const { runqueues, machine } = this;
    let id = 0;
    while (id < runqueues.length && runqueues[id].id === id) id++;
    const runqueue = new Credit2Runqueue(id, machine.pcpuCount, cpu);
    runqueues.splice(id, 0, runqueue);
    return runqueue;
  }
}

/**
 * The pCPUs of a runqueue whose whole core idles and was not tickled (smt_idle). Kept core by core as pCPUs come and go,
 * as in Xen, where it is so only as long as all threads of a core are in one runqueue.
 */
export class IdleCores {
  private readonly pcpus: Credit2Pcpus;
  private readonly free: CpuMask;

  constructor(pcpus: Credit2Pcpus, pcpuCount: number) {
    this.pcpus = pcpus;
    this.free = new CpuMask(pcpuCount);
  }

  // smt_idle_mask_set
  /** `cpu` idles, or is not tickled any more. */
  update(runqueue: Credit2Runqueue, cpu: number): void {
    const siblings = this.pcpus.siblingsOf(cpu);
    this.free.setTo(runqueue.idle).andNot(runqueue.tickled);
    if (!siblings.isSubsetOf(this.free)) return;
    for (let s = siblings.first(); s !== NO_PCPU; s = siblings.next(s)) runqueue.idleCores.add(s);
  }

  // smt_idle_mask_clear
  /** `cpu` does not idle any more, or is tickled. */
  clear(runqueue: Credit2Runqueue, cpu: number): void {
    const siblings = this.pcpus.siblingsOf(cpu);
    if (siblings.isSubsetOf(runqueue.idleCores)) runqueue.idleCores.andNot(siblings);
  }
}
