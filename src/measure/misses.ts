import type { Time } from '../engine/time.ts';

/** Jobs with a deadline, and what was done too late, by vCPU. */
export class Misses {
  /** Of the job in progress; Infinity: there is none. */
  private readonly deadlines: Float64Array;
  private readonly misses: Float64Array;

  constructor(vcpus: number) {
    this.deadlines = new Float64Array(vcpus).fill(Number.POSITIVE_INFINITY);
    this.misses = new Float64Array(vcpus);
  }

  /** A job begins that shall be done at `deadline`. */
  begin(vcpu: number, deadline: Time): void {
    this.deadlines[vcpu] = deadline;
  }

  /** The job in progress is done at `now`. */
  end(vcpu: number, now: Time): void {
    if (now > this.deadlines[vcpu]) this.misses[vcpu]++;
    this.deadlines[vcpu] = Number.POSITIVE_INFINITY;
  }

  /** Something else was late. */
  count(vcpu: number): void {
    this.misses[vcpu]++;
  }

  /** Of a vCPU up to `now`: a job that is not done and should be counts. */
  of(vcpu: number, now: Time): number {
    return this.misses[vcpu] + (now > this.deadlines[vcpu] ? 1 : 0);
  }
}
