import { CpuMask, NO_PCPU } from '../../hypervisor/machine/cpu-mask.ts';
import { hasSoftAffinity } from '../../hypervisor/machine/machine-view.ts';
import { balanceMask, SOFT_THEN_HARD } from '../affinity.ts';
import type { CreditState } from './state.ts';
import type { CreditUnit } from './unit.ts';

/** Stealing: a pCPU that has nothing good to run looks at the runqueues of the others. */
export class CreditBalancer {
  private readonly state: CreditState;
  private readonly peers: CpuMask;
  private readonly allowed: CpuMask;
  /** The pCPU from which something was stolen last: the search begins behind it. */
  private bias = 0;

  constructor(state: CreditState) {
    this.state = state;
    this.peers = new CpuMask(state.machine.pcpuCount);
    this.allowed = new CpuMask(state.machine.pcpuCount);
  }

  // csched_load_balance on one node. Xen's count of runnable units per pCPU is not kept: where it is below
  // two there is nothing to steal anyway.
  /** Takes a unit better than `head`, the best that `cpu` has itself, from another pCPU, if there is one. */
  steal(cpu: number, head: CreditUnit): CreditUnit | undefined {
    const { machine, idlers } = this.state;
    const { peers } = this;
    for (const soft of SOFT_THEN_HARD) {
      peers.setTo(machine.online).andNot(idlers).remove(cpu);
      const first = peers.cycle(this.bias);
      if (first === NO_PCPU) continue;
      let peer = first;
      do {
        const unit = this.stealFrom(peer, cpu, head, soft);
        if (unit !== undefined) {
          this.bias = peer;
          return unit;
        }
        peer = peers.cycle(peer);
      } while (peer !== first);
    }
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
    const { machine, params } = this.state;
    return machine.clock - unit.lastSchedTime < params.migrationDelay;
  }
}
