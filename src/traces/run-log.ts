import type { Duration, Time } from '../engine/time.ts';

/** What an entry of a run's log tells; in brackets what its value is. */
export const RUNSTATE = 0; // a vCPU's runstate changes (4 * old + new)
export const SCHEDULED = 1; // schedule() has decided for a pCPU: the vCPU is next (slice [ns], -1: no limit)
export const YIELDED = 2; // a vCPU gives up its turn
export const WOKEN = 3; // a vCPU was woken by what runs on the pCPU
export const MODE = 4; // a pCPU does something else (PcpuMode)
export const INTERRUPT_STARTED = 5; // the entry of an interrupt's handler (line)
export const SOFTIRQ_RAISED = 6; // (number)
export const SOFTIRQ_STARTED = 7; // (number)
export const SOFTIRQ_ENDED = 8; // (number)
export const RETURN_STARTED = 9; // a vCPU begins the return path
export const JOB_VISITED = 10; // a vCPU begins a job on its return path, or goes on with it (its number)
export const CHECK_POINT = 15; // a check point that found nothing; logged when the work leaves off
export const CREDIT = 16; // a vCPU's credit has changed (credit)
export const OPERATION_BEGAN = 17; // the toolstack begins an operation (its index)
export const OPERATION_ENDED = 18; // (index into OUTCOMES)

export const JOB_STARTED = 19; // a call of a job begins its units (its number)
export const JOB_LEFT = 20; // it has ended them
export const JOB_HIT = 21; // a test of it found something pending
export const JOB_DONE = 22; // the request is done

/** Entries that the log of one run may have: with what is written from them they need some 500 MB. */
export const ENTRIES_MAX = 2_000_000;

/** The run has more entries than a log may have. */
export class LogFullError extends Error {
  override readonly name = 'LogFullError';
  readonly time: Time;

  /** @param time - how far it came [ns] */
  constructor(time: Time, limit: number) {
    super(`more than ${limit} events within ${time} ns of simulated time`);
    this.time = time;
  }
}

/** What happened in a run, entry by entry, in columns; at most `limit` of them. */
export class RunLog {
  length = 0;
  private readonly limit: number;
  private capacity = 1024;
  private kinds = new Uint8Array(this.capacity);
  private times = new Float64Array(this.capacity);
  private pcpus = new Int16Array(this.capacity);
  private vcpus = new Int32Array(this.capacity);
  private values = new Float64Array(this.capacity);

  constructor(limit = ENTRIES_MAX) {
    this.limit = limit;
  }

  /**
   * Adds an entry.
   * @param vcpu - global number; -1 - p for the idle vCPU of pCPU p
   * @throws LogFullError
   */
  push(kind: number, time: Time, pcpu: number, vcpu: number, value: number): void {
    if (this.length === this.capacity) this.grow(time);
    const at = this.length++;
    this.kinds[at] = kind;
    this.times[at] = time;
    this.pcpus[at] = pcpu;
    this.vcpus[at] = vcpu;
    this.values[at] = value;
  }

  kind(at: number): number {
    return this.kinds[at];
  }

  /** When it happened [ns]. */
  time(at: number): Time {
    return this.times[at];
  }

  pcpu(at: number): number {
    return this.pcpus[at];
  }

  vcpu(at: number): number {
    return this.vcpus[at];
  }

  value(at: number): number | Duration {
    return this.values[at];
  }

  private grow(time: Time): void {
    if (this.capacity >= this.limit) throw new LogFullError(time, this.limit);
    this.capacity = Math.min(2 * this.capacity, this.limit);
    const { capacity } = this;
    this.kinds = copied(this.kinds, new Uint8Array(capacity));
    this.times = copied(this.times, new Float64Array(capacity));
    this.pcpus = copied(this.pcpus, new Int16Array(capacity));
    this.vcpus = copied(this.vcpus, new Int32Array(capacity));
    this.values = copied(this.values, new Float64Array(capacity));
  }
}

/** `to`, which is longer, with what is in `from`. */
function copied<Column extends Uint8Array | Float64Array | Int16Array | Int32Array>(
  from: Column,
  to: Column,
): Column {
  to.set(from);
  return to;
}
