import { type Duration, NEVER } from '../../engine/time.ts';
import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { kick } from '../machine/vcpu-events.ts';
import { IN_PATH } from '../paths/activity.ts';
import type { PreemptionPolicy } from '../ports.ts';
import { type JobRequest, PLAIN_JOB, type StandingJob } from './machine-job.ts';
import { DEFERRED, REQUEST } from './standing-names.ts';

/** vpci_process_pending: work of any length without tests, in rounds as long as `policy` says. */
export function deferredJob({ deferredRound }: PreemptionPolicy): StandingJob {
  return {
    ...PLAIN_JOB,
    name: DEFERRED,
    context: 'return-path',
    turn: 0,
    checksAgain: false,
    hit: 'requeue',
    published: { activity: IN_PATH, latency: REQUEST, counters: {} },
    requestFor: () => new DeferredRequest(deferredRound),
  };
}

/** Work that grows while it is being done. */
export class DeferredRequest implements JobRequest {
  /** Left to do [ns]. */
  left: Duration = 0;
  /** Longest round [ns]; 0: to the end. */
  private readonly most: Duration;
  private round: Duration = 0;

  constructor(most: Duration) {
    this.most = most;
  }

  get complete(): boolean {
    return this.left === 0;
  }

  /** `length` ns more. */
  add(length: Duration): void {
    this.left += length;
  }

  begin(): void {
    this.round = this.most > 0 ? Math.min(this.most, this.left) : this.left;
  }

  duration(): Duration {
    return this.round;
  }

  nextCheck(): Duration {
    return NEVER;
  }

  stopAt(): void {}

  finish(): void {
    this.left -= this.round;
  }
}

/** Gives `vcpu` `length` ns of work to do before it returns to its guest next. */
export function deferWork(m: Machine, vcpu: Vcpu, length: Duration): void {
  const run = vcpu.standing(DEFERRED);
  if (length > 0) {
    (run.work as DeferredRequest).add(length);
    m.jobs.askAgain(run);
  }
  kick(m, vcpu);
}
