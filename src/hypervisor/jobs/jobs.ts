import type { Time } from '../../engine/time.ts';
import type { Pcpu } from '../cpu/pcpu.ts';
import { unpauseDomain } from '../machine/domain-pause.ts';
import type { Machine } from '../machine/machine.ts';
import { RwLock } from '../machine/rw-lock.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import type { JobRequest, MachineJob, MachineLock } from './machine-job.ts';
import { Rendezvous } from './rendezvous.ts';

/** A request that is being worked on, or waits for its turn. */
export interface JobRun {
  readonly job: MachineJob;
  /** The number of the job. */
  readonly index: number;
  readonly work: JobRequest;
  /** Who asked for it, and is paused or has not gone on since; undefined: nobody waits for it. */
  readonly owner: Vcpu | undefined;
  readonly askedAt: Time;
  /** The domain that it pauses is paused. */
  hasPaused: boolean;
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

/** Something that the idle vCPU of a pCPU does before every vCPU: a flush that was handed over, or a job. */
export interface Tasklet {
  /** Who is paused until it is done. */
  readonly owner: Vcpu | undefined;
  /** undefined: the flush of its owner. */
  readonly run: JobRun | undefined;
  /** All pCPUs meet for it. */
  readonly rendezvous: Rendezvous | undefined;
}

/** The long work of a machine: its kinds, its locks, and where it is queued. */
export class Jobs {
  readonly all: readonly MachineJob[];
  readonly counts: readonly JobCounts[];
  /** Requests that are not done, in the order in which they were asked for. */
  readonly open = new Set<JobRun>();
  private readonly machine: Machine;
  private readonly locks = new Map<string, RwLock>();
  private readonly requests: number[];

  constructor(machine: Machine, all: readonly MachineJob[]) {
    this.machine = machine;
    this.all = all;
    this.counts = all.map(() => new JobCounts());
    this.requests = all.map(() => 0);
  }

  /** `vcpu`, or nobody, asks for the job with this number. */
  ask(index: number, owner: Vcpu | undefined): JobRun {
    const job = this.all[index];
    const work = job.request(this.requests[index]++);
    const run = { job, index, work, owner, askedAt: this.machine.now, hasPaused: false };
    this.open.add(run);
    return run;
  }

  /** The lock of that name, for what `owner` asked for. */
  lock({ name, scope }: Pick<MachineLock, 'name' | 'scope'>, owner: Vcpu | undefined): RwLock {
    const whose = scope === 'domain' ? `domain ${owner?.domain?.index}` : `vCPU ${owner?.id}`;
    const key = scope === 'global' ? name : `${name} of ${whose}`;
    const known = this.locks.get(key) ?? new RwLock();
    this.locks.set(key, known);
    return known;
  }

  /** Puts a request that nobody carries out on his own stack where it will be carried out: on `pcpu`, or on all. */
  queue(run: JobRun, pcpu: Pcpu): void {
    const { machine } = this;
    const { owner } = run;
    switch (run.job.context) {
      case 'softirq':
        pcpu.softirqJobs.push(run);
        pcpu.raise(machine.softirqRcu);
        return;
      case 'idle':
        pcpu.idleJobs.push(run);
        return;
      case 'rendezvous': {
        const rendezvous = new Rendezvous(machine.pcpuCount);
        for (const other of machine.pcpus) this.handOver({ owner, run, rendezvous }, other);
        break;
      }
      default:
        this.handOver({ owner, run, rendezvous: undefined }, pcpu);
    }
    if (owner !== undefined) machine.core.pauseNosync(owner);
  }

  /** Queues a tasklet for the idle vCPU of `pcpu` (tasklet_schedule_on_cpu). */
  handOver(tasklet: Tasklet, pcpu: Pcpu): void {
    pcpu.tasklets.push(tasklet);
    if (pcpu.tasklets.length === 1) this.machine.tickle(pcpu.id);
  }

  /** A request is done. */
  done(run: JobRun, pcpu: Pcpu): void {
    const { machine } = this;
    const { job, index, work } = run;
    const counts = this.counts[index];
    counts.done++;
    counts.tests += work.total.tests;
    counts.units += work.total.units;
    this.open.delete(run);
    machine.probe.jobDone(run, pcpu.id);
    if (job.pauses >= 0) unpauseDomain(machine, machine.domains[job.pauses]);
    if (job.followedBy >= 0) this.queue(this.ask(job.followedBy, undefined), pcpu);
  }
}
