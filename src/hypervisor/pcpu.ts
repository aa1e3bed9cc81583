import { invariant } from '../engine/invariant.ts';
import type { Time } from '../engine/time.ts';
import { RUN, SOFTIRQ } from './event-kinds.ts';
import { GuestMode } from './guest-mode.ts';
import type { Machine } from './machine.ts';
import { DISPATCH, ENTER_GUEST, OPEN, SWITCHED, WAIT, WORK } from './paths.ts';
import { Segment } from './segment.ts';
import { lowestSoftirq } from './softirq.ts';
import { TRAP_IRQ, type Vcpu } from './vcpu.ts';

/** What a pCPU is doing: guest code, hypervisor code, an interrupt handler, or waiting in WFI. */
export const GUEST = 0;
export const HYPERVISOR = 1;
export const INTERRUPT = 2;
export const IDLE = 3;
/** One of GUEST, HYPERVISOR, INTERRUPT, IDLE. */
export type PcpuMode = 0 | 1 | 2 | 3;

/** Interrupt lines of a pCPU, lowest first: bits of `pendingIrqs`. */
export const IRQ_HYP_TIMER = 1 << 0;
export const IRQ_VTIMER = 1 << 1;
export const IRQ_SGI = 1 << 2;

/**
 * A physical CPU: drives the hypervisor stack of its current vCPU, takes interrupts on top of it, and runs
 * guest code.
 *
 * At any time it is busy with one *segment*, which ends by an event of its own: a step of a hypervisor path,
 * a stretch of chunked work, or a guest operation. An interrupt suspends the segment and, if it interrupted
 * the hypervisor, resumes it afterwards; from the guest it leads into the return path.
 */
export class Pcpu {
  readonly id: number;
  readonly idle: Vcpu;
  /** Whose hypervisor stack is in use. */
  current: Vcpu;
  mode: PcpuMode = HYPERVISOR;
  /** Softirqs raised and not yet handled, by number. */
  softirqPending = 0;
  /** When each pending softirq was raised [ns]. */
  readonly raisedAt = new Float64Array(8);
  /** Time spent in each mode up to `modeSince` [ns]. */
  readonly timeIn = new Float64Array(4);
  private modeSince: Time = 0;
  /** Interrupts whose handlers ran. */
  interruptCount = 0;
  /** Synchronous traps from the guest. */
  trapCount = 0;
  private readonly machine: Machine;
  private readonly guestMode: GuestMode;
  /** What it is busy with in the hypervisor. */
  readonly segment: Segment;

  /** Interrupts are masked in hypervisor mode. */
  private masked = true;
  private pendingIrqs = 0;
  /** The interrupt whose handler has not reached its action yet; 0 when it has. */
  private irqInService = 0;
  /** The mode that the interrupt interrupted. */
  private interrupted: PcpuMode = HYPERVISOR;

  constructor(machine: Machine, id: number, idle: Vcpu) {
    this.machine = machine;
    this.id = id;
    this.idle = idle;
    this.current = idle;
    this.guestMode = new GuestMode(machine, this);
    this.segment = new Segment(machine, id);
  }

  // ---- Softirqs ------------------------------------------------------------------------------------------

  /**
   * Raises softirq `nr` here (cpu_raise_softirq): the bit first, then, unless it was already set or this
   * pCPU is in the hypervisor itself, an SGI that makes it look.
   */
  raise(nr: number): void {
    const { machine } = this;
    const bit = 1 << nr;
    if ((this.softirqPending & bit) !== 0) return;
    this.softirqPending |= bit;
    this.raisedAt[nr] = machine.now;
    machine.probe.softirqRaised(this.id, nr);
    this.segment.softirqRaised();
    if (machine.here !== this.id) machine.sendSgi(this);
    else if (this.mode === GUEST || this.mode === IDLE) this.interrupt(IRQ_SGI);
  }

  /** Takes the lowest pending softirq: clears its bit and returns its number. */
  takeSoftirq(): number {
    const nr = lowestSoftirq(this.softirqPending);
    this.softirqPending &= ~(1 << nr);
    this.machine.probe.softirqStarted(this.id, nr, this.machine.now - this.raisedAt[nr]);
    return nr;
  }

  // ---- Interrupts ----------------------------------------------------------------------------------------

  /** Nothing would come of an SGI that takes no time: it finds its bit and softirqs run later anyway. */
  get ignoresFreeSgi(): boolean {
    return this.mode === HYPERVISOR || this.mode === INTERRUPT;
  }

  /** Interrupt `line` becomes pending; it is taken at once unless masked or another is in service. */
  interrupt(line: number): void {
    this.pendingIrqs |= line;
    if (this.mode === INTERRUPT || (this.mode === HYPERVISOR && this.masked)) return;
    const { machine } = this;
    const here = machine.here;
    machine.here = this.id;
    this.takeInterrupt();
    machine.here = here;
  }

  /** Interrupt `line` is not asserted any more. */
  withdraw(line: number): void {
    this.pendingIrqs &= ~line;
  }

  /** Masks interrupts in the hypervisor. */
  mask(): void {
    this.masked = true;
  }

  /** Unmasks them. @returns whether some are pending, for the path to yield OPEN */
  unmask(): boolean {
    this.masked = false;
    return this.pendingIrqs !== 0;
  }

  /** Leaves what runs for the handlers of all pending interrupts. */
  private takeInterrupt(): void {
    this.interrupted = this.mode;
    if (this.mode === GUEST) {
      this.guestMode.suspend();
      this.current.trap = TRAP_IRQ;
    } else if (this.mode === HYPERVISOR) this.segment.suspend();
    this.setMode(INTERRUPT);
    if (this.serveNext()) this.returnFromInterrupt();
  }

  /** Starts the handler of the lowest pending interrupt. @returns whether none is left */
  private serveNext(): boolean {
    const { costs } = this.machine;
    while (this.pendingIrqs !== 0) {
      const line = this.pendingIrqs & -this.pendingIrqs;
      this.pendingIrqs &= ~line;
      const fromGuest = this.interrupted === GUEST;
      const entry =
        line === IRQ_SGI
          ? fromGuest
            ? costs.sgiEntryGuest
            : costs.sgiEntryHypervisor
          : fromGuest
            ? costs.irqEntryGuest
            : costs.irqEntryHypervisor;
      this.irqInService = line;
      this.interruptCount++;
      if (entry > 0) {
        this.machine.sim.at(this.machine.slot(RUN, this.id), this.machine.now + entry);
        return false;
      }
      if (!this.actAndLeave()) return false;
    }
    return true;
  }

  /** The action of the interrupt in service. @returns whether its handler has ended already */
  private actAndLeave(): boolean {
    const { machine } = this;
    const line = this.irqInService;
    this.irqInService = 0;
    machine.actOnInterrupt(this, line);
    const { sgiExit, irqExit, irqReturn } = machine.costs;
    const back = this.interrupted === HYPERVISOR ? irqReturn : 0;
    const exit = (line === IRQ_SGI ? sgiExit : irqExit) + back;
    if (exit === 0) return true;
    machine.sim.at(machine.slot(RUN, this.id), machine.now + exit);
    return false;
  }

  private returnFromInterrupt(): void {
    if (this.interrupted === HYPERVISOR) {
      this.setMode(HYPERVISOR);
      this.segment.resume(this.softirqPending !== 0);
      return;
    }
    // From the guest the return path follows, in the idle loop the look for softirqs.
    this.enterHypervisor();
  }

  // ---- Hypervisor code -----------------------------------------------------------------------------------

  /** A guest's operation traps: `vcpu.trap` says which. */
  enterByTrap(): void {
    this.trapCount++;
    this.enterHypervisor();
  }

  /** Goes on with the hypervisor stack of the current vCPU, interrupts masked. */
  enterHypervisor(): void {
    this.setMode(HYPERVISOR);
    this.masked = true;
    this.drive();
  }

  /** The event that ends the segment (kind RUN or SOFTIRQ). */
  segmentEnded(): void {
    if (this.mode === GUEST) {
      this.guestMode.operationEnded();
    } else if (this.mode === INTERRUPT) {
      const ended = this.irqInService === 0 || this.actAndLeave();
      if (ended && this.serveNext()) this.returnFromInterrupt();
    } else {
      this.drive();
    }
  }

  /** Runs hypervisor code until it takes time, waits, or enters the guest. */
  private drive(): void {
    for (;;) {
      const stack = this.current.stack;
      invariant(stack !== undefined, 'a vCPU that runs has a hypervisor stack');
      const step = stack.next().value as number;
      if (step >= 0) return this.segment.begin(RUN, step);
      switch (step) {
        case SWITCHED:
          continue;
        case DISPATCH:
          return this.segment.begin(SOFTIRQ, this.machine.costs.softirqDispatch);
        case ENTER_GUEST:
          this.setMode(GUEST);
          if (this.pendingIrqs !== 0) this.takeInterrupt();
          else this.guestMode.enter();
          return;
        case WAIT:
          this.setMode(IDLE);
          if (this.pendingIrqs !== 0) this.takeInterrupt();
          return;
        case OPEN:
          this.segment.begin(RUN, 0);
          this.takeInterrupt();
          return;
        case WORK:
          return this.segment.beginWork(this.softirqPending !== 0);
        default:
          throw new RangeError(`unknown step ${step}`);
      }
    }
  }

  // ---- Time ----------------------------------------------------------------------------------------------

  /** Notes what the pCPU does from now on. */
  setMode(mode: PcpuMode): void {
    const now = this.machine.now;
    this.timeIn[this.mode] += now - this.modeSince;
    this.modeSince = now;
    this.mode = mode;
  }
}
