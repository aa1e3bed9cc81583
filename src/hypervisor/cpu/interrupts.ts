import type { Duration } from '../../engine/time.ts';
import type { Machine } from '../machine/machine.ts';
import type { Pcpu } from './pcpu.ts';
import { GUEST, HYPERVISOR, INTERRUPT, type PcpuMode } from './pcpu-mode.ts';

/** Interrupt lines of a pCPU, lowest first: bits of what is pending. */
export const IRQ_HYP_TIMER = 1 << 0;
export const IRQ_VTIMER = 1 << 1;
export const IRQ_SGI = 1 << 2;

/**
 * The interrupts of a pCPU: pending, masked, taken on top of what it does, one after the other. From the hypervisor they return to
 * what they interrupted; from the guest into the return path.
 */
export class Interrupts {
  /** Handlers that ran. */
  count = 0;
  private readonly machine: Machine;
  private readonly pcpu: Pcpu;
  /** Interrupts are masked in hypervisor mode. */
  private masked = true;
  private pending = 0;
  /** The interrupt whose handler has not reached its action yet; 0 when it has. */
  private inService = 0;
  /** The mode that the interrupt interrupted. */
  interrupted: PcpuMode = HYPERVISOR;

  constructor(machine: Machine, pcpu: Pcpu) {
    this.machine = machine;
    this.pcpu = pcpu;
  }

  /** Some are pending: masked ones, or others while one is in service. */
  get arePending(): boolean {
    return this.pending !== 0;
  }

  /** Interrupt `line` becomes pending while a handler is at work that has more to do, here or on another pCPU. */
  raise(line: number): void {
    const { machine } = this;
    const { here, mayAdvance } = machine;
    machine.here = this.pcpu.id;
    machine.mayAdvance = false;
    this.arrives(line);
    machine.here = here;
    machine.mayAdvance = mayAdvance;
  }

  /** The event of interrupt `line`: it is taken at once unless masked or another is in service. */
  arrives(line: number): void {
    this.pending |= line;
    const { mode } = this.pcpu;
    if (mode !== INTERRUPT && !(mode === HYPERVISOR && this.masked)) this.take();
  }

  /** Interrupt `line` is not asserted any more. */
  withdraw(line: number): void {
    this.pending &= ~line;
  }

  /** Masks interrupts in the hypervisor. */
  mask(): void {
    this.masked = true;
  }

  /** Unmasks them. @returns whether some are pending, for the path to yield OPEN */
  unmask(): boolean {
    this.masked = false;
    return this.pending !== 0;
  }

  /** Leaves what runs for the handlers of all pending interrupts. */
  take(): void {
    const { pcpu } = this;
    this.interrupted = pcpu.mode;
    pcpu.suspend();
    pcpu.uncharged.begin(this.machine.now);
    pcpu.setMode(INTERRUPT);
    if (this.serveNext()) this.leave();
  }

  /** The event that ends a part of a handler. */
  partEnded(): void {
    const ended = this.inService === 0 || this.actAndLeave();
    if (ended && this.serveNext()) this.leave();
  }

  /** Starts the handler of the lowest pending interrupt. @returns whether none is left */
  private serveNext(): boolean {
    const { pcpu, machine } = this;
    const { costs } = pcpu;
    while (this.pending !== 0) {
      const line = this.pending & -this.pending;
      this.pending &= ~line;
      const fromGuest = this.interrupted === GUEST;
      let entry =
        line === IRQ_SGI
          ? fromGuest
            ? costs.sgiEntryGuest
            : costs.sgiEntryHypervisor
          : fromGuest
            ? costs.irqEntryGuest
            : costs.irqEntryHypervisor;
      if (fromGuest && pcpu.current.retireLr()) entry += costs.lrRetire;
      this.inService = line;
      this.count++;
      machine.probe.interruptStarted(pcpu.id, line);
      if (entry > 0 && !this.tryAdvance(entry)) return false;
      if (!this.actAndLeave()) return false;
    }
    return true;
  }

  /** The action of the interrupt in service. @returns whether its handler has ended already */
  private actAndLeave(): boolean {
    const { pcpu } = this;
    const line = this.inService;
    this.inService = 0;
    this.machine.actOnInterrupt(pcpu, line);
    const { sgiExit, irqExit, irqReturn } = pcpu.costs;
    const back = this.interrupted === HYPERVISOR ? irqReturn : 0;
    const exit = (line === IRQ_SGI ? sgiExit : irqExit) + back;
    return exit === 0 || this.tryAdvance(exit);
  }

  /** A part of an interrupt takes `length` ns. @returns whether they have passed already */
  private tryAdvance(length: Duration): boolean {
    const { machine } = this;
    if (machine.tryAdvance(length)) return true;
    machine.sim.at(this.pcpu.runSlot, machine.now + length);
    return false;
  }

  private leave(): void {
    const { pcpu } = this;
    pcpu.uncharged.end(this.machine.now);
    if (this.interrupted === HYPERVISOR) {
      pcpu.setMode(HYPERVISOR);
      pcpu.segment.resume();
      return;
    }
    // From the guest the return path follows, in the idle loop the check for softirqs.
    pcpu.enterHypervisor();
  }
}
