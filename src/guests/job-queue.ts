import type { Duration, Time } from '../engine/time.ts';

/** A job: when it arrives and how much CPU time it needs [ns]. */
export interface Job {
  readonly arrival: Time;
  readonly service: Duration;
}

/**
 * Jobs in the order of their arrival, for one server or several that share them.
 *
 * A server that is free takes the next job, also one that has not arrived yet, and sleeps until it does. So every
 * job goes to the server that is free first, as in one queue served first come, first served, and each arrival
 * wakes one vCPU only. Job n has the same arrival and service time whoever serves it and whatever the others do.
 */
export class JobQueue {
  private readonly gaps: () => Duration;
  private readonly services: () => Duration;
  private left: number;
  private last: Time = 0;
  /** Jobs that were looked at before their turn. */
  private readonly ahead: Job[] = [];

  /**
   * @param gaps - draws the time from one arrival to the next, and from boot to the first
   * @param services - draws the service times
   * @param jobs - how many there are; Infinity: no end
   */
  constructor(gaps: () => Duration, services: () => Duration, jobs: number) {
    this.gaps = gaps;
    this.services = services;
    this.left = jobs;
  }

  /** Takes the next job; undefined: there are no more. */
  take(): Job | undefined {
    return this.ahead.shift() ?? this.draw();
  }

  /** The jobs that have arrived before `now` and that nobody has taken; they stay in the queue. */
  *arrived(now: Time): Generator<Job> {
    for (let i = 0; ; i++) {
      if (i === this.ahead.length) {
        const job = this.draw();
        if (job === undefined) return;
        this.ahead.push(job);
      }
      if (this.ahead[i].arrival >= now) return;
      yield this.ahead[i];
    }
  }

  private draw(): Job | undefined {
    if (this.left === 0) return undefined;
    this.left--;
    this.last += this.gaps();
    return { arrival: this.last, service: this.services() };
  }
}
