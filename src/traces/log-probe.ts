import type { Duration, Time } from '../engine/time.ts';
import { timeAt } from '../hypervisor/cpu/pace.ts';
import { INTERRUPT, type PcpuMode } from '../hypervisor/cpu/pcpu-mode.ts';
import type { JobRun } from '../hypervisor/jobs/job-run.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import type { Runstate, Vcpu } from '../hypervisor/machine/vcpu.ts';
import type { Decision } from '../hypervisor/ports.ts';
import { Probe } from '../hypervisor/probe.ts';
import {
  type OperationOutcome,
  OUTCOMES,
  type ToolstackOperation,
} from '../hypervisor/toolstack/operation.ts';
import { creditOf, type HeldCredit } from './held-credit.ts';
import * as log from './run-log.ts';

/** A stretch of chunked work that nothing interrupted. */
interface Stretch {
  readonly time: Time;
  /** Working time at its start, and at its end [ns]. */
  readonly from: Duration;
  readonly to: Duration;
  /** How slowly it got on: hundredths of a ns for each ns of work. */
  readonly slowness: number;
}

/** The chunked work that a pCPU is doing. */
interface Work {
  readonly stretches: Stretch[];
  /** When it went on last [ns], and with which working time; undefined: an interrupt has suspended it. */
  running: { readonly time: Time; readonly elapsed: Duration } | undefined;
  elapsed: Duration;
}

/** Check points of a piece of work that are logged one by one; of more than these none is. */
const CHECK_POINTS_MAX = 2000;

/** Logs what a machine does. */
export class LogProbe extends Probe {
  readonly log: log.RunLog;
  private machine: Machine | undefined;
  private credit: HeldCredit | undefined;
  /** What each vCPU's credit was when it was last logged. */
  private credits: number[] = [];
  private readonly works = new Map<number, Work>();

  constructor(runLog: log.RunLog) {
    super();
    this.log = runLog;
  }

  /** Starts logging: of the construction of `machine` what it has left pending. */
  override attached(machine: Machine): void {
    this.machine = machine;
    this.credit = creditOf(machine.scheduler);
    this.logCredits();
    for (const { id, softirqPending } of machine.pcpus) {
      for (let nr = 0; softirqPending >> nr !== 0; nr++) {
        if ((softirqPending & (1 << nr)) !== 0) this.softirqRaised(id, nr);
      }
    }
  }

  override runstateChanged(vcpu: Vcpu, state: Runstate): void {
    this.note(log.RUNSTATE, this.here, vcpu.id, 4 * vcpu.runstate + state);
  }

  override scheduled(pcpu: number, prev: Vcpu, { next, slice }: Decision): void {
    this.logCredit(prev);
    this.logCredit(next);
    this.note(log.SCHEDULED, pcpu, next.id, slice);
  }

  override yielding(vcpu: Vcpu): void {
    this.note(log.YIELDED, this.here, vcpu.id, 0);
  }

  override woken(vcpu: Vcpu): void {
    this.note(log.WOKEN, this.here, vcpu.id, 0);
  }

  override timerHandled(): void {
    this.logCredits();
  }

  override modeChanged(pcpu: number, mode: PcpuMode): void {
    const work = this.works.get(pcpu);
    if (work !== undefined) this.suspendOrResume(pcpu, work, mode);
    this.note(log.MODE, pcpu, this.machine?.pcpus[pcpu].current.id ?? -1, mode);
  }

  override paceChanges(pcpu: number): void {
    const work = this.works.get(pcpu);
    if (work?.running === undefined) return;
    this.leaveOff(pcpu, work);
    work.running = { time: this.now, elapsed: work.elapsed };
  }

  override interruptStarted(pcpu: number, line: number): void {
    this.note(log.INTERRUPT_STARTED, pcpu, -1, line);
  }

  override softirqRaised(pcpu: number, nr: number): void {
    this.note(log.SOFTIRQ_RAISED, pcpu, -1, nr);
  }

  override softirqStarted(pcpu: number, nr: number): void {
    this.note(log.SOFTIRQ_STARTED, pcpu, -1, nr);
  }

  override softirqEnded(pcpu: number, nr: number): void {
    this.note(log.SOFTIRQ_ENDED, pcpu, -1, nr);
  }

  override returnStarted(vcpu: Vcpu): void {
    this.note(log.RETURN_STARTED, vcpu.processor, vcpu.id, 0);
  }

  override jobVisited({ index }: JobRun, vcpu: Vcpu): void {
    this.note(log.JOB_VISITED, vcpu.processor, vcpu.id, index);
  }

  override operationBegins(index: number): void {
    this.note(log.OPERATION_BEGAN, this.here, -1, index);
  }

  override operationEnded(_: number, __: ToolstackOperation, outcome: OperationOutcome): void {
    this.note(log.OPERATION_ENDED, this.here, -1, OUTCOMES.indexOf(outcome));
  }

  override jobStarted({ index, owner }: JobRun, pcpu: number, elapsed: Duration): void {
    this.note(log.JOB_STARTED, pcpu, owner?.id ?? -1, index);
    const running = { time: this.now, elapsed };
    this.works.set(pcpu, { stretches: [], running, elapsed });
  }

  override jobLeft(run: JobRun, pcpu: number, stop: Duration): void {
    const work = this.works.get(pcpu);
    this.works.delete(pcpu);
    // Where each unit takes a lock, too, its time is not that of the work alone.
    if (work !== undefined && run.job.unitLock === undefined) {
      this.leaveOff(pcpu, work);
      this.logCheckPoints(pcpu, run, work.stretches, stop);
    }
    this.note(log.JOB_LEFT, pcpu, run.owner?.id ?? -1, run.index);
  }

  override jobHit({ index, owner }: JobRun, pcpu: number): void {
    this.note(log.JOB_HIT, pcpu, owner?.id ?? -1, index);
  }

  override jobDone({ index, owner }: JobRun, pcpu: number): void {
    this.note(log.JOB_DONE, pcpu, owner?.id ?? -1, index);
  }

  /** Notes how far work has come: an interrupt (mode INTERRUPT) suspends it, its end lets it go on. */
  private suspendOrResume(pcpu: number, work: Work, mode: PcpuMode): void {
    if (mode === INTERRUPT) this.leaveOff(pcpu, work);
    else work.running ??= { time: this.now, elapsed: work.elapsed };
  }

  /** The stretch of work that goes on ends. */
  private leaveOff(pcpu: number, work: Work): void {
    const { running } = work;
    if (running === undefined) return;
    const pace = this.machine?.pcpus[pcpu].pace;
    const { time, elapsed: from } = running;
    const done = this.now - time;
    work.elapsed = from + (pace?.doneIn(done) ?? done);
    work.stretches.push({ time, from, to: work.elapsed, slowness: pace?.slowness ?? 100 });
    work.running = undefined;
  }

  /** The check points that the work has passed: nobody simulated them, so they are asked for now. */
  private logCheckPoints(
    pcpu: number,
    { work, owner }: JobRun,
    stretches: readonly Stretch[],
    stop: Duration,
  ): void {
    const times: Time[] = [];
    for (const { time, from, to, slowness } of stretches) {
      let check = work.nextCheck(from);
      for (; check < to && check < stop; check = work.nextCheck(check + 1)) {
        if (times.length === CHECK_POINTS_MAX) return;
        times.push(time + timeAt(slowness, check - from));
      }
    }
    for (const time of times) this.log.push(log.CHECK_POINT, time, pcpu, owner?.id ?? -1, 0);
  }

  private logCredits(): void {
    for (const vcpu of this.machine?.vcpus ?? []) this.logCredit(vcpu);
  }

  private logCredit(vcpu: Vcpu): void {
    if (this.credit === undefined || vcpu.isIdle) return;
    const credit = Math.round(this.credit.of(vcpu));
    if (credit === this.credits[vcpu.id]) return;
    this.credits[vcpu.id] = credit;
    this.note(log.CREDIT, this.here, vcpu.id, credit);
  }

  private note(kind: number, pcpu: number, vcpu: number, value: number): void {
    if (this.machine !== undefined) this.log.push(kind, this.machine.now, pcpu, vcpu, value);
  }

  private get now(): Time {
    return this.machine?.now ?? 0;
  }

  private get here(): number {
    return this.machine?.here ?? 0;
  }
}
