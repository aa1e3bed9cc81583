import type { Duration } from '../engine/time.ts';
import { HYPERVISOR, INTERRUPT } from '../hypervisor/cpu/pcpu-mode.ts';
import type { JobRun } from '../hypervisor/jobs/job-run.ts';
import type { JobData } from '../hypervisor/jobs/machine-job.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import { NO_VCPU } from './attribution.ts';
import type { WholeKind } from './latency-kinds.ts';
import type { TellOpen } from './open-waits.ts';
import type { KindSamples, SampleTaker } from './sample-taker.ts';

/** The latencies that jobs cause or are, by their names: which softirqs were raised during which. */
export class JobLatencies {
  private readonly machine: Machine;
  private readonly taker: SampleTaker;
  /** By the number of the job: the samples of the softirqs that it delays, and of itself. */
  private readonly delays: readonly (KindSamples | undefined)[];
  private readonly wholes: readonly (KindSamples | undefined)[];
  /** By pCPU and softirq: the job during a call of which it was raised, and in a stay for which; undefined: none. */
  private readonly inCall: (JobRun | undefined)[];
  private readonly inStay: (JobRun | undefined)[];
  /** By pCPU, a bit for each softirq that is in one of them: most are in none. */
  private readonly marked: Int32Array;

  constructor(machine: Machine, taker: SampleTaker) {
    this.machine = machine;
    this.taker = taker;
    const { samples } = taker;
    this.delays = machine.jobs.all.map(({ name }) => samples[`softirq_${name}`]);
    this.wholes = machine.jobs.all.map((job) => samples[kindOf(job)]);
    this.inCall = machine.pcpus.flatMap(() => new Array<undefined>(8).fill(undefined));
    this.inStay = [...this.inCall];
    this.marked = new Int32Array(machine.pcpuCount);
  }

  raised(pcpu: number, nr: number): void {
    const p = this.machine.pcpus[pcpu];
    const { current, job: called } = p;
    if (called === undefined && current.stayFor === undefined && !p.taskletScheduled) return;
    if (called !== undefined && called.job.delays === 'calls') {
      this.inCall[8 * pcpu + nr] = called;
      this.marked[pcpu] |= 1 << nr;
    }
    const handed = current.isIdle && p.taskletScheduled ? p.tasklets[0].run : undefined;
    const stayFor = handed ?? current.stayFor;
    if (stayFor === undefined || stayFor.job.delays !== 'stay') return;
    // By an interrupt, or by another pCPU: not by what the stay itself does.
    const isOthers = p.mode === HYPERVISOR && this.machine.here !== pcpu;
    if (!isOthers && p.mode !== INTERRUPT) return;
    this.inStay[8 * pcpu + nr] = stayFor;
    this.marked[pcpu] |= 1 << nr;
  }

  started(pcpu: number, nr: number, latency: Duration): void {
    if ((this.marked[pcpu] & (1 << nr)) === 0) return;
    this.marked[pcpu] &= ~(1 << nr);
    this.delayed(this.inCall, 8 * pcpu + nr, pcpu, latency);
    this.delayed(this.inStay, 8 * pcpu + nr, pcpu, latency);
  }

  private delayed(by: (JobRun | undefined)[], key: number, pcpu: number, latency: Duration): void {
    const run = by[key];
    if (run === undefined) return;
    by[key] = undefined;
    this.taker.take(this.delays[run.index], latency, pcpu, NO_VCPU);
  }

  done({ index, askedAt, owner }: JobRun, pcpu: number): void {
    const latency = this.machine.now - askedAt;
    const vcpu = owner?.id ?? NO_VCPU;
    this.taker.take(this.wholes[index], latency, owner?.processor ?? pcpu, vcpu);
  }

  /** Tells of jobs, and of softirqs raised during them, that have not ended. */
  open(tell: TellOpen): void {
    const { now, pcpus, jobs, vcpus } = this.machine;
    for (const by of [this.inCall, this.inStay]) {
      for (const [key, run] of by.entries()) {
        if (run === undefined) continue;
        const pcpu = Math.floor(key / 8);
        const began = pcpus[pcpu].raisedAt[key % 8];
        const latency = now - began;
        tell({ kind: `softirq_${run.job.name}`, pcpu, vcpu: NO_VCPU, began, latency });
      }
    }
    const standing = vcpus.flatMap(({ standingRuns }) => standingRuns.filter((run) => run.isOpen));
    for (const { job, owner, askedAt: began } of [...standing, ...jobs.open]) {
      const [pcpu, vcpu] = [owner?.processor ?? 0, owner?.id ?? NO_VCPU];
      tell({ kind: kindOf(job), pcpu, vcpu, began, latency: now - began });
    }
  }
}

/** The kind of latency from asking for a job to its end. */
function kindOf({ name, published }: JobData): WholeKind {
  return published?.latency ?? `job_${name}`;
}
