import type { Duration } from '../../engine/time.ts';
import type { Pcpu } from '../cpu/pcpu.ts';
import { unpauseDomain } from '../machine/domain-pause.ts';
import type { Machine } from '../machine/machine.ts';
import { RwLock } from '../machine/rw-lock.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { IN_FIRST_JOB } from '../paths/activity.ts';
import type { ChunkedWork } from '../ports.ts';
import { JobCounts, JobRun } from './job-run.ts';
import type {
  JobData,
  JobRequest,
  MachineJob,
  MachineLock,
  StandingJob,
  UnitRequest,
} from './machine-job.ts';
import { Rendezvous } from './rendezvous.ts';
import { standingJobs } from './standing-jobs.ts';

/** Something that the idle vCPU of a pCPU does before every vCPU. */
export interface Tasklet {
  readonly run: JobRun;
  /** All pCPUs meet for it. */
  readonly rendezvous: Rendezvous | undefined;
}

/** The long work of a machine: its kinds, its locks, and where it is queued. */
export class Jobs {
  /** Jobs that are asked for by their number. */
  readonly asked: readonly MachineJob[];
  /** Jobs of which each vCPU has a request. */
  readonly standing: readonly StandingJob[];
  /** Both, by number: those first. */
  readonly all: readonly JobData[];
  readonly counts: readonly JobCounts[];
  /** Requests for what is asked for by number that are not done, in the order in which they were asked for. */
  readonly open = new Set<JobRun>();
  private readonly machine: Machine;
  private readonly locks = new Map<string, RwLock>();
  private readonly requests: number[];

  constructor(machine: Machine, asked: readonly MachineJob[]) {
    this.machine = machine;
    this.asked = asked;
    this.standing = standingJobs(machine.policy);
    this.all = [...asked, ...this.standing];
    this.counts = this.all.map(() => new JobCounts());
    this.requests = asked.map(() => 0);
  }

  /** `vcpu`, or nobody, asks for the job with this number. */
  ask(index: number, owner: Vcpu | undefined): JobRun {
    const work = this.asked[index].request(this.requests[index]++);
    const run = this.runOf(index, work, work, owner);
    this.open.add(run);
    this.begin(run);
    return run;
  }

  /** The requests for all that is done at boot, in the order of the jobs. */
  atBoot(): JobRun[] {
    return this.asked.flatMap(({ context }, index) =>
      context === 'boot' ? [this.ask(index, undefined)] : [],
    );
  }

  /** The requests that `vcpu` has of the standing jobs, in their order. @param work - what they go over, by their names */
  standingOf(vcpu: Vcpu, work: Readonly<Record<string, ChunkedWork>> = {}): JobRun[] {
    return this.standing.map((job, i) => {
      const request = job.requestFor(work[job.name]);
      return this.runOf(this.asked.length + i, request, undefined, vcpu);
    });
  }

  /** A standing request is asked for, unless it is already: its vCPU has it to do before it returns to its guest. */
  askAgain(run: JobRun): void {
    const { owner, isOpen } = run;
    if (isOpen || owner === undefined) return;
    this.begin(run);
    owner.addWork(run);
  }

  private begin(run: JobRun): void {
    run.isOpen = true;
    run.askedAt = this.machine.now;
  }

  private runOf(
    index: number,
    work: JobRequest,
    units: UnitRequest | undefined,
    owner: Vcpu | undefined,
  ): JobRun {
    const job = this.all[index];
    const activity = job.published?.activity ?? IN_FIRST_JOB + index;
    const locks = job.locks.map((lock) => this.lock(lock, owner));
    return new JobRun(job, index, activity, work, units, owner, locks);
  }

  /** The lock of that name, for what `owner` asked for. */
  lock({ name, scope }: Pick<MachineLock, 'name' | 'scope'>, owner: Vcpu | undefined): RwLock {
    if (scope === 'domain' && name === 'p2m' && owner !== undefined) return owner.p2mLock;
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
        for (const other of machine.pcpus) this.handOver({ run, rendezvous }, other);
        break;
      }
      default:
        this.handOver({ run, rendezvous: undefined }, pcpu);
    }
    if (owner !== undefined) machine.core.pauseNosync(owner);
  }

  /** Queues a tasklet for the idle vCPU of `pcpu` (tasklet_schedule_on_cpu). */
  handOver(tasklet: Tasklet, pcpu: Pcpu): void {
    pcpu.tasklets.push(tasklet);
    if (pcpu.tasklets.length === 1) this.machine.tickle(pcpu.id);
  }

  /** The locks of `run` are given back, which were held for `duration`. */
  wereHeld({ index }: JobRun, payer: Vcpu, duration: Duration): void {
    this.counts[index].held += duration;
    this.machine.probe.lockHeld(payer, duration);
  }

  /** A request is done. */
  done(run: JobRun, pcpu: Pcpu): void {
    const { machine } = this;
    const { job, index, units, owner } = run;
    const counts = this.counts[index];
    counts.done++;
    if (units !== undefined) {
      counts.tests += units.total.tests;
      counts.units += units.total.units;
    }
    this.open.delete(run);
    run.isOpen = false;
    run.stoppedOn = -1;
    owner?.endWork(run);
    machine.probe.jobDone(run, pcpu.id);
    if (job.pauses >= 0) unpauseDomain(machine, machine.domains[job.pauses]);
    if (job.followedBy >= 0) this.queue(this.ask(job.followedBy, undefined), pcpu);
  }
}
