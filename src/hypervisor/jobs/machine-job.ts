import type { Duration } from '../../engine/time.ts';
import type { TimedWork } from '../ports.ts';

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
  readonly name: string;
  readonly scope: 'global' | 'domain' | 'target';
  readonly take: 'spin' | 'try';
}

/** A job as the machine carries it out: who runs it, and what happens around the arithmetic of its units [ns]. */
export interface MachineJob {
  readonly name: string;
  readonly context:
    | 'hypercall'
    | 'trap'
    | 'return-path'
    | 'softirq'
    | 'tasklet'
    | 'idle'
    | 'rendezvous';
  readonly hit:
    | 'continuation'
    | 'short-count'
    | 'in-place'
    | 'retry'
    | 'process-softirqs'
    | 'requeue'
    | 'requeue-next';
  /** Its tests find a deliverable event of the current guest, too (hypercall_preempt_check). */
  readonly testsEvents: boolean;
  readonly locks: readonly MachineLock[];
  readonly unitLock: MachineUnitLock | undefined;
  /** The domain that is paused from its first call to its end; negative: none. */
  readonly pauses: number;
  /** Interrupts are masked during its calls. */
  readonly masked: boolean;
  /** Every call to its first unit, a hit to the unlocking, the last unit to the end [ns]. */
  readonly enter: Duration;
  readonly leave: Duration;
  readonly finish: Duration;
  /** The index of a job that is queued when this one is done; negative: none. */
  readonly followedBy: number;
  /** A new request. @param request - its number among those of this job, from 0 */
  request(request: number): JobRequest;
}
