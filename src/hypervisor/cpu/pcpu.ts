import { invariant } from '../../engine/invariant.ts';
import { type Duration, NEVER, type Time } from '../../engine/time.ts';
import type { Costs } from '../machine/costs.ts';
import { RUN, SOFTIRQ } from '../machine/event-kinds.ts';
import type { Machine } from '../machine/machine.ts';
import type { LockUser } from '../machine/rw-lock.ts';
import { TRAP_IRQ, type Vcpu } from '../machine/vcpu.ts';
import { type Activity, IN_GUEST, IN_IDLE, IN_INTERRUPT, IN_PATH } from '../paths/activity.ts';
import { DISPATCH, ENTER_GUEST, OPEN, SPIN, SWITCHED, WAIT, WORK } from '../paths/path.ts';
import { isSetWayTrap, willFlush } from '../paths/set-way.ts';
import { GuestMode } from './guest-mode.ts';
import { Segment } from './segment.ts';
import { lowestSoftirq } from './softirq.ts';

/** What a pCPU is doing: guest code, hypervisor code, an interrupt handler, or waiting in WFI. */
export const GUEST = 0;
export const HYPERVISOR = 1;
export const INTERRUPT = 2;
export const IDLE = 3;
/** One of GUEST, HYPERVISOR, INTERRUPT, IDLE. */
export type PcpuMode = 0 | 1 | 2 | 3;

/** Most traps that guests may make without any time passing: more is a guest that never gets on. */
const TRAPS_PER_INSTANT_MAX = 1_000_000;

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
export class Pcpu implements LockUser {
  readonly id: number;
  readonly idle: Vcpu;
  /** Whose hypervisor stack is in use. */
  current: Vcpu;
  /** What steps cost here since it came to the hypervisor, from a guest or from waiting, or switched to another vCPU. */
  costs: Costs;
  /** Draws them anew; undefined: they do not vary. */
  private readonly drawCosts: (() => Costs) | undefined;
  mode: PcpuMode = HYPERVISOR;
  /** Softirqs raised and not yet handled, by number. */
  softirqPending = 0;
  /** When each pending softirq was raised [ns]. */
  readonly raisedAt = new Float64Array(8);
  /** Time spent in each mode up to `modeSince` [ns]. */
  readonly timeIn = new Float64Array(4);
  private modeSince: Time = 0;
  /** What its time goes to, and did when the interrupt came. */
  activity: Activity = IN_PATH;
  private interruptedActivity: Activity = IN_PATH;
  /** Interrupts whose handlers ran. */
  interruptCount = 0;
  /** Synchronous traps from the guest. */
  trapCount = 0;
  private trapsAtOnce = 0;
  private lastTrapAt: Time = 0;
  private readonly machine: Machine;
  private readonly guestMode: GuestMode;
  /** What it is busy with in the hypervisor. */
  readonly segment: Segment;

  /** vCPUs whose flush was handed over to the idle vCPU, first come, first served. */
  readonly tasklets: Vcpu[] = [];
  /** The scheduler has been told of them, so the idle vCPU may work on them. */
  taskletScheduled = false;

  /** Interrupts are masked in hypervisor mode. */
  private masked = true;
  /** Hypervisor code is being run, and is to go on when it has left off. */
  private driving = false;
  private goesOn = false;
  private pendingIrqs = 0;
  /** The interrupt whose handler has not reached its action yet; 0 when it has. */
  private irqInService = 0;
  /** The mode that the interrupt interrupted. */
  private interrupted: PcpuMode = HYPERVISOR;
  /** Interrupts and softirqs it is in, one inside the other; since when; and their time before [ns]. */
  private unchargedDepth = 0;
  private unchargedSince: Time = NEVER;
  private uncharged: Duration = 0;

  constructor(machine: Machine, id: number, idle: Vcpu, drawCosts: (() => Costs) | undefined) {
    this.machine = machine;
    this.id = id;
    this.idle = idle;
    this.current = idle;
    this.costs = machine.costs;
    this.drawCosts = drawCosts;
    this.guestMode = new GuestMode(machine, this);
    this.segment = new Segment(machine, this);
  }

  // ---- Softirqs ------------------------------------------------------------------------------------------

  /**
   * Raises softirq `nr` here (cpu_raise_softirq): the bit first, then, unless it was already set or this
   * pCPU is in the hypervisor itself, an SGI that makes it check.
   */
  raise(nr: number): void {
    const { machine } = this;
    const bit = 1 << nr;
    if ((this.softirqPending & bit) !== 0) return;
    this.softirqPending |= bit;
    this.raisedAt[nr] = machine.now;
    machine.probe.softirqRaised(this.id, nr);
    this.segment.requestStop();
    if (machine.here !== this.id) machine.sendSgi(this);
    else if (this.mode === GUEST || this.mode === IDLE) this.interrupt(IRQ_SGI);
  }

  /** Takes the lowest pending softirq that is not among `ignored`: clears its bit and returns its number. */
  takeSoftirq(ignored: number): number {
    const nr = lowestSoftirq(this.softirqPending & ~ignored);
    this.softirqPending &= ~(1 << nr);
    this.machine.probe.softirqStarted(this.id, nr, this.machine.now - this.raisedAt[nr]);
    return nr;
  }

  /** Chunked work that runs here has a reason to stop at its next check point. */
  get wantsWorkToStop(): boolean {
    if (this.softirqPending !== 0) return true;
    const { policy } = this.machine;
    const { current } = this;
    if (policy.style === 'continuation' && current.canTakeVirq) return true;
    if (policy.style === 'work-queue' && current.deferredWork > 0) return true;
    return policy.lock !== 'hold' && current.p2mLock.isContended;
  }

  // ---- Locks ---------------------------------------------------------------------------------------------

  granted(): void {
    this.segment.endSpin();
  }

  contended(): void {
    if (this.machine.policy.lock !== 'hold') this.segment.requestStop();
  }

  // ---- Interrupts ----------------------------------------------------------------------------------------

  /** Nothing would come of an SGI that takes no time: it finds its bit and softirqs run later anyway. */
  get ignoresFreeSgi(): boolean {
    return this.mode === HYPERVISOR || this.mode === INTERRUPT;
  }

  /** Interrupt `line` becomes pending while a handler is at work that has more to do, here or on another pCPU. */
  interrupt(line: number): void {
    const { machine } = this;
    const { here, mayAdvance } = machine;
    machine.here = this.id;
    machine.mayAdvance = false;
    this.interruptArrives(line);
    machine.here = here;
    machine.mayAdvance = mayAdvance;
  }

  /** The event of interrupt `line`: it is taken at once unless masked or another is in service. */
  interruptArrives(line: number): void {
    this.pendingIrqs |= line;
    if (this.mode !== INTERRUPT && !(this.mode === HYPERVISOR && this.masked)) this.takeInterrupt();
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
    if (this.mode !== HYPERVISOR) this.renewCosts();
    if (this.mode === GUEST) {
      this.guestMode.suspend();
      this.current.trap = TRAP_IRQ;
      this.current.trapFlushes = false;
    } else if (this.mode === HYPERVISOR) this.segment.suspend();
    this.beginUncharged();
    this.setMode(INTERRUPT);
    if (this.serveNext()) this.returnFromInterrupt();
  }

  /** Starts the handler of the lowest pending interrupt. @returns whether none is left */
  private serveNext(): boolean {
    const { costs } = this;
    while (this.pendingIrqs !== 0) {
      const line = this.pendingIrqs & -this.pendingIrqs;
      this.pendingIrqs &= ~line;
      const fromGuest = this.interrupted === GUEST;
      let entry =
        line === IRQ_SGI
          ? fromGuest
            ? costs.sgiEntryGuest
            : costs.sgiEntryHypervisor
          : fromGuest
            ? costs.irqEntryGuest
            : costs.irqEntryHypervisor;
      if (fromGuest && this.current.retireLr()) entry += costs.lrRetire;
      this.irqInService = line;
      this.interruptCount++;
      this.machine.probe.interruptStarted(this.id, line);
      if (entry > 0 && !this.tryAdvance(entry)) return false;
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
    const { sgiExit, irqExit, irqReturn } = this.costs;
    const back = this.interrupted === HYPERVISOR ? irqReturn : 0;
    const exit = (line === IRQ_SGI ? sgiExit : irqExit) + back;
    return exit === 0 || this.tryAdvance(exit);
  }

  /** A part of an interrupt takes `length` ns. @returns whether they have passed already */
  private tryAdvance(length: Duration): boolean {
    const { machine } = this;
    if (machine.tryAdvance(length)) return true;
    machine.sim.at(machine.slot(RUN, this.id), machine.now + length);
    return false;
  }

  private returnFromInterrupt(): void {
    this.endUncharged();
    if (this.interrupted === HYPERVISOR) {
      this.setMode(HYPERVISOR);
      this.segment.resume();
      return;
    }
    // From the guest the return path follows, in the idle loop the check for softirqs.
    this.enterHypervisor();
  }

  /** `vcpu` has to fetch its instructions through the p2m anew, if it executes in the guest here. */
  refetch(vcpu: Vcpu): void {
    if (this.mode !== GUEST || this.current !== vcpu) return;
    if (vcpu.stageTwo?.faults(vcpu.codeGfn)) this.guestMode.refetch(vcpu);
  }

  // ---- Hypervisor code -----------------------------------------------------------------------------------

  /** A guest's operation traps: `vcpu.trap` says which. */
  enterByTrap(): void {
    const { now } = this.machine;
    this.trapCount++;
    const { current } = this;
    current.trappedAt = now;
    current.trapFlushes = isSetWayTrap(current.trap) && willFlush(this.machine, current);
    this.renewCosts();
    if (now > this.lastTrapAt) this.trapsAtOnce = 0;
    this.lastTrapAt = now;
    if (++this.trapsAtOnce > TRAPS_PER_INSTANT_MAX) {
      throw new RangeError(`pCPU ${this.id} takes ${TRAPS_PER_INSTANT_MAX} traps in no time`);
    }
    this.enterHypervisor();
  }

  /** Goes on with the hypervisor stack of the current vCPU, interrupts masked. */
  enterHypervisor(): void {
    this.setMode(HYPERVISOR);
    this.masked = true;
    // From within drive(), where a guest traps at once: it goes on there, so that traps do not nest.
    if (this.driving) this.goesOn = true;
    else this.drive();
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
    this.driving = true;
    do {
      this.goesOn = false;
      this.driveOnce();
    } while (this.goesOn);
    this.driving = false;
  }

  private driveOnce(): void {
    for (;;) {
      const stack = this.current.stack;
      invariant(stack !== undefined, 'a vCPU that runs has a hypervisor stack');
      const step = stack.next().value as number;
      if (step >= 0) return this.segment.begin(RUN, step);
      switch (step) {
        case SWITCHED:
          continue;
        case DISPATCH:
          return this.segment.begin(SOFTIRQ, this.costs.softirqDispatch);
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
          return this.segment.beginWork();
        case SPIN:
          return this.segment.beginSpin();
        default:
          throw new RangeError(`unknown step ${step}`);
      }
    }
  }

  // ---- Time ----------------------------------------------------------------------------------------------

  /** Notes what its time goes to from now on. */
  setActivity(activity: Activity): void {
    if (activity === this.activity) return;
    this.activity = activity;
    this.machine.probe.activityChanged(this.id, activity, this.current);
  }

  /** Somebody else's code and data are used from now on: the hypervisor's, after a guest, or another vCPU's. */
  renewCosts(): void {
    if (this.drawCosts !== undefined) this.costs = this.drawCosts();
  }

  /** What its time goes to when it goes over to `mode`. */
  private activityIn(mode: PcpuMode): Activity {
    if (mode === GUEST) return IN_GUEST;
    if (mode === IDLE) return IN_IDLE;
    if (mode === INTERRUPT) {
      this.interruptedActivity = this.activity;
      return IN_INTERRUPT;
    }
    const back = this.mode === INTERRUPT && this.interrupted === HYPERVISOR;
    return back ? this.interruptedActivity : IN_PATH;
  }

  /** An interrupt, or softirqs, begin: time that is nobody's own. */
  beginUncharged(): void {
    if (this.unchargedDepth++ === 0) this.unchargedSince = this.machine.now;
  }

  endUncharged(): void {
    if (--this.unchargedDepth === 0) this.uncharged += this.machine.now - this.unchargedSince;
  }

  /** Time in interrupts and softirqs since it was last asked for [ns]. */
  takeUncharged(): Duration {
    const { now } = this.machine;
    const open = this.unchargedDepth > 0 ? now - this.unchargedSince : 0;
    const taken = this.uncharged + open;
    this.uncharged = 0;
    this.unchargedSince = now;
    return taken;
  }

  /** Notes what the pCPU does from now on. */
  setMode(mode: PcpuMode): void {
    const now = this.machine.now;
    this.timeIn[this.mode] += now - this.modeSince;
    if (this.mode === GUEST) this.current.guestTime += now - this.modeSince;
    if (mode !== this.mode) this.setActivity(this.activityIn(mode));
    this.modeSince = now;
    this.mode = mode;
    this.machine.probe.modeChanged(this.id, mode);
  }
}
