import { invariant } from '../engine/invariant.ts';
import { RUN } from './event-kinds.ts';
import type { Machine } from './machine.ts';
import type { Pcpu } from './pcpu.ts';
import {
  OP_CACHES_OFF,
  OP_CACHES_ON,
  OP_FETCH,
  OP_NONE,
  OP_POLL_CLOCK,
  OP_RUN,
  OP_SET_TIMER,
  OP_SPIN,
  OP_TOUCH,
} from './ports.ts';
import type { Vcpu } from './vcpu.ts';

/** Most operations a guest may do without using time or trapping. */
const OPERATIONS_PER_INSTANT_MAX = 1000;

/** A pCPU in guest mode: carries out the program of its current vCPU, operation by operation. */
export class GuestMode {
  private readonly machine: Machine;
  private readonly pcpu: Pcpu;

  constructor(machine: Machine, pcpu: Pcpu) {
    this.machine = machine;
    this.pcpu = pcpu;
  }

  /** The current vCPU executes its next guest instruction now. */
  enter(): void {
    const vcpu = this.pcpu.current;
    if (vcpu.stageTwo?.faults(vcpu.codeGfn)) {
      vcpu.trap = OP_FETCH;
      return this.pcpu.enterByTrap();
    }
    this.machine.probe.guestEntered(vcpu);
    if (vcpu.op === OP_TOUCH) this.touch(vcpu);
    else if (vcpu.op === OP_NONE) this.fetch(vcpu);
    else this.run(vcpu);
  }

  /** The operation in progress needs no more CPU time. */
  operationEnded(): void {
    const vcpu = this.pcpu.current;
    vcpu.remaining = 0;
    vcpu.op = OP_NONE;
    this.fetch(vcpu);
  }

  /** An interrupt takes the pCPU out of the guest: notes how far the operation got. */
  suspend(): void {
    const { machine, pcpu } = this;
    const vcpu = pcpu.current;
    const slot = machine.slot(RUN, pcpu.id);
    if (vcpu.op === OP_RUN) {
      const end = machine.sim.dueAt(slot);
      vcpu.remaining = Math.min(vcpu.remaining, end - machine.now);
    }
    machine.sim.cancel(slot);
  }

  /** Lets the operation in progress go on; it makes progress from vcpu.progressFrom on. */
  private run(vcpu: Vcpu): void {
    if (vcpu.op === OP_SPIN) return;
    const { machine, pcpu } = this;
    const from = Math.max(machine.now, vcpu.progressFrom);
    const end = vcpu.op === OP_RUN ? from + vcpu.remaining : Math.max(from, vcpu.operand);
    machine.sim.at(machine.slot(RUN, pcpu.id), end);
  }

  /** An access, executed again after each fault, as it may meet the next one. */
  private touch(vcpu: Vcpu): void {
    if (vcpu.stageTwo?.faults(vcpu.operand)) {
      vcpu.op = OP_TOUCH;
      vcpu.trap = OP_TOUCH;
      return this.pcpu.enterByTrap();
    }
    vcpu.op = OP_NONE;
    this.fetch(vcpu);
  }

  /** Asks the program for operations until one takes time or traps. */
  private fetch(vcpu: Vcpu): void {
    const { machine, pcpu } = this;
    const { guest } = vcpu;
    invariant(guest !== undefined, 'only a guest runs in guest mode');
    for (let n = 0; n < OPERATIONS_PER_INSTANT_MAX; n++) {
      const op = guest.next(vcpu, machine.now, machine.probe);
      switch (op) {
        case OP_RUN:
          vcpu.remaining = vcpu.operand;
          vcpu.op = op;
          return this.run(vcpu);
        case OP_SPIN:
        case OP_POLL_CLOCK:
          vcpu.op = op;
          return this.run(vcpu);
        case OP_SET_TIMER:
          machine.setVtimer(vcpu, vcpu.operand);
          continue;
        case OP_TOUCH:
          if (!vcpu.stageTwo?.faults(vcpu.operand)) continue;
          return this.touch(vcpu);
        case OP_CACHES_OFF:
        case OP_CACHES_ON:
          if (vcpu.trapsVmRegisters) {
            vcpu.trap = op;
            return pcpu.enterByTrap();
          }
          vcpu.cachesEnabled = op === OP_CACHES_ON;
          continue;
        default:
          vcpu.trap = op;
          return pcpu.enterByTrap();
      }
    }
    throw new RangeError(
      `vCPU ${vcpu.id} does ${OPERATIONS_PER_INSTANT_MAX} operations in no time`,
    );
  }
}
