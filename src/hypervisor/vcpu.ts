import { NEVER, type Time } from '../engine/time.ts';
import type { CpuMask } from './cpu-mask.ts';
import type { Domain } from './domain.ts';
import type { Step } from './paths.ts';
import type { ChunkedWork, Guest, Reservation, StageTwo } from './ports.ts';

/** Runstates (public/vcpu.h): what a vCPU is doing, exactly one of these. */
export const RUNNING = 0;
export const RUNNABLE = 1;
export const BLOCKED = 2;
export const OFFLINE = 3;
/** One of RUNNING, RUNNABLE, BLOCKED, OFFLINE. */
export type Runstate = 0 | 1 | 2 | 3;

/** Why a vCPU may not run: bits of its pause flags, numbered as in xen/sched.h. */
export const PAUSED_BLOCKED = 1 << 0;
export const PAUSED_DOWN = 1 << 1;
export const PAUSED_MIGRATING = 1 << 3;
export const PAUSED_PARKED = 1 << 8;

/** What the vCPU's current stay in the hypervisor is for. */
export const TRAP_IRQ = 0;

/** A virtual CPU, or the idle vCPU of a pCPU. Data only: the scheduling core and the pCPUs act on it. */
export class Vcpu {
  /** Global number in order of creation, from 0; the idle vCPU of pCPU p: -1 - p. */
  readonly id: number;
  /** undefined for idle vCPUs, which belong to no modelled domain. */
  readonly domain: Domain | undefined;
  /** What it does in the guest; undefined for idle vCPUs. */
  readonly guest: Guest | undefined;

  // Scheduling (the unit of granularity "cpu").
  /** The pCPU the scheduler has it on; where it runs while it is running. */
  processor: number;
  pauseFlags = PAUSED_DOWN;
  pauseCount = 0;
  /** On a pCPU, its context not yet saved. */
  isRunning = false;
  /** When it was last switched in, or out [ns]. */
  stateEntryTime: Time = 0;
  /** The scheduler took it from another pCPU's queue when it was chosen last. */
  migrated = false;
  /** RTDS: what the toolstack has set; undefined: the scheduler's default. */
  reservation: Reservation | undefined;
  hardAffinity: CpuMask;
  softAffinity: CpuMask;
  /** Soft affinity narrows hard affinity (soft_aff_effective). */
  softAffinityEffective = false;
  runstate: Runstate = OFFLINE;
  runstateSince: Time = 0;
  /** Time spent in each runstate up to runstateSince [ns]. */
  readonly runstateTime = new Float64Array(4);

  // Its hypervisor stack.
  /** The suspended hypervisor code: goes on wherever this vCPU is scheduled next. */
  stack: Iterator<Step, void, void> | undefined;
  /** What brought it into the hypervisor: TRAP_IRQ or the guest's operation. */
  trap = TRAP_IRQ;

  // In the guest.
  /** The operation in progress (see ports.ts), OP_NONE if the next one has to be fetched. */
  op = 0;
  /** Argument of the operation the program has named last. */
  operand = 0;
  /** CPU time the operation in progress still needs [ns]. */
  remaining = 0;
  /** The program makes no progress before this: its caches are cold after a context switch. */
  progressFrom: Time = 0;
  /** When its virtual timer expires, NEVER if it is not armed. */
  vtimer: Time = NEVER;
  /** Its virtual timer has expired and the guest has not re-armed it. */
  virqPending = false;

  // Set/Way emulation.
  /** The guest's caches are on (SCTLR.M and SCTLR.C). */
  cachesEnabled = true;
  /** Writes to VM registers trap (HCR_EL2.TVM). Survives CPU off and on. */
  trapsVmRegisters = false;

  // Work before it may return to the guest.
  needFlushToRam = false;
  /** The flush of its domain's memory; undefined if the domain has none to flush. */
  flush: ChunkedWork | undefined;
  /** Its domain's stage-2 table; undefined: no access is tracked, no access faults. */
  stageTwo: StageTwo | undefined;
  /** The page its code is in. */
  codeGfn = 0;

  constructor(
    id: number,
    processor: number,
    affinity: CpuMask,
    domain: Domain | undefined,
    guest: Guest | undefined,
  ) {
    this.id = id;
    this.processor = processor;
    this.hardAffinity = affinity;
    this.softAffinity = affinity;
    this.domain = domain;
    this.guest = guest;
  }

  get isIdle(): boolean {
    return this.id < 0;
  }

  /** May run (vcpu_runnable): nothing pauses it. */
  get isRunnable(): boolean {
    return this.pauseFlags === 0 && this.pauseCount === 0;
  }
}
