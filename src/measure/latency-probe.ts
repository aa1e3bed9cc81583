import type { Duration, Time } from '../engine/time.ts';
import type { JobRun } from '../hypervisor/jobs/job-run.ts';
import { GUEST_TIMER, WAKE } from '../hypervisor/machine/event-kinds.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import {
  BLOCKED,
  PAUSED_BLOCKED,
  PAUSED_DOWN,
  PAUSED_IN_XEN,
  type Runstate,
  type Vcpu,
} from '../hypervisor/machine/vcpu.ts';
import type { Activity } from '../hypervisor/paths/activity.ts';
import type { WakeReason } from '../hypervisor/ports.ts';
import { Probe } from '../hypervisor/probe.ts';
import { NO_VCPU } from './attribution.ts';
import { GuestCounts } from './guest-counts.ts';
import { JobLatencies } from './job-latencies.ts';
import type { LatencyKind, WholeKind } from './latency-kinds.ts';
import { Misses } from './misses.ts';
import { machineWaits, type TellOpen } from './open-waits.ts';
import type { PendingEvents } from './pending-events.ts';
import { Progress } from './progress.ts';
import type { SampleSink } from './sample-rows.ts';
import { type Measured, type MeasureWindow, noSamples, SampleTaker } from './sample-taker.ts';
import { NOT_WAITING, VcpuWaits } from './vcpu-waits.ts';

/** Pause flags of a vCPU that waits for something to happen. */
const SLEEPING = PAUSED_BLOCKED | PAUSED_DOWN | PAUSED_IN_XEN;

/** Measures the latencies of one replication. */
export class LatencyProbe extends Probe {
  /** The samples of each kind that is measured. */
  readonly samples: Measured;
  migrations = 0;
  contextSwitches = 0;
  softirqs = 0;
  wakeCount = 0;
  faults = 0;
  /** Entries into the guest with work of the vCPU, or softirqs, left to do. */
  entriesWithWork = 0;
  entriesWithSoftirqs = 0;
  undefs = 0;
  readonly guestCounts = new GuestCounts();
  progress = new Progress(0, 0);
  misses = new Misses(0);
  private readonly window: MeasureWindow;
  private machine: Machine | undefined;
  private taker: SampleTaker | undefined;
  private jobs: JobLatencies | undefined;
  private waits = new VcpuWaits(0);
  /** When the TIMER softirq was raised that each pCPU handles, or handled last. */
  private timerRaisedAt: Float64Array = new Float64Array(0);

  /**
   * @param kinds - what to measure
   * @param sink - takes the samples with time, pCPU, vCPU and causes
   * @param jobs - how many jobs the machine has
   */
  constructor(kinds: readonly LatencyKind[], window: MeasureWindow, sink?: SampleSink, jobs = 0) {
    super();
    this.window = window;
    this.samples = noSamples(kinds, sink, jobs);
  }

  /** Starts measuring. */
  override attached(machine: Machine): void {
    const { pcpuCount, vcpus } = machine;
    this.machine = machine;
    this.taker = new SampleTaker(machine, this.samples, this.window);
    this.jobs = new JobLatencies(machine, this.taker);
    this.waits = new VcpuWaits(vcpus.length);
    this.timerRaisedAt = new Float64Array(pcpuCount);
    this.progress = new Progress(pcpuCount, vcpus.length);
    this.misses = new Misses(vcpus.length);
  }

  /** Something that is measured, and began between warm-up and end, has not ended. */
  get isWaiting(): boolean {
    let waiting = false;
    this.openWaits(() => {
      waiting = true;
    });
    return waiting;
  }

  /** Takes what has begun and not ended for samples that are at least as long as until now. */
  censor(): void {
    this.openWaits((wait) => this.taker?.censor(wait));
  }

  /** Tells of all waits that have not ended and are measured. */
  private openWaits(tell: TellOpen): void {
    const { machine, taker } = this;
    if (machine === undefined) return;
    const { now } = machine;
    const tellMeasured: TellOpen = (wait) => {
      if (this.samples[wait.kind] !== undefined && taker?.isInWindow(wait.began)) tell(wait);
    };
    machineWaits(machine, tellMeasured);
    this.jobs?.open(tellMeasured);
    for (const vcpu of machine.vcpus) this.waits.open(vcpu, now, tellMeasured);
  }

  override scheduled(pcpu: number, prev: Vcpu, { next }: { next: Vcpu }): void {
    if (next === prev) return;
    this.contextSwitches++;
    this.progress.switched(pcpu);
    if (!prev.isIdle && prev.isRunnable) this.stalls(prev);
  }

  override migrated(vcpu: Vcpu, _from: number, to: number): void {
    this.migrations++;
    this.taker?.attribution.moved(this.now, vcpu.id, to);
  }

  override activityChanged(pcpu: number, activity: Activity, current: Vcpu): void {
    this.taker?.attribution.activityChanged(this.now, pcpu, activity, current.id);
  }

  override woken(vcpu: Vcpu, why: WakeReason): void {
    // Who was moved, or is not paused any more, was not asleep.
    if (why === 'start' || why === 'unblock' || why === 'up') this.wakes(vcpu);
  }

  override wakeSkipped(vcpu: Vcpu): void {
    this.wakes(vcpu);
  }

  private wakes(vcpu: Vcpu): void {
    this.wakeCount++;
    this.waits.begin(this.waits.wokenAt, vcpu.id, this.now);
  }

  override eventDue(vcpu: Vcpu, due: Time): void {
    if (this.samples.delivery !== undefined) this.waits.events.add(vcpu.id, due);
  }

  override parked(vcpu: Vcpu, isParked: boolean): void {
    const { id, processor, pauseFlags } = vcpu;
    if (isParked) return this.waits.begin(this.waits.parkedAt, id, this.now);
    this.taker?.take(this.samples.parked, this.now - this.waits.parkedAt[id], processor, id);
    this.waits.parkedAt[id] = NOT_WAITING;
    // It could go on and is off its pCPU, unless it sleeps, or has not left yet.
    const isOff = this.machine?.current(processor) !== vcpu;
    if (isOff && (pauseFlags & SLEEPING) === 0) this.stalls(vcpu);
  }

  private stalls(vcpu: Vcpu): void {
    // Who is taken off again before it has been back in its guest has been stalled all the time.
    this.waits.begin(this.waits.stalledAt, vcpu.id, this.now);
  }

  override guestEntered(vcpu: Vcpu): void {
    this.progress.entered(vcpu, this.now);
    if (vcpu.hasWork) this.entriesWithWork++;
    if (this.machine?.pcpuOf(vcpu).softirqPending !== 0) this.entriesWithSoftirqs++;
    const woken = this.waits.wokenAt[vcpu.id];
    if (woken !== NOT_WAITING) {
      this.waits.wokenAt[vcpu.id] = NOT_WAITING;
      this.taker?.take(this.samples.wakeup, this.now - woken, vcpu.processor, vcpu.id);
    }
    if (this.waits.events.has(vcpu.id)) this.delivered(vcpu, this.waits.events);
    const stalled = this.waits.stalledAt[vcpu.id];
    if (stalled !== NOT_WAITING) {
      this.waits.stalledAt[vcpu.id] = NOT_WAITING;
      this.taker?.take(this.samples.stall, this.now - stalled, vcpu.processor, vcpu.id);
    }
  }

  private delivered({ id, processor }: Vcpu, events: PendingEvents): void {
    const { now } = this;
    for (let i = 0; i < events.count(id); i++) {
      this.taker?.take(this.samples.delivery, now - events.due(id, i), processor, id);
    }
    events.clear(id);
  }

  override softirqRaised(pcpu: number, nr: number): void {
    this.jobs?.raised(pcpu, nr);
  }

  override softirqStarted(pcpu: number, nr: number, latency: Duration): void {
    const { machine } = this;
    if (machine === undefined) return;
    this.softirqs++;
    this.jobs?.started(pcpu, nr, latency);
    const isTimer = nr === machine.softirqTimer;
    if (isTimer) this.timerRaisedAt[pcpu] = machine.now - latency;
    const { softirq_timer: timer, softirq_schedule: others } = this.samples;
    const isOther = !isTimer && nr !== machine.softirqSchedule;
    if (!isOther) this.taker?.take(isTimer ? timer : others, latency, pcpu, NO_VCPU);
  }

  override timerFired(pcpu: number, kind: number, lateness: Duration, index: number): void {
    const raised = this.timerRaisedAt[pcpu];
    const due = this.now - lateness;
    const isVcpus = kind === WAKE || kind === GUEST_TIMER;
    if (isVcpus) this.taker?.attribution.timerServed(index, due, raised);
    this.taker?.takeTimer(lateness, pcpu, raised, NO_VCPU);
  }

  override guestSample(vcpu: Vcpu, kind: string, latency: Duration, began?: Time): void {
    this.taker?.take(this.samples[kind as WholeKind], latency, vcpu.processor, vcpu.id, began);
  }

  override guestCounted({ id }: Vcpu, name: string, count: number): void {
    this.guestCounts.add(name, id, this.machine?.vcpus.length ?? 0, count);
  }

  override deadlineSet({ id }: Vcpu, deadline: Time): void {
    this.misses.begin(id, deadline);
  }

  override deadlineMissed({ id }: Vcpu): void {
    this.misses.count(id);
  }

  override runstateChanged({ id, runstate }: Vcpu, state: Runstate): void {
    if (id >= 0 && state >= BLOCKED && runstate < BLOCKED) this.misses.end(id, this.now);
  }

  override lockHeld(vcpu: Vcpu, duration: Duration): void {
    this.taker?.take(this.samples.lock_hold, duration, vcpu.processor, vcpu.id);
  }

  override lockSpins(vcpu: Vcpu): void {
    this.waits.spinsSince[vcpu.id] = this.now;
  }

  override lockWaited(vcpu: Vcpu, duration: Duration): void {
    this.waits.spinsSince[vcpu.id] = NOT_WAITING;
    this.taker?.take(this.samples.lock_wait, duration, vcpu.processor, vcpu.id);
  }

  override jobDone(run: JobRun, pcpu: number): void {
    this.jobs?.done(run, pcpu);
  }

  override faultResolved(): void {
    this.faults++;
  }

  override undefInjected(): void {
    this.undefs++;
  }

  private get now(): Time {
    return this.machine?.now ?? 0;
  }
}
