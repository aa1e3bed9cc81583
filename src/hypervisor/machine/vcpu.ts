import { InvariantError } from '../../engine/invariant.ts';
import { NEVER, type Time } from '../../engine/time.ts';
import type { JobRun } from '../jobs/job-run.ts';
import type { Step } from '../paths/path.ts';
import type { SoftirqRound } from '../paths/softirq-paths.ts';
import type { Guest, Reservation, SetWayTarget, StageTwo } from '../ports.ts';
import type { CpuMask } from './cpu-mask.ts';
import type { Domain } from './domain.ts';
import { type LockUser, RwLock } from './rw-lock.ts';

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
export const PAUSED_IN_XEN = 1 << 2;
export const PAUSED_MIGRATING = 1 << 3;
export const PAUSED_PARKED = 1 << 8;
/** Its domain is paused: in Xen a count of the domain's, here a bit that its vCPUs share. */
export const PAUSED_DOMAIN = 1 << 9;

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
  /** It has been woken for the first time. */
  wasStarted = false;
  /** It is blocked until a timer of the hypervisor's ends that (SCHEDOP_poll with a timeout). */
  isPolling = false;
  pauseCount = 0;
  /** How often the toolstack has paused it and not unpaused it since; counted in `pauseCount` too. */
  toolstackPauses = 0;
  /** It was created and not destroyed since; before and after it is down or paused, and offline. */
  exists = false;
  /** On a pCPU, its context not yet saved. */
  isRunning = false;
  /** Who spins until it is off its pCPU. */
  awaitedBy: LockUser | undefined;
  /** When it was last switched in, or out [ns]. */
  stateEntryTime: Time = 0;
  /** The scheduler took it from another pCPU's queue when it was chosen last. */
  migrated = false;
  /** RTDS: what the toolstack has set; undefined: the scheduler's default. */
  reservation: Reservation | undefined;
  /** The credit it begins with, in the scheduler's own unit; undefined: as the scheduler has it. */
  initialCredit: number | undefined;
  hardAffinity: CpuMask;
  softAffinity: CpuMask;
  /** Soft affinity narrows hard affinity (soft_aff_effective). */
  softAffinityEffective = false;
  runstate: Runstate = OFFLINE;
  /** When it came up last (its first wake, or PSCI CPU_ON) [ns]. */
  upSince: Time = NEVER;
  /** When it is to be started, or its block to end [ns]. */
  wakeDue: Time = NEVER;
  runstateSince: Time = 0;
  /** Time spent in each runstate up to runstateSince [ns]. */
  readonly runstateTime = new Float64Array(4);

  // Its hypervisor stack.
  /** The suspended hypervisor code: goes on wherever this vCPU is scheduled next. */
  stack: Iterator<Step, void, void> | undefined;
  /** The part of it that serves softirqs. */
  softirqs: SoftirqRound | undefined;
  /** Softirqs that the next round of these leaves pending, a bit each. */
  ignoredSoftirqs = 0;
  /** When it trapped last [ns]. */
  trappedAt: Time = 0;
  /** What brought it into the hypervisor: TRAP_IRQ or the guest's operation. */
  trap = TRAP_IRQ;

  // In the guest.
  /** The operation in progress (see ports.ts), OP_NONE if the next one has to be fetched. */
  op = 0;
  /** Argument of the operation the program has named last. */
  operand = 0;
  /** The other vCPU (global number) that operation concerns, if it needs one besides its argument. */
  target = -1;
  /** CPU time the operation in progress still needs [ns]. */
  remaining = 0;
  /** The program makes no progress before this: its caches are cold after a context switch. */
  progressFrom: Time = 0;
  /** Time it executed in the guest, up to when it left it last [ns]. */
  guestTime = 0;
  /** When its virtual timer expires, NEVER if it is not armed. */
  vtimer: Time = NEVER;
  /** When what it is armed for is due: not before it was armed [ns]. */
  vtimerDue: Time = NEVER;
  /** Its virtual timer has expired and the guest has not re-armed it. */
  vtimerFired = false;
  /** An interrupt waits that the guest has not taken: of its timer or of another vCPU. */
  virqPending = false;
  /** A list register of its pCPU holds an interrupt that its guest has seen. */
  lrInUse = false;
  /** That interrupt is not the one that waits: it was finished before. */
  lrIsOld = false;
  /** Its guest is on the way to its interrupt handler, for so much longer [ns]; negative: it is not. */
  virqEntryLeft = -1;
  /** Set/Way operations that the one in progress has still to do, of how many. */
  setWayLeft = 0;
  setWayTotal = 0;
  /** What its untrapped Set/Way operations act on; undefined: nothing that is modelled. */
  setWayTarget: SetWayTarget | undefined;

  // Set/Way emulation.
  /** The guest's caches are on (SCTLR.M and SCTLR.C). */
  cachesEnabled = true;
  /** Writes to VM registers trap (HCR_EL2.TVM). Survives CPU off and on. */
  trapsVmRegisters = false;

  // Work before it may return to the guest.
  /** Long work that it has to do, in the order of their turns. */
  private readonly onReturn: JobRun[] = [];
  /** Its requests of the standing jobs. */
  standingRuns: readonly JobRun[] = [];
  /** The long work that its trap leads to, or has led to: until it traps, or is interrupted in the guest, again. */
  stayFor: JobRun | undefined;
  /** A continuation: the guest executes this trapping operation again. OP_NONE: there is none. */
  retrap = 0;
  /** An access to a device model has not been answered. */
  ioPending = false;
  /** The job that it has asked for and that is not done, if it is done on its own stack. */
  job: JobRun | undefined;
  /** Its domain's stage-2 table; undefined: no access is tracked, no access faults. */
  stageTwo: StageTwo | undefined;
  /** The lock of its domain's p2m. */
  p2mLock = new RwLock();
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

  /** Something has to be done before it returns to the guest. */
  get hasWork(): boolean {
    return this.ioPending || (this.onReturn.length > 0 && this.workAfter(-1) !== undefined);
  }

  /** The first work that it has to do behind `turn`; not what waits for the guest to trap again. */
  workAfter(turn: number): JobRun | undefined {
    for (const run of this.onReturn) {
      const waits = this.retrap !== 0 && run.job.hit === 'continuation';
      if (run.job.turn > turn && !waits) return run;
    }
    return undefined;
  }

  /** It has work to do whose turn is before that of `run`. */
  hasWorkBefore({ job }: JobRun): boolean {
    return this.onReturn.length > 0 && this.onReturn[0].job.turn < job.turn;
  }

  /** It has to do `run` before it returns to its guest, behind what has an earlier turn, or the same. */
  addWork(run: JobRun): void {
    const later = this.onReturn.findIndex(({ job }) => job.turn > run.job.turn);
    this.onReturn.splice(later < 0 ? this.onReturn.length : later, 0, run);
  }

  /** It has not to do it any more. */
  endWork(run: JobRun): void {
    const at = this.onReturn.indexOf(run);
    if (at >= 0) this.onReturn.splice(at, 1);
  }

  /** Its request of the standing job `name`. */
  standing(name: string): JobRun {
    for (const run of this.standingRuns) if (run.job.name === name) return run;
    throw new InvariantError('a vCPU of a guest has a request of each standing job');
  }

  /** Its guest would take the interrupt that is pending if it were entered now. */
  get canTakeVirq(): boolean {
    return this.virqPending && this.virqEntryLeft < 0 && this.guest?.interrupt !== undefined;
  }

  /** Waits for an event (vcpu_block). */
  get isBlocked(): boolean {
    return (this.pauseFlags & PAUSED_BLOCKED) !== 0;
  }

  /** An interrupt is raised for it. */
  raiseVirq(): void {
    if (!this.virqPending) this.lrIsOld = this.lrInUse;
    this.virqPending = true;
  }

  /** Its interrupt is in flight: pending, or finished by the guest and not read back from the list register yet. */
  get hasVirqInFlight(): boolean {
    return this.virqPending || this.lrInUse;
  }

  /** It leaves its guest: takes a list register back whose interrupt the guest has finished. @returns whether there is one */
  retireLr(): boolean {
    if (!this.lrInUse || (this.virqPending && !this.lrIsOld)) return false;
    this.lrInUse = false;
    this.lrIsOld = false;
    return true;
  }

  /** May run (vcpu_runnable): nothing pauses it. */
  get isRunnable(): boolean {
    return this.pauseFlags === 0 && this.pauseCount === 0;
  }
}
