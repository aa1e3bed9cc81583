import { invariant } from '../engine/invariant.ts';
import type { Duration, Time } from '../engine/time.ts';
import { HYPERVISOR, INTERRUPT } from '../hypervisor/cpu/pcpu.ts';
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
import { Attribution, NO_VCPU } from './attribution.ts';
import { LATENCY_KINDS, type LatencyKind } from './latency-kinds.ts';
import { Misses } from './misses.ts';
import { machineWaits, type OpenWait, type TellOpen } from './open-waits.ts';
import { PendingEvents } from './pending-events.ts';
import { Progress } from './progress.ts';
import { SampleList } from './sample-list.ts';
import {
  ROW_CENSORED,
  ROW_LATENCY,
  ROW_PCPU,
  ROW_TIME,
  ROW_VCPU,
  SampleRow,
} from './sample-row.ts';
import { SampleRows, type SampleSink } from './sample-rows.ts';
import { VcpuList } from './vcpu-list.ts';
import { WorstSamples } from './worst-samples.ts';

/** The samples of one kind. */
export interface Samples {
  readonly latency: SampleList;
  /** Of which vCPU each is; negative: of a pCPU. */
  readonly vcpus: VcpuList;
  readonly worst: WorstSamples;
  /** Where all there is to know of each goes, if anybody asks. */
  readonly rows: SampleRows | undefined;
  /** How many of them, the last ones, had not ended when the run did, and are at least so long. */
  censored: number;
}

const NOT_WAITING = -1;
/** Pause flags of a vCPU that waits for something to happen. */
const SLEEPING = PAUSED_BLOCKED | PAUSED_DOWN | PAUSED_IN_XEN;

/** Measures the latencies of one replication. */
export class LatencyProbe extends Probe {
  /** The samples of each kind that is measured. */
  readonly samples: Readonly<Partial<Record<LatencyKind, Samples>>>;
  erestarts = 0;
  flushes = 0;
  migrations = 0;
  contextSwitches = 0;
  softirqs = 0;
  wakeCount = 0;
  faults = 0;
  /** Flushes that went on on another pCPU than they had stopped on. */
  flushMoves = 0;
  /** Entries into the guest with work of the vCPU, or softirqs, left to do. */
  entriesWithWork = 0;
  entriesWithSoftirqs = 0;
  undefs = 0;
  /** What guests counted, by name: of each vCPU. */
  private readonly guestCounts = new Map<string, Float64Array>();
  progress = new Progress(0, 0);
  misses = new Misses(0);
  private readonly warmUp: Time;
  private readonly end: Time;
  private machine: Machine | undefined;
  /** When each vCPU was woken, and taken off its pCPU although it could go on, until it is back in the guest. */
  private wokenAt: Float64Array = new Float64Array(0);
  private stalledAt: Float64Array = new Float64Array(0);
  /** When each vCPU was parked. */
  private parkedAt: Float64Array = new Float64Array(0);
  private events: PendingEvents | undefined;
  /** When each vCPU began to spin for the p2m lock. */
  private spinsSince: Float64Array = new Float64Array(0);
  /** Per pCPU, a bit for each pending softirq that was raised during a flush. */
  private raisedInFlush: Int32Array = new Int32Array(0);
  /** Per vCPU, where its flush stopped last. */
  private readonly stoppedOn: number[] = [];
  /** The sample that is being taken; the attribution puts its causes there. */
  private readonly taken = new SampleRow();
  private attribution: Attribution | undefined;
  /** When the TIMER softirq was raised that each pCPU handles, or handled last. */
  private timerRaisedAt: Float64Array = new Float64Array(0);

  /**
   * @param kinds - what to measure
   * @param window - latencies that began earlier than `warmUp`, or not before `end`, are not kept [ns]
   * @param sink - takes the samples with time, pCPU, vCPU and causes
   */
  constructor(
    kinds: readonly LatencyKind[],
    window: { readonly warmUp: Time; readonly end: Time },
    sink?: SampleSink,
  ) {
    super();
    this.warmUp = window.warmUp;
    this.end = window.end;
    this.samples = Object.fromEntries(
      LATENCY_KINDS.filter((kind) => kinds.includes(kind)).map((kind) => [
        kind,
        {
          latency: new SampleList(),
          vcpus: new VcpuList(),
          worst: new WorstSamples(),
          rows: sink && new SampleRows(kind, sink),
          censored: 0,
        },
      ]),
    );
  }

  /** Starts measuring. */
  override attached(machine: Machine): void {
    this.machine = machine;
    this.attribution = new Attribution(machine.pcpuCount, machine.vcpus, this.taken);
    for (const { id, activity, current } of machine.pcpus) {
      this.attribution.activityChanged(machine.now, id, activity, current.id);
    }
    this.timerRaisedAt = new Float64Array(machine.pcpuCount);
    this.wokenAt = new Float64Array(machine.vcpus.length).fill(NOT_WAITING);
    this.stalledAt = new Float64Array(machine.vcpus.length).fill(NOT_WAITING);
    this.parkedAt = new Float64Array(machine.vcpus.length).fill(NOT_WAITING);
    this.events = new PendingEvents(machine.vcpus.length);
    this.spinsSince = new Float64Array(machine.vcpus.length).fill(NOT_WAITING);
    this.raisedInFlush = new Int32Array(machine.pcpuCount);
    this.progress = new Progress(machine.pcpuCount, machine.vcpus.length);
    this.misses = new Misses(machine.vcpus.length);
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
    this.openWaits((wait) => this.censorOne(wait));
  }

  private censorOne({ kind, pcpu, vcpu, began, latency }: OpenWait): void {
    const { machine, attribution, samples, now } = this;
    const taken = samples[kind];
    if (machine === undefined || taken === undefined) return;
    if (kind === 'timer') {
      const { softirqPending, raisedAt } = machine.pcpus[pcpu];
      const isRaised = (softirqPending & (1 << machine.softirqTimer)) !== 0;
      attribution?.attributeTimer(
        pcpu,
        began,
        isRaised ? raisedAt[machine.softirqTimer] : now,
        now,
      );
    } else {
      attribution?.attribute(vcpu, pcpu, began, now);
    }
    taken.censored++;
    this.taken.numbers[ROW_CENSORED] = 1;
    this.keep(taken, latency, now, pcpu, vcpu);
    this.taken.numbers[ROW_CENSORED] = 0;
  }

  /** Tells of all waits that have not ended and are measured. */
  private openWaits(tell: TellOpen): void {
    const { machine } = this;
    if (machine === undefined) return;
    const { now } = machine;
    const tellMeasured: TellOpen = (wait) => {
      const { kind, began } = wait;
      if (this.samples[kind] !== undefined && began >= this.warmUp && began < this.end) tell(wait);
    };
    machineWaits(machine, tellMeasured);
    this.raisedInFlush.forEach((raised, pcpu) => {
      const { softirqPending, raisedAt } = machine.pcpus[pcpu];
      for (let nr = 0; raised >> nr !== 0; nr++) {
        if ((raised & softirqPending & (1 << nr)) === 0) continue;
        const latency = now - raisedAt[nr];
        tellMeasured({ kind: 'softirq_flush', pcpu, vcpu: NO_VCPU, began: raisedAt[nr], latency });
      }
    });
    for (const { id, processor } of machine.vcpus) {
      for (const due of this.events?.of(id) ?? []) {
        tellMeasured({
          kind: 'delivery',
          pcpu: processor,
          vcpu: id,
          began: due,
          latency: now - due,
        });
      }
      const own = [
        ['wakeup', this.wokenAt],
        ['stall', this.stalledAt],
        ['parked', this.parkedAt],
        ['lock_wait', this.spinsSince],
      ] as const;
      for (const [kind, since] of own) {
        const began = since[id];
        if (began === NOT_WAITING) continue;
        tellMeasured({ kind, pcpu: processor, vcpu: id, began, latency: now - began });
      }
    }
  }

  override scheduled(pcpu: number, prev: Vcpu, { next }: { next: Vcpu }): void {
    if (next === prev) return;
    this.contextSwitches++;
    this.progress.switched(pcpu);
    if (!prev.isIdle && prev.isRunnable) this.stalls(prev);
  }

  override migrated(vcpu: Vcpu, _from: number, to: number): void {
    this.migrations++;
    this.attribution?.moved(this.now, vcpu.id, to);
  }

  override activityChanged(pcpu: number, activity: Activity, current: Vcpu): void {
    this.attribution?.activityChanged(this.now, pcpu, activity, current.id);
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
    if (this.wokenAt[vcpu.id] === NOT_WAITING) this.wokenAt[vcpu.id] = this.now;
  }

  override eventDue(vcpu: Vcpu, due: Time): void {
    this.events?.add(vcpu.id, due);
  }

  override parked(vcpu: Vcpu, isParked: boolean): void {
    const { id, processor, pauseFlags } = vcpu;
    if (isParked) {
      this.parkedAt[id] = this.now;
      return;
    }
    this.sample(this.samples.parked, this.now - this.parkedAt[id], processor, id);
    this.parkedAt[id] = NOT_WAITING;
    // It could go on and is off its pCPU, unless it sleeps, or has not left yet.
    const isOff = this.machine?.current(processor) !== vcpu;
    if (isOff && (pauseFlags & SLEEPING) === 0) this.stalls(vcpu);
  }

  private stalls(vcpu: Vcpu): void {
    // Who is taken off again before it has been back in its guest has been stalled all the time.
    if (this.stalledAt[vcpu.id] === NOT_WAITING) this.stalledAt[vcpu.id] = this.now;
  }

  override guestEntered(vcpu: Vcpu): void {
    this.progress.entered(vcpu, this.now);
    if (vcpu.hasWork) this.entriesWithWork++;
    if (this.machine?.pcpuOf(vcpu).softirqPending !== 0) this.entriesWithSoftirqs++;
    const woken = this.wokenAt[vcpu.id];
    if (woken !== NOT_WAITING) {
      this.wokenAt[vcpu.id] = NOT_WAITING;
      this.sample(this.samples.wakeup, this.now - woken, vcpu.processor, vcpu.id);
    }
    if (this.events?.has(vcpu.id)) this.delivered(vcpu, this.events);
    const stalled = this.stalledAt[vcpu.id];
    if (stalled !== NOT_WAITING) {
      this.stalledAt[vcpu.id] = NOT_WAITING;
      this.sample(this.samples.stall, this.now - stalled, vcpu.processor, vcpu.id);
    }
  }

  private delivered({ id, processor }: Vcpu, events: PendingEvents): void {
    for (const due of events.of(id)) {
      this.sample(this.samples.delivery, this.now - due, processor, id);
    }
    events.clear(id);
  }

  override softirqRaised(pcpu: number, nr: number): void {
    const { machine } = this;
    if (machine === undefined) return;
    const { mode, current } = machine.pcpus[pcpu];
    const fromOutside = mode === INTERRUPT || (mode === HYPERVISOR && machine.here !== pcpu);
    const inFlush = current.isIdle ? machine.pcpus[pcpu].taskletScheduled : current.trapFlushes;
    if (fromOutside && inFlush) this.raisedInFlush[pcpu] |= 1 << nr;
  }

  override softirqStarted(pcpu: number, nr: number, latency: Duration): void {
    const { machine } = this;
    if (machine === undefined) return;
    this.softirqs++;
    const isTimer = nr === machine.softirqTimer;
    if (isTimer) this.timerRaisedAt[pcpu] = machine.now - latency;
    const { softirq_timer: timer, softirq_schedule: others } = this.samples;
    this.sample(isTimer ? timer : others, latency, pcpu, NO_VCPU);
    if ((this.raisedInFlush[pcpu] & (1 << nr)) !== 0) {
      this.raisedInFlush[pcpu] &= ~(1 << nr);
      this.sample(this.samples.softirq_flush, latency, pcpu, NO_VCPU);
    }
  }

  override timerFired(pcpu: number, kind: number, lateness: Duration, index: number): void {
    const raised = this.timerRaisedAt[pcpu];
    const due = this.now - lateness;
    if (kind === WAKE || kind === GUEST_TIMER) this.attribution?.timerServed(index, due, raised);
    const { timer } = this.samples;
    if (timer === undefined || due < this.warmUp || due >= this.end) return;
    this.attribution?.attributeTimer(pcpu, due, raised, this.now);
    this.keep(timer, lateness, this.now, pcpu, NO_VCPU);
  }

  override guestSample(vcpu: Vcpu, kind: string, latency: Duration, began?: Time): void {
    this.sample(this.samples[kind as LatencyKind], latency, vcpu.processor, vcpu.id, began);
  }

  override flushResumed(vcpu: Vcpu): void {
    if (this.stoppedOn[vcpu.id] !== vcpu.processor) this.flushMoves++;
  }

  override guestCounted({ id }: Vcpu, name: string, count: number): void {
    let counts = this.guestCounts.get(name);
    if (counts === undefined) {
      counts = new Float64Array(this.machine?.vcpus.length ?? 0);
      this.guestCounts.set(name, counts);
    }
    counts[id] += count;
  }

  /** What `vcpu`, or all of them, have counted by `name`. */
  counted(name: string, vcpu?: number): number {
    const counts = this.guestCounts.get(name);
    if (counts === undefined) return 0;
    return vcpu === undefined ? counts.reduce((sum, count) => sum + count, 0) : counts[vcpu];
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
    this.sample(this.samples.lock_hold, duration, vcpu.processor, vcpu.id);
  }

  override lockSpins(vcpu: Vcpu): void {
    this.spinsSince[vcpu.id] = this.now;
  }

  override lockWaited(vcpu: Vcpu, duration: Duration): void {
    this.spinsSince[vcpu.id] = NOT_WAITING;
    this.sample(this.samples.lock_wait, duration, vcpu.processor, vcpu.id);
  }

  override deferredDone(vcpu: Vcpu, latency: Duration): void {
    this.sample(this.samples.request, latency, vcpu.processor, vcpu.id);
  }

  override faultResolved(): void {
    this.faults++;
  }

  override undefInjected(): void {
    this.undefs++;
  }

  override flushPreempted(vcpu: Vcpu): void {
    this.stoppedOn[vcpu.id] = vcpu.processor;
    this.erestarts++;
  }

  override flushed(): void {
    this.flushes++;
  }

  private get now(): number {
    return this.machine?.now ?? 0;
  }

  /**
   * Takes a sample that ends now, unless its kind is not measured, or it began before the end of the warm-up or after
   * that of the run.
   * @param began - when it began, if `latency` is none but says something about that time (slowdown)
   */
  private sample(
    samples: Samples | undefined,
    latency: Duration,
    pcpu: number,
    vcpu: number,
    began?: Time,
  ): void {
    if (samples === undefined) return;
    const { now } = this;
    const start = began ?? now - latency;
    if (start < this.warmUp || start >= this.end) return;
    this.attribution?.attribute(vcpu, pcpu, start, now);
    this.keep(samples, latency, now, pcpu, vcpu);
  }

  /** Keeps a sample whose causes have just been found. */
  private keep(
    { latency: latencies, vcpus, worst, rows }: Samples,
    latency: Duration,
    now: Time,
    pcpu: number,
    vcpu: number,
  ): void {
    invariant(latency >= 0, 'a latency is not negative');
    const { numbers } = this.taken;
    numbers[ROW_TIME] = now;
    numbers[ROW_PCPU] = pcpu;
    numbers[ROW_VCPU] = vcpu;
    numbers[ROW_LATENCY] = latency;
    latencies.push(latency);
    vcpus.push(vcpu);
    worst.add(this.taken);
    rows?.add(numbers);
  }
}
