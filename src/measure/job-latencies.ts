import type { Duration } from '../engine/time.ts';
import type { JobRun } from '../hypervisor/jobs/jobs.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { NO_VCPU } from './attribution.ts';
import type { TellOpen } from './open-waits.ts';
import type { SampleTaker } from './sample-taker.ts';

/** The latencies that jobs cause or are, by their names: which softirqs were raised during a call of which. */
export class JobLatencies {
  private readonly machine: Machine;
  private readonly taker: SampleTaker;
  /** By pCPU and softirq: the job during which it was raised; undefined: none. */
  private readonly raisedIn = new Map<number, JobRun>();

  constructor(machine: Machine, taker: SampleTaker) {
    this.machine = machine;
    this.taker = taker;
  }

  raised(pcpu: number, nr: number): void {
    const { job } = this.machine.pcpus[pcpu];
    if (job !== undefined) this.raisedIn.set(8 * pcpu + nr, job);
  }

  started(pcpu: number, nr: number, latency: Duration): void {
    const run = this.raisedIn.get(8 * pcpu + nr);
    if (run === undefined) return;
    this.raisedIn.delete(8 * pcpu + nr);
    this.taker.take(this.taker.samples[`softirq_${run.job.name}`], latency, pcpu, NO_VCPU);
  }

  done({ job, askedAt, owner }: JobRun, pcpu: number): void {
    const latency = this.machine.now - askedAt;
    const samples = this.taker.samples[`job_${job.name}`];
    this.taker.take(samples, latency, owner?.processor ?? pcpu, owner?.id ?? NO_VCPU);
  }

  /** Tells of jobs, and of softirqs raised during them, that have not ended. */
  open(tell: TellOpen): void {
    const { now, pcpus, jobs } = this.machine;
    for (const [key, { job }] of this.raisedIn) {
      const pcpu = Math.floor(key / 8);
      const began = pcpus[pcpu].raisedAt[key % 8];
      const latency = now - began;
      tell({ kind: `softirq_${job.name}`, pcpu, vcpu: NO_VCPU, began, latency });
    }
    for (const { job, owner, askedAt: began } of jobs.open) {
      const [pcpu, vcpu] = [owner?.processor ?? 0, owner?.id ?? NO_VCPU];
      tell({ kind: `job_${job.name}`, pcpu, vcpu, began, latency: now - began });
    }
  }
}
