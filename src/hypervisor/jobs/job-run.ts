import type { Time } from '../../engine/time.ts';
import type { RwLock } from '../machine/rw-lock.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import type { Activity } from '../paths/activity.ts';
import type { JobData, JobRequest, UnitRequest } from './machine-job.ts';

/** A request that is being worked on, waits for its turn, or waits to be asked for again. */
export class JobRun {
  readonly job: JobData;
  /** The number of the job. */
  readonly index: number;
  readonly activity: Activity;
  readonly work: JobRequest;
  /** The same, if it knows its units. */
  readonly units: UnitRequest | undefined;
  /** Who asked for it, and is paused or has not gone on since; undefined: nobody waits for it. */
  readonly owner: Vcpu | undefined;
  /** The locks of its job, as `owner` has them. */
  readonly locks: readonly RwLock[];
  /** It is asked for and not done. */
  isOpen = false;
  askedAt: Time = 0;
  /** The domain that it pauses is paused. */
  hasPaused = false;
  /** Since when its call has its locks [ns]. */
  lockedAt: Time = 0;
  /** The pCPU on which its last call stopped; negative: it has not stopped. */
  stoppedOn = -1;

  constructor(
    job: JobData,
    index: number,
    activity: Activity,
    work: JobRequest,
    units: UnitRequest | undefined,
    owner: Vcpu | undefined,
    locks: readonly RwLock[],
  ) {
    this.job = job;
    this.index = index;
    this.activity = activity;
    this.work = work;
    this.units = units;
    this.owner = owner;
    this.locks = locks;
  }
}

/** What a job has done so far, all its requests together. */
export class JobCounts {
  /** Requests that are done. */
  done = 0;
  calls = 0;
  /** Tests that found something; of those that did not the request knows. */
  hits = 0;
  tests = 0;
  units = 0;
  /** Calls that found a lock taken and were made again. */
  refusals = 0;
  /** Requests that went on on another pCPU than they had stopped on. */
  moves = 0;
  /** Time its locks were held, and pCPUs span for them [ns]. */
  held = 0;
  waited = 0;
  /** The same of the lock that units take, and how often they took it. */
  unitHeld = 0;
  unitWaited = 0;
  unitTakes = 0;
  /** The longest time of a call without a test [ns]. */
  stretch = 0;
}

/** One of these. */
export type JobCount = keyof JobCounts;
