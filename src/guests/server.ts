import { type Duration, NEVER, type Time } from '../engine/time.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import {
  type Guest,
  OP_BLOCK,
  OP_RUN,
  OP_SET_TIMER,
  OP_WFI,
  OP_YIELD,
  type TellWait,
} from '../hypervisor/ports.ts';
import type { Probe } from '../hypervisor/probe.ts';
import type { Job, JobQueue } from './job-queue.ts';

/** How a server goes about its jobs. */
export interface ServerHabits {
  /** Draws how much of a job is done before the server yields; undefined: all of it. */
  readonly chunk: (() => Duration) | undefined;
  /** Its jobs give samples. */
  readonly measured: boolean;
  /** It is the first of those that share the queue: it answers for the jobs that nobody has taken. */
  readonly isFirst: boolean;
}

/**
 * A guest that serves the jobs of a queue, one after the other, and sleeps when there are none. Its samples, for
 * each job: `wait` from arrival to the begin of service, `sojourn` from arrival to the end of it, `slowdown` sojourn
 * per us of service.
 */
export class Server implements Guest {
  private readonly queue: JobQueue;
  private readonly habits: ServerHabits;
  private job: Job | undefined;
  private state: 'free' | 'waiting' | 'serving' | 'yielding' = 'free';
  private timerIsSet = false;
  /** Service time that the job still needs [ns]. */
  private left: Duration = 0;

  constructor(queue: JobQueue, habits: ServerHabits) {
    this.queue = queue;
    this.habits = habits;
  }

  next(vcpu: Vcpu, now: Time, probe: Probe): number {
    if (this.state === 'yielding') return this.serve(vcpu);
    if (this.state === 'serving' && this.left > 0) {
      this.state = 'yielding';
      return OP_YIELD;
    }
    if (this.state === 'serving') this.complete(vcpu, now, probe);
    if (this.state === 'free') {
      this.job = this.queue.take();
      this.state = 'waiting';
      this.timerIsSet = false;
    }
    const { job } = this;
    if (job === undefined) {
      vcpu.operand = NEVER;
      return OP_BLOCK;
    }
    if (now < job.arrival) return this.sleep(vcpu, job.arrival);
    if (this.habits.measured) probe.guestSample(vcpu, 'wait', now - job.arrival);
    this.left = job.service;
    return this.serve(vcpu);
  }

  unfinished(_vcpu: Vcpu, now: Time, tell: TellWait): void {
    const { measured, isFirst } = this.habits;
    if (!measured) return;
    const { job, state } = this;
    if (job !== undefined && state !== 'free') tellJob(job, state === 'waiting', now, tell);
    if (!isFirst) return;
    for (const waiting of this.queue.arrived(now)) tellJob(waiting, true, now, tell);
  }

  private sleep(vcpu: Vcpu, until: Time): number {
    if (this.timerIsSet) return OP_WFI;
    this.timerIsSet = true;
    vcpu.operand = until;
    return OP_SET_TIMER;
  }

  private serve(vcpu: Vcpu): number {
    const { chunk } = this.habits;
    const part = chunk === undefined ? this.left : Math.min(this.left, chunk());
    this.left -= part;
    this.state = 'serving';
    vcpu.operand = part;
    return OP_RUN;
  }

  private complete(vcpu: Vcpu, now: Time, probe: Probe): void {
    const { job } = this;
    this.state = 'free';
    if (job === undefined || !this.habits.measured) return;
    const sojourn = now - job.arrival;
    probe.guestSample(vcpu, 'sojourn', sojourn);
    if (job.service > 0) probe.guestSample(vcpu, 'slowdown', slowdown(sojourn, job), job.arrival);
  }
}

/** Sojourn per us of service. */
function slowdown(sojourn: Duration, { service }: Job): number {
  return Math.round((1000 * sojourn) / service);
}

/** Tells of a job that is not done. */
function tellJob(job: Job, waits: boolean, now: Time, tell: TellWait): void {
  const { arrival, service } = job;
  if (arrival >= now) return;
  if (waits) tell('wait', arrival);
  tell('sojourn', arrival);
  if (service > 0) tell('slowdown', arrival, slowdown(now - arrival, job));
}
