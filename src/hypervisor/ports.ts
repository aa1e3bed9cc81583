import type { Duration, Time } from '../engine/time.ts';
import type { Domain } from './machine/domain.ts';
import type { MachineView } from './machine/machine-view.ts';
import type { Vcpu } from './machine/vcpu.ts';
import type { Probe } from './probe.ts';

/**
 * What the machine calls and others implement: schedulers, guests, long work, preemption policies. Their
 * implementations import this folder, never the other way round.
 */

/** The reservation of a vCPU under RTDS (xen_domctl_schedparam_vcpu). */
export interface Reservation {
  /** The budget is filled up once in this time [ns]. */
  readonly period: Duration;
  /** CPU time it may use in each period [ns], at most the period. */
  readonly budget: Duration;
  /** Beyond its budget it may use time that no one else wants. */
  readonly extratime: boolean;
}

/** A time table of the pCPUs under arinc653 (xen_sysctl_arinc653_schedule). */
export interface TimeTable {
  /** Length of the whole table [ns]; what its slots leave over is idle. */
  readonly majorFrame: Duration;
  /** Slots in their order. */
  readonly slots: readonly TimeSlot[];
}

/** A slot of a time table: who may run, for how long. */
export interface TimeSlot {
  /** Index of the domain; no such domain: idle. */
  readonly domain: number;
  /** Number of the vCPU in its domain; no such vCPU: idle. */
  readonly vcpu: number;
  /** Length of the slot [ns]. */
  readonly runtime: Duration;
}

/** What do_schedule decided for a pCPU. One object per machine, overwritten by each decision. */
export interface Decision {
  next: Vcpu;
  /** How long `next` may run before the next decision [ns]; negative: no limit. */
  slice: number;
  /** `next` was taken from another pCPU. */
  migrated: boolean;
  /** A tasklet waits on the pCPU: the idle vCPU has to be chosen. Said by the core, before the decision. */
  tasklet: boolean;
  /** The rate limit kept the running vCPU. */
  ratelimited: boolean;
  /** Other pCPUs that were looked at for something to take. */
  pcpusSearched: number;
  /** vCPUs that were given new credit (credit2). */
  unitsReset: number;
  /** `prev` was charged: it had run for longer than was charged ahead (credit). */
  charged: boolean;
}

/** Parameters of a scheduler that the toolstack changes; those that are absent stay as they are. */
export interface ParameterChange {
  /** credit: its timeslice [ns], whole ms. */
  readonly timeslice?: Duration;
  /** credit, credit2: the rate limit [ns], whole us; 0 turns it off. */
  readonly ratelimit?: Duration;
  /** credit: how long a vCPU counts as cache hot [ns], whole us; 0 turns it off. */
  readonly migrationDelay?: Duration;
}

/** Who decides what runs on a pCPU. */
export interface Decider {
  /** Chooses what runs next on `pcpu`, where `prev` runs (do_schedule). Fills in `decision`. */
  schedule(pcpu: number, prev: Vcpu, decision: Decision): void;
}

/** A scheduler: Xen's `struct scheduler` hooks by their names. */
export interface Scheduler extends Decider {
  readonly name: string;
  /** All pCPUs are online; arms whatever timers run from boot. */
  start(): void;
  /** A domain was created; its vCPUs follow. */
  insertDomain(domain: Domain): void;
  /** A vCPU was created with its initial processor; places it (alloc_udata, insert_unit). */
  insertUnit(vcpu: Vcpu): void;
  /** A vCPU, which is paused and runs nowhere, is destroyed (remove_unit, free_udata). */
  removeUnit(vcpu: Vcpu): void;
  /** A domain, all of whose vCPUs have been removed, is destroyed (free_domdata). */
  removeDomain(domain: Domain): void;
  /** A pCPU leaves: nobody is on it any more (deinit_pdata). */
  removePcpu(pcpu: number): void;
  /** A pCPU that had left comes back, as a new one (alloc_pdata, switch_sched). */
  addPcpu(pcpu: number): void;
  /**
   * The toolstack has set the domain's weight and cap (adjust, putinfo).
   * @returns whether the cap is accepted; if not, the weight counts all the same
   */
  adjustDomain(domain: Domain): boolean;
  /** The toolstack sets a vCPU's reservation (adjust, putvcpuinfo). @returns whether it is valid */
  adjustReservation?(vcpu: Vcpu, reservation: Reservation): boolean;
  /** The toolstack sets period and budget [ns] of a domain's vCPUs (adjust, putinfo). @returns whether they are valid */
  adjustReservations?(domain: Domain, period: Duration, budget: Duration): boolean;
  /** The toolstack changes parameters (adjust_global). @returns whether they are valid; if not, nothing changes */
  adjustParameters?(change: ParameterChange): boolean;
  /** The toolstack sets the time table (adjust_global). @returns whether it is valid; if not, nothing changes */
  adjustGlobal?(table: TimeTable): boolean;
  /** The vCPU's hard affinity was changed (adjust_affinity). */
  adjustAffinity(vcpu: Vcpu): void;
  /** The pCPU the vCPU should move to (pick_resource). */
  pickResource(vcpu: Vcpu): number;
  /** Moves the vCPU to `processor` (migrate), and tells the probe if that is another one. */
  migrate(vcpu: Vcpu, processor: number): void;
  wake(vcpu: Vcpu): void;
  sleep(vcpu: Vcpu): void;
  yield(vcpu: Vcpu): void;
  /** The vCPU was switched out and its context is saved (context_saved). */
  contextSaved(vcpu: Vcpu): void;
  /** vCPUs, or at a tick runqueues, that `timer` is about to go over for (kind, index); absent: none. */
  timerUnits?(kind: number, index: number): number;
  /** A timer of the scheduler (kinds ACCT, TICK, REPL) has expired. */
  timer(kind: number, index: number): void;
  /** The idle loop of `pcpu` is about to wait for an interrupt (4.12: tick_suspend). */
  tickSuspend?(pcpu: number): void;
  /** The idle loop of `pcpu` has waited, or found something pending (4.12: tick_resume). */
  tickResume?(pcpu: number): void;
}

/** Makes a scheduler for a machine. */
export type SchedulerFactory = (machine: MachineView) => Scheduler;

/** Nothing in progress: the next operation has to be asked for. */
export const OP_NONE = 0;
/** Needs vcpu.operand ns of CPU time. */
export const OP_RUN = 1;
/** Runs for ever. */
export const OP_SPIN = 2;
/** Blocks until its virtual timer expires (WFI, trapped); does not block if it already has. */
export const OP_WFI = 3;
/** Blocks in the hypervisor for vcpu.operand ns, counted from the trap; Infinity: for ever. */
export const OP_BLOCK = 4;
/** Gives up its turn (SCHEDOP_yield). */
export const OP_YIELD = 5;
/** Arms its virtual timer for the time vcpu.operand [ns]; no trap, no time. */
export const OP_SET_TIMER = 6;
/** vcpu.operand Set/Way cache operations, one after the other; each traps, unless the policy is not to trap. */
export const OP_SET_WAY = 7;
/** Polls the clock until the time vcpu.operand [ns]: needs the CPU, but no amount of it. */
export const OP_POLL_CLOCK = 8;
/** Turns its caches off (writes SCTLR): traps only while VM registers are trapped (TVM). */
export const OP_CACHES_OFF = 9;
/** Turns its caches on (writes SCTLR): traps only while VM registers are trapped (TVM). */
export const OP_CACHES_ON = 10;
/** Accesses the page with the gfn vcpu.operand: traps if its stage-2 entry is not valid. */
export const OP_TOUCH = 11;
/** Sends an interrupt (SGI) to the vCPU with the global number vcpu.operand (trapped). */
export const OP_SEND_SGI = 13;
/** Fetches its next instruction from a page whose stage-2 entry is not valid (trapped; no guest names it). */
export const OP_FETCH = 12;

/** Writes a VM register that leaves the caches as they are (TTBR0, ...): traps only with TVM. */
export const OP_VM_REGISTER = 14;
/** Reads a register of a device that the hypervisor emulates (trapped). */
export const OP_MMIO = 15;
/** Reads a register of a device that the vCPU with the global number vcpu.operand emulates (ioreq). */
export const OP_IO = 16;
/** A device model has answered the access of the vCPU with the global number vcpu.operand. */
export const OP_IO_DONE = 17;
/** Gives vcpu.target (a global number; -1: itself) vcpu.operand ns of work to do before it returns to its guest. */
export const OP_DEFER = 18;
/** Starts the vCPU with the global number vcpu.operand (PSCI CPU_ON); no effect if it is up. */
export const OP_CPU_ON = 19;
/** Goes down (PSCI CPU_OFF): goes on with the next operation when it is started again. */
export const OP_CPU_OFF = 20;

/** Asks for the long work that has the number vcpu.operand among the machine's jobs. */
export const OP_JOB = 21;

/** A guest program: decides operation by operation what its vCPU does. */
export interface Guest {
  /**
   * The next operation (OP_*); its argument, if it has one, is left in `vcpu.operand`. Called at the instant
   * at which the previous operation is complete and the vCPU executes in the guest.
   */
  next(vcpu: Vcpu, now: Time, probe: Probe): number;
  /**
   * The guest's interrupt handler, for guests that run with interrupts unmasked: called when it has been entered for
   * the interrupt that is pending, which it acknowledges (`virqPending` false) or replaces by arming its timer.
   * @returns when to arm its virtual timer for [ns], NEVER for not at all
   */
  interrupt?(vcpu: Vcpu, now: Time, probe: Probe): Time;
  /**
   * Tells what it measures that has begun and not ended, each by its kind and when it began. Nothing happens by that. Absent: it
   * measures nothing.
   */
  unfinished?(vcpu: Vcpu, now: Time, tell: TellWait): void;
}

/**
 * Takes a wait that has not ended.
 * @param latency - what it comes to so far, if that is not the time since `began` (slowdown)
 */
export type TellWait = (kind: string, began: Time, latency?: number) => void;

/** What Set/Way operations that are not trapped act on: the caches of the pCPU they are executed on. */
export interface SetWayTarget {
  /** `pcpu` has executed operations `from` .. `to - 1` of a batch over the whole cache. */
  setWay(pcpu: number, from: number, to: number): void;
}

/**
 * Long work, of which a call has begun: it checks for what is pending at its check points only. It answers questions about
 * time as a whole, so that a stretch nobody interrupts is not an event. Times are pure working time since the call began [ns].
 */
export interface TimedWork {
  /** Time to the end if no check point finds anything. */
  duration(): Duration;
  /** The first check point at or after `elapsed`; NEVER if the work ends without one. */
  nextCheck(elapsed: Duration): Duration;
}

/** What a standing job goes over in chunks, as p2m_cache_flush_range goes over memory. */
export interface ChunkedWork extends TimedWork {
  /** What it has done in all, by names that the job's counters refer to; absent: it does not count. */
  readonly total?: Readonly<Record<string, number>>;
  /** Where the work would go on. */
  readonly position: number;
  /** Starts (or resumes) at `position`. */
  begin(position: number): void;
  /** The check point at `elapsed` found a softirq: stops there with -ERESTART. */
  stopAt(elapsed: Duration): void;
  /** Nothing stopped it. */
  finish(): void;
}

/** A stage-2 translation fault that was resolved by making one entry valid again. */
export type TranslationFault =
  /** The entry led to a table, of whose entries so many were valid and are not any more. */
  | { readonly kind: 'table'; readonly validChildren: number }
  /** The entry was a mapping of 2^order pages. */
  | { readonly kind: 'leaf'; readonly order: number };

/** A domain's stage-2 table as far as it tracks which memory the guest accesses. */
export interface StageTwo {
  /** After a flush, and when the domain is complete: nothing counts as accessed (p2m_invalidate_root). */
  invalidateRoot(): void;
  /** An access to `gfn` faults. */
  faults(gfn: number): boolean;
  /**
   * Resolves the first fault that an access to `gfn` meets (p2m_resolve_translation_fault).
   * @returns what that was; undefined if it meets none any more
   */
  resolve(gfn: number): TranslationFault | undefined;
}

/** What is done about long work before the return to the guest, and about what leads to it. */
export interface PreemptionPolicy {
  /** Runs pending softirqs before the work starts (the check in question). */
  readonly before: boolean;
  /**
   * What a softirq raised during the work does: `check-points` waits for the work's next one; `immediate`
   * preempts at once (no real system does: the lower bound of every latency).
   */
  readonly during: 'check-points' | 'immediate';
  /**
   * What a check point that finds something does: `in-place` runs the softirqs on the stack of the vCPU and goes on
   * (Xen); `continuation` returns to the guest, which takes its interrupts and traps again; `tasklet`: the idle vCPU does the
   * work, before every vCPU; `work-queue`: as in place, but deferred work of the vCPU that came meanwhile goes first;
   * `no-softirqs` only releases the lock and calls again (XEN_DOMCTL_cacheflush).
   */
  readonly style: 'in-place' | 'continuation' | 'tasklet' | 'work-queue' | 'no-softirqs';
  /** The p2m lock at check points: held, unless softirqs run (Xen); dropped; or dropped if somebody waits for it. */
  readonly lock: 'hold' | 'drop' | 'break';
  /** Which Set/Way operations flush: as KVM and Xen limit it; every one; none, for they are not trapped. */
  readonly traps: 'limited' | 'every-op' | 'none';
  /** The order of vCPU work and softirqs on the return to the guest: 4.12's, a proposal's, master's. */
  readonly loop: 'vcpu-pcpu' | 'do-pcpu-while-vcpu' | 'while-vcpu-pcpu';
  /** Longest round of deferred work before softirqs have their turn [ns]; 0: to its end. */
  readonly deferredRound: Duration;
  /** Whom schedulers charge for interrupts and softirqs: the vCPU they interrupt (Xen), or nobody. */
  readonly charge: 'vcpu' | 'nobody';
}

/** What the patch does, on Xen's master. */
export const UPSTREAM_POLICY: PreemptionPolicy = {
  before: true,
  during: 'check-points',
  style: 'in-place',
  lock: 'hold',
  traps: 'limited',
  loop: 'while-vcpu-pcpu',
  deferredRound: 0,
  charge: 'vcpu',
};

/** Why a vCPU was woken: `unpark` by its scheduler, `unpause` and `up` by the toolstack. */
export type WakeReason = 'start' | 'unblock' | 'mig' | 'unpark' | 'unpause' | 'up';
