import { invariant } from '../../engine/invariant.ts';
import { type Duration, NEVER } from '../../engine/time.ts';
import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { setVtimer, stopVtimer } from '../machine/vcpu-events.ts';
import {
  OP_CACHES_OFF,
  OP_CACHES_ON,
  OP_FETCH,
  OP_NONE,
  OP_POLL_CLOCK,
  OP_RUN,
  OP_SET_TIMER,
  OP_SET_WAY,
  OP_SPIN,
  OP_TOUCH,
  OP_VM_REGISTER,
} from '../ports.ts';
import type { Pcpu } from './pcpu.ts';

/** Most operations a guest may do without using time or trapping. */
const OPERATIONS_PER_INSTANT_MAX = 2_000_000;

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
    if (vcpu.virqPending) vcpu.lrInUse = true;
    if (vcpu.canTakeVirq) vcpu.virqEntryLeft = this.pcpu.costs.guestIrqEntry;
    if (vcpu.virqEntryLeft >= 0) this.runFor(vcpu.virqEntryLeft);
    else this.goOn(vcpu);
  }

  /** The current vCPU faults at its next instruction, in the middle of what it does. */
  refetch(vcpu: Vcpu): void {
    const { machine, pcpu } = this;
    const { here, mayAdvance } = machine;
    machine.here = pcpu.id;
    machine.mayAdvance = false;
    this.suspend();
    vcpu.trap = OP_FETCH;
    pcpu.enterByTrap();
    machine.here = here;
    machine.mayAdvance = mayAdvance;
  }

  /** What the guest was doing needs no more CPU time. */
  operationEnded(): void {
    const vcpu = this.pcpu.current;
    if (vcpu.virqEntryLeft >= 0) return this.handleVirq(vcpu);
    vcpu.remaining = 0;
    if (vcpu.op === OP_SET_WAY) this.noteSetWay(vcpu, 0);
    vcpu.op = OP_NONE;
    this.fetch(vcpu);
  }

  /** The guest's interrupt handler, then what it interrupted. */
  private handleVirq(vcpu: Vcpu): void {
    const { machine } = this;
    vcpu.virqEntryLeft = -1;
    vcpu.virqPending = false;
    const expiry = vcpu.guest?.interrupt?.(vcpu, machine.now, machine.probe) ?? NEVER;
    if (expiry !== NEVER) setVtimer(machine, vcpu, expiry);
    else if (vcpu.vtimerFired) stopVtimer(machine, vcpu);
    this.goOn(vcpu);
  }

  /** Goes on with the operation in progress, or with the next one. */
  private goOn(vcpu: Vcpu): void {
    if (vcpu.retrap !== OP_NONE) {
      vcpu.trap = vcpu.retrap;
      vcpu.retrap = OP_NONE;
      this.pcpu.enterByTrap();
    } else if (vcpu.op === OP_TOUCH) this.touch(vcpu);
    else if (vcpu.op === OP_NONE) this.fetch(vcpu);
    else if (vcpu.op === OP_SET_WAY) this.setWay(vcpu);
    else this.run(vcpu);
  }

  /** An interrupt takes the pCPU out of the guest: notes how far the operation got. */
  suspend(): void {
    const { machine, pcpu } = this;
    const vcpu = pcpu.current;
    const slot = pcpu.runSlot;
    const left = machine.sim.dueAt(slot) - machine.now;
    if (vcpu.virqEntryLeft >= 0) {
      vcpu.virqEntryLeft = left;
    } else if (this.usesTime(vcpu)) {
      this.noteRemaining(vcpu, left);
    }
    machine.sim.cancel(slot);
  }

  /** Its pace changes. @param change - changes it */
  repace(change: () => void): void {
    const { machine, pcpu } = this;
    const vcpu = pcpu.current;
    const left = machine.sim.dueAt(pcpu.runSlot) - machine.now;
    const isTimed = vcpu.virqEntryLeft < 0 && this.usesTime(vcpu) && left !== NEVER;
    if (isTimed) this.noteRemaining(vcpu, left);
    change();
    if (isTimed) this.run(vcpu);
  }

  private usesTime({ op }: Vcpu): boolean {
    return op === OP_RUN || (op === OP_SET_WAY && !this.trapsSetWay);
  }

  /** The operation in progress would end in `left` ns. */
  private noteRemaining(vcpu: Vcpu, left: Duration): void {
    const { pace } = this.pcpu;
    const { remaining } = vcpu;
    vcpu.remaining = pace === undefined ? Math.min(remaining, left) : pace.leftOf(remaining, left);
    if (vcpu.op === OP_SET_WAY) this.noteSetWay(vcpu, vcpu.remaining);
  }

  private runFor(duration: Duration): void {
    const { machine, pcpu } = this;
    machine.sim.at(pcpu.runSlot, machine.now + duration);
  }

  /** A batch of Set/Way operations: each traps, or all of them take their time. */
  private setWay(vcpu: Vcpu): void {
    if (!this.trapsSetWay) return this.run(vcpu);
    if (--vcpu.setWayLeft === 0) vcpu.op = OP_NONE;
    vcpu.trap = OP_SET_WAY;
    this.pcpu.enterByTrap();
  }

  private get trapsSetWay(): boolean {
    return this.machine.policy.traps !== 'none';
  }

  private beginSetWay(vcpu: Vcpu): void {
    const { machine } = this;
    vcpu.setWayTotal = Math.max(1, vcpu.operand);
    vcpu.setWayLeft = vcpu.setWayTotal;
    vcpu.remaining = vcpu.setWayTotal * machine.costs.setWayOp;
    vcpu.op = OP_SET_WAY;
    this.setWay(vcpu);
  }

  /** Untrapped Set/Way operations were executed here until `remaining` ns of them are left. */
  private noteSetWay(vcpu: Vcpu, remaining: Duration): void {
    const cost = this.machine.costs.setWayOp;
    const left = cost > 0 ? Math.ceil(remaining / cost) : 0;
    const { setWayTotal: total, setWayLeft: before } = vcpu;
    if (left === before) return;
    vcpu.setWayTarget?.setWay(this.pcpu.id, total - before, total - left);
    vcpu.setWayLeft = left;
  }

  /** Lets the operation in progress go on; it makes progress from vcpu.progressFrom on. */
  private run(vcpu: Vcpu): void {
    if (vcpu.op === OP_SPIN) return;
    const { machine, pcpu } = this;
    const from = Math.max(machine.now, vcpu.progressFrom);
    const isRun = vcpu.op === OP_RUN || vcpu.op === OP_SET_WAY;
    const time = pcpu.pace === undefined ? vcpu.remaining : pcpu.pace.timeFor(vcpu.remaining);
    const end = isRun ? from + time : Math.max(from, vcpu.operand);
    machine.sim.at(pcpu.runSlot, end);
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
          setVtimer(machine, vcpu, vcpu.operand);
          continue;
        case OP_TOUCH:
          if (!vcpu.stageTwo?.faults(vcpu.operand)) continue;
          return this.touch(vcpu);
        case OP_SET_WAY:
          return this.beginSetWay(vcpu);
        case OP_CACHES_OFF:
        case OP_CACHES_ON:
        case OP_VM_REGISTER:
          if (vcpu.trapsVmRegisters) {
            vcpu.trap = op;
            return pcpu.enterByTrap();
          }
          if (op !== OP_VM_REGISTER) vcpu.cachesEnabled = op === OP_CACHES_ON;
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
