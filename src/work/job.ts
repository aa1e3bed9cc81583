import type { Distribution } from '../engine/distribution.ts';
import type { Duration } from '../engine/time.ts';

/*
 * Long work as data: a sequence of units, a rule that says at which unit boundaries it is tested whether something is
 * pending, and what a test that finds something does. Every long operation of Xen is one such job; job-walk.ts
 * is the arithmetic of it, paths/job-path.ts in src/hypervisor carries it out.
 */

/** Where a job runs, which decides who pays and what a hit can do. */
export const JOB_CONTEXTS = [
  'hypercall',
  'trap',
  'return-path',
  'softirq',
  'tasklet',
  'idle',
  'rendezvous',
  'boot',
] as const;
/** One of JOB_CONTEXTS. */
export type JobContext = (typeof JOB_CONTEXTS)[number];

/**
 * What a test that finds something does:
 * - continuation: the guest executes the hypercall again, after softirqs and its own interrupts
 *   (hypercall_create_continuation)
 * - short-count: returns to the caller with what is done, which calls again for the rest
 * - in-place: do_softirq on the spot, then goes on
 * - retry: drops its locks, takes them again and goes on; no softirq runs
 * - process-softirqs: no test; all softirqs but the scheduling ones run on the spot (process_pending_softirqs)
 * - requeue: a tasklet, softirq or idle work gives up its pCPU and goes on when it is its turn again
 * - requeue-next: a tasklet, on the next pCPU
 */
export const HIT_STYLES = [
  'continuation',
  'short-count',
  'in-place',
  'retry',
  'process-softirqs',
  'requeue',
  'requeue-next',
] as const;
/** One of HIT_STYLES. */
export type HitStyle = (typeof HIT_STYLES)[number];

/**
 * What is tested: softirqs of this pCPU (s); those or a deliverable event of the current guest
 * (hypercall_preempt_check: h); the same, the guest left out where an idle vCPU is current (general_preempt_check: g).
 */
export const TESTED = ['softirqs', 'events', 'events-unless-idle'] as const;
/** One of TESTED. */
export type Tested = (typeof TESTED)[number];

/** A cost [ns]: one value, or how fast, typically and how slowly it may be. */
export type CostRange = readonly [fast: Duration, typical: Duration, slow: Duration];
/** Which value of the ranges of costs counts. */
export const COST_LEVELS = ['fast', 'typical', 'slow'] as const;
/** One of COST_LEVELS. */
export type CostLevel = (typeof COST_LEVELS)[number];

/** A kind of unit: what it costs, how it counts, whether it is tested behind or before it. */
export interface UnitKind {
  /** Time of a unit, without `prepare` [ns]; a law is drawn anew for each region of the request. */
  readonly cost: CostRange | Distribution;
  /** What of a unit precedes the test before it, and so is done again on re-entry [ns]. */
  readonly prepare: CostRange;
  /** What it adds to the counter, whole, from 0. */
  readonly weight: number;
  /** As the rule says; at no unit of this kind; at each. */
  readonly test: 'rule' | 'never' | 'always';
  /** It is not removed by being visited: each call visits it again. */
  readonly stays: boolean;
}

/** Like units one after the other, or a pattern that is repeated. */
export type UnitRun =
  | { readonly kind: string; readonly count: number }
  | { readonly repeat: number; readonly units: readonly UnitRun[] };

/**
 * When a test is due. A counter belongs to one call: it begins at `start` and grows with the weight of each unit.
 * - threshold: where it has reached `least`; a test that finds nothing sets it to 0, unless `reset` is false
 * - multiple: where the number of the unit is a multiple of `of`, never at number 0, and never before the first unit of a
 *   call. Units are numbered over the whole request, `from` on, up or down; one of weight w has the last of its w numbers
 * - period: at the first boundary at least `every` ns after the last test began, or the call
 */
export type CheckCount =
  | {
      readonly kind: 'threshold';
      readonly least: number;
      readonly reset: boolean;
      readonly start: number;
    }
  | { readonly kind: 'multiple'; readonly of: number; readonly from: number; readonly by: 1 | -1 }
  | { readonly kind: 'period'; readonly every: Duration };

/** At which unit boundaries which test happens. */
export interface CheckRule {
  readonly tests: Tested;
  readonly position: 'before' | 'after';
  readonly count: CheckCount;
  /** After the last unit of the request it is tested too. */
  readonly last: boolean;
}

/** A lock that is held from the entry of a call to its end. */
export interface JobLock {
  readonly name: string;
  /** One for all, one for each caller's domain, or one of what the caller works on, which nobody else does. */
  readonly scope: 'global' | 'domain' | 'target';
  /** Spin for it (spin_lock), or try once and return to the guest if it is taken (domctl_lock_acquire). */
  readonly take: 'spin' | 'try';
  /** Alone (write_lock, spin_lock), or beside others that only read, in front of whom a writer waits (read_lock). */
  readonly mode: 'write' | 'read';
}

/** A lock that every unit takes for part of its time. */
export interface UnitLock {
  readonly name: string;
  /** How long a unit holds it, besides its cost, alone and if another pCPU wanted it meanwhile [ns]. */
  readonly held: CostRange;
  readonly contended: CostRange;
}

/** What the steps around the units cost [ns]. */
export interface JobCosts {
  /** A test that finds nothing. */
  readonly test: CostRange;
  /** Every call: copying in, checks, locks, finding the place. */
  readonly enter: CostRange;
  /** A hit: storing the progress, unlocking. */
  readonly leave: CostRange;
  /** The end. */
  readonly finish: CostRange;
}

/** A piece of long work. */
export interface LongWork {
  readonly context: JobContext;
  readonly kinds: Readonly<Record<string, UnitKind>>;
  readonly units: readonly UnitRun[];
  /** undefined: it is tested nowhere. */
  readonly check: CheckRule | undefined;
  readonly hit: HitStyle;
  /** A call stops after so many units, whatever is pending, unless the request ends there; undefined: it does not. */
  readonly stopAfter: number | undefined;
  /** ... unless there are more units than this (RCU's queue above qhimark). */
  readonly stopUnlessOver: number;
  /** Where re-entry starts: behind the last unit done, or at it (its unit is done again). */
  readonly progress: 'next' | 'same';
  /** It is known that it makes no progress while something is pending, and studied for that. */
  readonly mayNotEnd: boolean;
  readonly costs: JobCosts;
  readonly locks: readonly JobLock[];
  readonly unitLock: UnitLock | undefined;
  /** Interrupts are masked from the entry of a call to its end. */
  readonly masked: boolean;
  /** A domain that is paused from the first call to the end; who asks spins until its vCPUs are off their pCPUs. */
  readonly pauses: string | undefined;
  /** A job that is queued when this one is done. */
  readonly followedBy: string | undefined;
  /** Where its numbers are from. */
  readonly origin: string;
}

/** Units over which a cost that is a law does not vary: a block of 2 MiB of pages. */
export const UNITS_PER_REGION = 512;
