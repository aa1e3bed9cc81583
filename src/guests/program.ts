import { invariant } from '../engine/invariant.ts';
import type { Duration, Time } from '../engine/time.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import * as ports from '../hypervisor/ports.ts';
import type { Probe } from '../hypervisor/probe.ts';

/** An operation with its argument; `target`: see OP_DEFER. */
export interface Operation {
  readonly op: number;
  readonly operand: number;
  readonly target?: number;
}

/** What a guest does, as a generator: it goes on when the operation it has yielded is complete. */
export type Program = Generator<Operation, void, void>;

/** The virtual CPU that a program runs on, as the guest sees it. */
export class GuestCpu {
  private vcpu: Vcpu | undefined;
  private probe: Probe | undefined;
  /** The guest's clock [ns]. */
  now: Time = 0;
  /** What it measures that has not ended: its kind and when it began. */
  private readonly open = new Map<string, Time>();

  /** Its global number. */
  get id(): number {
    return this.current.id;
  }

  /** The pCPU it is on. */
  get pcpu(): number {
    return this.current.processor;
  }

  /** When it came up [ns]. */
  get upSince(): Time {
    return this.current.upSince;
  }

  private get current(): Vcpu {
    invariant(this.vcpu !== undefined, 'a program runs on a vCPU');
    return this.vcpu;
  }

  /** Of the long work that it has asked for something is left (a short count). */
  get hasWorkLeft(): boolean {
    return this.current.job !== undefined;
  }

  /** Acknowledges the interrupt that is pending. */
  acknowledge(): void {
    this.current.virqPending = false;
  }

  /** Begins to measure a latency of `kind`. */
  begin(kind: string): void {
    this.open.set(kind, this.now);
  }

  /** It has ended: a sample. */
  end(kind: string): void {
    const began = this.open.get(kind);
    invariant(began !== undefined, 'what ends has begun');
    this.open.delete(kind);
    this.probe?.guestSample(this.current, kind, this.now - began);
  }

  /** It will not end: no sample. */
  giveUp(kind: string): void {
    this.open.delete(kind);
  }

  /** Tells what it measures that has not ended. */
  unfinished(tell: ports.TellWait): void {
    for (const [kind, began] of this.open) tell(kind, began);
  }

  /** Something happened that is counted by `name`, `count` times. */
  count(name: string, count = 1): void {
    this.probe?.guestCounted(this.current, name, count);
  }

  /** Called by the guest before its program goes on. */
  goOn(vcpu: Vcpu, now: Time, probe: Probe): void {
    this.vcpu = vcpu;
    this.now = now;
    this.probe = probe;
  }
}

/** A guest that takes the interrupts of a timer of its own while it does what it does. */
export interface OwnTimer {
  /** When it expires next [ns]; NEVER: not any more. */
  readonly next: Time;
  /** Goes on to the first expiry that is later than `now`. @returns how many it has passed over */
  skipUntil(now: Time): number;
  /** Goes on to the first that is at `time` or later. */
  skipBefore(time: Time): void;
  /** Those up to `now`, at most `most`. */
  until(now: Time, most: number): Iterable<Time>;
}

/** A guest that runs a program; when that ends it blocks for ever. */
export class ProgramGuest implements ports.Guest {
  private readonly cpu = new GuestCpu();
  private readonly program: Program;
  private readonly timer: OwnTimer | undefined;
  private isArmed = false;
  readonly interrupt?: NonNullable<ports.Guest['interrupt']>;

  /** @param timer - when a timer of its own expires; undefined: it has none, and takes no interrupts */
  constructor(program: (cpu: GuestCpu) => Program, timer?: OwnTimer) {
    this.program = program(this.cpu);
    this.timer = timer;
    if (timer === undefined) return;
    this.interrupt = (vcpu, now, probe) => {
      probe.guestSample(vcpu, 'own_virq', now - timer.next);
      const missed = timer.skipUntil(now) - 1;
      if (missed > 0) probe.guestCounted(vcpu, 'missed_expiries', missed);
      return timer.next;
    };
  }

  next(vcpu: Vcpu, now: Time, probe: Probe): number {
    this.cpu.goOn(vcpu, now, probe);
    if (this.timer !== undefined && !this.isArmed) {
      this.isArmed = true;
      this.timer.skipBefore(vcpu.upSince);
      vcpu.operand = this.timer.next;
      return ports.OP_SET_TIMER;
    }
    const { value } = this.program.next();
    const { op, operand, target = -1 } = value ?? blockForEver;
    vcpu.operand = operand;
    vcpu.target = target;
    return op;
  }

  unfinished(_vcpu: Vcpu, now: Time, tell: ports.TellWait): void {
    this.cpu.unfinished(tell);
    if (!this.isArmed) return;
    for (const expiry of this.timer?.until(now, 1) ?? []) tell('own_virq', expiry);
  }
}

const blockForEver: Operation = { op: ports.OP_BLOCK, operand: Number.POSITIVE_INFINITY };

/** Needs `length` ns of CPU time. */
export const run = (length: Duration): Operation => ({ op: ports.OP_RUN, operand: length });
/** Polls the clock until `time` [ns]. */
export const pollUntil = (time: Time): Operation => ({ op: ports.OP_POLL_CLOCK, operand: time });
/** Blocks for `length` ns. */
export const block = (length: Duration): Operation => ({ op: ports.OP_BLOCK, operand: length });
/** Gives up its turn. */
export const yieldTurn: Operation = { op: ports.OP_YIELD, operand: 0 };
/** Waits for an interrupt. */
export const waitForInterrupt: Operation = { op: ports.OP_WFI, operand: 0 };
/** Arms its virtual timer. */
export const armTimer = (time: Time): Operation => ({ op: ports.OP_SET_TIMER, operand: time });
/** Set/Way operations on `count` positions of the cache. */
export const setWay = (count: number): Operation => ({ op: ports.OP_SET_WAY, operand: count });
/** Writes SCTLR so that the caches are on or off. */
export const caches = (on: boolean): Operation => ({
  op: on ? ports.OP_CACHES_ON : ports.OP_CACHES_OFF,
  operand: 0,
});
/** Writes another VM register, such as TTBR0. */
export const vmRegister: Operation = { op: ports.OP_VM_REGISTER, operand: 0 };
/** Accesses the page `gfn`. */
export const touch = (gfn: number): Operation => ({ op: ports.OP_TOUCH, operand: gfn });
/** Reads a register of a device that the hypervisor emulates. */
export const mmio: Operation = { op: ports.OP_MMIO, operand: 0 };
/** Reads a register of a device that the vCPU `model` emulates. */
export const io = (model: number): Operation => ({ op: ports.OP_IO, operand: model });
/** Answers the access of `vcpu`. */
export const ioDone = (vcpu: number): Operation => ({ op: ports.OP_IO_DONE, operand: vcpu });
/** Gives `target` work of `length` ns to do in the hypervisor. */
export const defer = (target: number, length: Duration): Operation => ({
  op: ports.OP_DEFER,
  operand: length,
  target,
});
/** Sends an interrupt to `vcpu`. */
export const sendSgi = (vcpu: number): Operation => ({ op: ports.OP_SEND_SGI, operand: vcpu });
/** Asks for the long work that has the number `job`. */
export const work = (job: number): Operation => ({ op: ports.OP_JOB, operand: job });
/** Starts `vcpu` (PSCI CPU_ON). */
export const cpuOn = (vcpu: number): Operation => ({ op: ports.OP_CPU_ON, operand: vcpu });
/** Goes down (PSCI CPU_OFF). */
export const cpuOff: Operation = { op: ports.OP_CPU_OFF, operand: 0 };
