import { CpuMask, NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import { hasSoftAffinity } from '../../hypervisor/machine/machine-view.ts';
import type { Decision } from '../../hypervisor/ports.ts';
import { balanceMask, HARD_ONLY, SOFT_THEN_HARD } from '../affinity.ts';
import type { CreditState } from './state.ts';
import type { CreditUnit } from './unit.ts';

/** Stealing: a pCPU that has nothing good to run looks at the runqueues of the others. */
export class CreditBalancer {
  private readonly state: CreditState;
  private readonly peers: CpuMask;
  private readonly allowed: CpuMask;
  /** By NUMA node, the pCPU from which something was stolen last: the search begins behind it. */
  private readonly bias: number[];

  constructor(state: CreditState) {
    this.state = state;
    this.peers = new CpuMask(state.machine.pcpuCount);
    this.allowed = new CpuMask(state.machine.pcpuCount);
    this.bias = state.machine.topology.nodes.map((node) => node.first());
  }

  /** A pCPU, not in the pool yet, comes. */
  addPcpu(cpu: number): void {
    const { machine } = this.state;
    const { nodeOf } = machine.topology;
    if (!machine.topology.node(cpu).intersects(machine.online)) this.bias[nodeOf[cpu]] = cpu;
  }

  /** A pCPU, not in the pool any more, leaves. */
  removePcpu(cpu: number): void {
    const { machine } = this.state;
    const node = machine.topology.nodeOf[cpu];
    if (this.bias[node] !== cpu) return;
    const first = this.peers.setToAnd(machine.online, machine.topology.nodes[node]).first();
    if (first !== NO_PCPU) this.bias[node] = first;
  }

  // csched_load_balance. Xen's count of runnable units per pCPU is not kept: where it is below
  // two there is nothing to steal anyway.
  /** Takes a unit better than `head`, the best that `cpu` has itself, from another pCPU, if there is one. */
  steal(cpu: number, head: CreditUnit, decision: Decision): CreditUnit | undefined {
    const { online, topology } = this.state.machine;
    // A pCPU that is leaving does not.
    if (!online.has(cpu)) return undefined;
    const own = topology.nodeOf[cpu];
    const count = topology.nodes.length;
    const { mayHaveSoftAffinity } = this.state.machine;
    if (!mayHaveSoftAffinity) {
      // Xen's round for soft affinities finds nothing, but takes its time.
      const peers = this.peers.setTo(online).andNot(this.state.idlers);
      peers.remove(cpu);
      decision.pcpusSearched += peers.weight();
    }
    for (const soft of mayHaveSoftAffinity ? SOFT_THEN_HARD : HARD_ONLY) {
      for (let n = 0; n < count; n++) {
        const unit = this.stealFromNode((own + n) % count, cpu, head, soft, decision);
        if (unit !== undefined) return unit;
      }
    }
    return undefined;
  }

  private stealFromNode(
    node: number,
    cpu: number,
    head: CreditUnit,
    soft: boolean,
    decision: Decision,
  ): CreditUnit | undefined {
    const { machine, idlers } = this.state;
    const { peers, bias } = this;
    peers.setTo(machine.online).andNot(idlers);
    if (bias.length > 1) peers.and(machine.topology.nodes[node]);
    peers.remove(cpu);
    const first = peers.cycle(bias[node]);
    if (first === NO_PCPU) return undefined;
    let peer = first;
    do {
      decision.pcpusSearched++;
      const unit = this.stealFrom(peer, cpu, head, soft);
      if (unit !== undefined) {
        bias[node] = peer;
        return unit;
      }
      peer = peers.cycle(peer);
    } while (peer !== first);
    return undefined;
  }

  /** csched_runq_steal: the first unit waiting on `peer` that is better than `head` and may run on `cpu`. */
  private stealFrom(
    peer: number,
    cpu: number,
    head: CreditUnit,
    soft: boolean,
  ): CreditUnit | undefined {
    const { machine, pcpus } = this.state;
    if (machine.current(peer).isIdle) return undefined;
    for (const unit of pcpus[peer].runq) {
      const { vcpu } = unit;
      if (unit.pri <= head.pri) return undefined;
      if (unit.yielded) continue;
      if (vcpu.isRunning) continue;
      if (soft && !hasSoftAffinity(machine, vcpu)) continue;
      if (this.isCacheHot(unit)) continue;
      if (!balanceMask(this.allowed, vcpu, soft).has(cpu)) continue;
      pcpus[peer].remove(unit);
      vcpu.processor = cpu;
      machine.probe.migrated(vcpu, peer, cpu, 'steal');
      return unit;
    }
    return undefined;
  }

  private isCacheHot(unit: CreditUnit): boolean {
    const { machine, settings } = this.state;
    return machine.clock - unit.lastSchedTime < settings.migrationDelay;
  }
}
