import type { Duration } from '../../engine/time.ts';
import type { CostName } from '../machine/costs.ts';
import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import type { Activity } from '../paths/activity.ts';
import type { Path } from '../paths/path.ts';
import type { ChunkedWork, TimedWork } from '../ports.ts';
import type { JobRun } from './job-run.ts';
import type { CounterSource, REQUEST } from './standing-names.ts';

/** A request for long work: as much of it as one call after the other does. */
export interface JobRequest extends TimedWork {
  /** Starts a call where the last one left off. */
  begin(): void;
  /** The test at `elapsed` has found something: the call ends there. */
  stopAt(elapsed: Duration): void;
  /** No test has found anything: the call has come to its end, which need not be that of the request. */
  finish(): void;
  /** All of the request is done. */
  readonly complete: boolean;
  /** What it has done in all, by names that counters of its job refer to; absent: it does not count. */
  readonly total?: Readonly<Record<string, number>>;
}

/** A request that knows its units. */
export interface UnitRequest extends JobRequest {
  readonly total: { readonly units: number; readonly tests: number };
  /** The longest time between two tests of the call, its begin and end included, if none finds anything [ns]. */
  longestStretch(): Duration;
  /** Units that the call has behind it at the test that `nextCheck` found last. */
  readonly unitsAtCheck: number;
  /** Units that are left of the request at the begin of the call. */
  readonly left: number;
}

/** A lock that every unit takes, if all units are alike. */
export interface MachineUnitLock {
  readonly name: string;
  /** What a unit takes before it takes the lock, and a test that finds nothing [ns]. */
  readonly outside: Duration;
  readonly test: Duration;
  /** How long a unit holds it, alone, and if another pCPU wants it [ns]. */
  readonly held: Duration;
  readonly contended: Duration;
}

/** A lock that a job holds during each of its calls. */
export interface MachineLock {
  /** `p2m` in scope domain is the lock of that domain's p2m, which guests' faults take too. */
  readonly name: string;
  readonly scope: 'global' | 'domain' | 'target';
  readonly take: 'spin' | 'try';
  /** Alone, or beside others that only read. */
  readonly mode: 'write' | 'read';
}

/** What a step takes [ns], or the name of the cost that it is. */
export type StepCost = Duration | CostName;

/** What a job is called in what is published, where that is not derived from its name. */
export interface PublishedNames {
  /** What its time is called, where it is not the job's own. */
  readonly activity?: Activity;
  /** The kind of latency from asking for it to its end, in place of `job_NAME`. */
  readonly latency?: typeof REQUEST;
  /** Its counters, in place of `NAME_done` and so on. */
  readonly counters: Readonly<Record<string, CounterSource>>;
  /** What a timeline says where a test of it finds something; absent: as for any job. */
  readonly hit?: string;
}

/** A job as the machine carries it out: who runs it, and what happens around the arithmetic of its units. */
export interface JobData {
  readonly name: string;
  readonly context:
    | 'hypercall'
    | 'trap'
    | 'return-path'
    | 'softirq'
    | 'tasklet'
    | 'idle'
    | 'rendezvous'
    | 'boot';
  /** On the return path `requeue` leaves it to the next round, behind softirqs. */
  readonly hit:
    | 'continuation'
    | 'short-count'
    | 'in-place'
    | 'retry'
    | 'process-softirqs'
    | 'requeue'
    | 'requeue-next';
  /** Its place among the work of the return path; a wait for a device model has IO_TURN. */
  readonly turn: number;
  /** On the return path softirqs have their turn before it begins. */
  readonly checksBefore: boolean;
  /** When it is done the return path checks for work anew, behind softirqs. */
  readonly checksAgain: boolean;
  /** On the return path it is handed to the idle vCPU, and its own is paused meanwhile (continue_hypercall_on_cpu). */
  readonly isHandedOver: boolean;
  /** A hit leaves the return path to work that comes before it in turn, if there is some; so its tests find that, too. */
  readonly givesWay: boolean;
  /** Its tests find a deliverable event of the current guest, too (hypercall_preempt_check). */
  readonly testsEvents: boolean;
  /** Its tests find a pCPU that spins for one of its locks, too. */
  readonly testsLocks: boolean;
  /** It needs no test: it stops at once (no real system does: the lower bound of every latency). */
  readonly stopsAnywhere: boolean;
  readonly locks: readonly MachineLock[];
  readonly unitLock: MachineUnitLock | undefined;
  /** The domain that is paused from its first call to its end; negative: none. */
  readonly pauses: number;
  /** Interrupts are masked during its calls. */
  readonly masked: boolean;
  /** Every turn, be it of several calls; every call to its first unit; a hit to the unlocking; the last unit to the end. */
  readonly visit: StepCost;
  readonly enter: StepCost;
  readonly leave: StepCost;
  readonly finish: StepCost;
  /** What follows the last call, its locks given back, before the request is done. */
  readonly followUp: ((m: Machine, runner: Vcpu, run: JobRun) => Path) | undefined;
  /** The index of a job that is queued when this one is done; negative: none. */
  readonly followedBy: number;
  /** Which softirqs are its own, `softirq_NAME`: those raised during its calls, or in the whole stay that a trap for it begins. */
  readonly delays: 'calls' | 'stay';
  /** undefined: all its names are derived. */
  readonly published: PublishedNames | undefined;
}

/** A job that guests and the toolstack ask for by its number. */
export interface MachineJob extends JobData {
  /** A new request. @param request - its number among those of this job, from 0 */
  request(request: number): UnitRequest;
}

/** A job of which every vCPU has one request, that is asked for again and again. */
export interface StandingJob extends JobData {
  /** Of a vCPU. @param work - what it goes over, if the vCPU has something */
  requestFor(work: ChunkedWork | undefined): JobRequest;
}

/** Where the wait for a device model comes among the work of the return path, and jobs that are asked for by number. */
export const IO_TURN = 1;
export const ASKED_TURN = 2;

/** A job about which nothing is special, to be spread. */
export const PLAIN_JOB = {
  turn: ASKED_TURN,
  checksBefore: false,
  checksAgain: true,
  isHandedOver: false,
  givesWay: false,
  testsEvents: false,
  testsLocks: false,
  stopsAnywhere: false,
  locks: [],
  unitLock: undefined,
  pauses: -1,
  masked: false,
  visit: 0,
  enter: 0,
  leave: 0,
  finish: 0,
  followUp: undefined,
  followedBy: -1,
  delays: 'calls',
  published: undefined,
} as const;
