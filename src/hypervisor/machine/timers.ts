import type { Simulation } from '../../engine/simulation.ts';
import type { Duration, Time } from '../../engine/time.ts';
import { nextTick, readCounter } from './counter.ts';
import type { MachineSetup } from './machine-setup.ts';

/**
 * The hypervisor's timers. A timer is named by its slot (kind, index); it has at most one expiry. Nothing
 * but the machine's construction knows which of the implementations is used.
 */
export interface Timers {
  /** Arms the timer `slot` of `pcpu` for `expiry`, in place of what it was armed for. */
  set(slot: number, pcpu: number, expiry: Time): void;
  /** Disarms it; no effect if it is not armed. */
  stop(slot: number): void;
  /** Tells of each timer that was due before `now` and has not fired: of which pCPU it is, and when it was due. */
  overdue(now: Time, tell: (pcpu: number, due: Time) => void): void;
}

/**
 * Timers that fire exactly at their expiry, each as an event of its own: the environment of the recorded
 * decisions. An expiry in the past fires now, in the order of kinds.
 */
export class ExactTimers implements Timers {
  private readonly sim: Simulation;

  constructor(sim: Simulation) {
    this.sim = sim;
  }

  set(slot: number, _pcpu: number, expiry: Time): void {
    this.sim.at(slot, Math.max(expiry, this.sim.now));
  }

  stop(slot: number): void {
    this.sim.cancel(slot);
  }

  /** None ever is. */
  overdue(): void {}
}

/** What Xen's timers need of the machine. */
export interface TimerHardware {
  readonly now: Time;
  /** Raises TIMER on `pcpu`. */
  raiseTimer(pcpu: number): void;
  /** Programs the hypervisor timer interrupt of `pcpu`, NEVER to disable it. */
  program(pcpu: number, deadline: Time): void;
}

/**
 * Xen's timers (common/timer.c): one heap per pCPU, served by the TIMER softirq, which programs one hardware
 * deadline. Timers that come due within `slop` of the last programming are served together, late.
 */
export class XenTimers implements Timers {
  private readonly hardware: TimerHardware;
  private readonly slop: Duration;
  private readonly counterHz: number | undefined;
  private readonly heaps: TimerHeap[];
  /** The pCPU on whose heap the timer is, -1 if it is not armed. */
  private readonly ownerOf: Int16Array;
  private passed = 0;

  constructor(
    hardware: TimerHardware,
    pcpuCount: number,
    slotCount: number,
    slop: Duration,
    counterHz?: number,
  ) {
    this.hardware = hardware;
    this.slop = slop;
    this.counterHz = counterHz;
    const expiry = new Float64Array(slotCount);
    const position = new Int32Array(slotCount);
    this.heaps = Array.from({ length: pcpuCount }, () => new TimerHeap(expiry, position));
    this.ownerOf = new Int16Array(slotCount).fill(-1);
  }

  /** As Xen's set_timer: raises TIMER on the pCPUs whose earliest deadline changes. */
  set(slot: number, pcpu: number, expiry: Time): void {
    this.stop(slot);
    this.ownerOf[slot] = pcpu;
    const heap = this.heaps[pcpu];
    const levels = heap.insert(slot, expiry);
    this.passed += levels;
    if (heap.head === slot) this.hardware.raiseTimer(pcpu);
  }

  stop(slot: number): void {
    const owner = this.ownerOf[slot];
    if (owner < 0) return;
    this.ownerOf[slot] = -1;
    if (this.heaps[owner].remove(slot)) this.hardware.raiseTimer(owner);
  }

  /**
   * Whether a timer of `pcpu` has expired. Xen takes those that expire strictly before a look at the clock that comes a
   * little later: if that knows every ns, those that expire at or before now.
   */
  hasExpired(pcpu: number): boolean {
    return this.heaps[pcpu].headExpiry < readCounter(this.hardware.now + 1, this.counterHz);
  }

  /** Takes the earliest timer of `pcpu` that has expired; -1 if none has. */
  takeExpired(pcpu: number): number {
    if (!this.hasExpired(pcpu)) return -1;
    const slot = this.heaps[pcpu].head;
    this.heaps[pcpu].remove(slot);
    this.ownerOf[slot] = -1;
    return slot;
  }

  overdue(now: Time, tell: (pcpu: number, due: Time) => void): void {
    this.ownerOf.forEach((pcpu, slot) => {
      if (pcpu >= 0 && this.expiryOf(slot) < now) tell(pcpu, this.expiryOf(slot));
    });
  }

  /** How many timers those that were armed since it was last asked went past in the heaps. */
  takePassed(): number {
    const { passed } = this;
    this.passed = 0;
    return passed;
  }

  /** When `slot`, just taken, should have fired [ns]. */
  expiryOf(slot: number): Time {
    return this.heaps[0].expiryOf(slot);
  }

  /**
   * Programs the hardware for the earliest deadline of `pcpu`, but not earlier than `slop` from now. It is rounded down to
   * a tick; where that has passed without any timer to serve, the hardware asks again at each tick.
   */
  reprogram(pcpu: number): void {
    const { hardware, slop, counterHz } = this;
    const { now } = hardware;
    const deadline = Math.max(this.heaps[pcpu].headExpiry, readCounter(now, counterHz) + slop);
    if (counterHz === undefined || deadline === Number.POSITIVE_INFINITY) {
      return hardware.program(pcpu, deadline);
    }
    const tick = readCounter(deadline, counterHz);
    hardware.program(pcpu, tick > now ? tick : nextTick(now, counterHz));
  }
}

/**
 * Binary min-heap of timer slots, with Xen's treatment of equal expiries: floating up passes strictly later
 * parents only; sinking goes left unless the right child is strictly earlier, and passes equals.
 */
class TimerHeap {
  private readonly expiry: Float64Array;
  private readonly position: Int32Array;
  /** From index 1. */
  private readonly slots: number[] = [-1];

  constructor(expiry: Float64Array, position: Int32Array) {
    this.expiry = expiry;
    this.position = position;
  }

  /** The earliest; there is one if `headExpiry` is finite. */
  get head(): number {
    return this.slots[1];
  }

  get headExpiry(): Time {
    return this.slots.length > 1 ? this.expiry[this.slots[1]] : Number.POSITIVE_INFINITY;
  }

  expiryOf(slot: number): Time {
    return this.expiry[slot];
  }

  /** @returns how many timers it went past */
  insert(slot: number, expiry: Time): number {
    this.expiry[slot] = expiry;
    this.slots.push(slot);
    return this.floatUp(this.slots.length - 1, slot);
  }

  /** @returns whether `slot` was the head */
  remove(slot: number): boolean {
    const at = this.position[slot];
    const last = this.slots.pop() as number;
    if (last !== slot) {
      this.place(at, last);
      this.floatUp(at, last);
      this.sink(this.position[last], last);
    }
    return at === 1;
  }

  private place(at: number, slot: number): void {
    this.slots[at] = slot;
    this.position[slot] = at;
  }

  /** @returns by how many levels */
  private floatUp(from: number, slot: number): number {
    let at = from;
    let levels = 0;
    while (at > 1) {
      const parent = this.slots[at >> 1];
      if (!(this.expiry[slot] < this.expiry[parent])) break;
      this.place(at, parent);
      at >>= 1;
      levels++;
    }
    this.place(at, slot);
    return levels;
  }

  private sink(from: number, slot: number): void {
    let at = from;
    const size = this.slots.length - 1;
    while (2 * at <= size) {
      let child = 2 * at;
      if (child < size && this.expiry[this.slots[child + 1]] < this.expiry[this.slots[child]])
        child++;
      if (this.expiry[this.slots[child]] > this.expiry[slot]) break;
      this.place(at, this.slots[child]);
      at = child;
    }
    this.place(at, slot);
  }
}

/** The timers of a machine that is being built. */
export function timersOf(
  machine: TimerHardware & { readonly sim: Simulation },
  { timers, pcpus, counterHz }: MachineSetup,
): Timers {
  if (timers === 'exact') return new ExactTimers(machine.sim);
  return new XenTimers(machine, pcpus, machine.sim.slotCount, timers.slop, counterHz);
}
