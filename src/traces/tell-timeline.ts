import type { Time } from '../engine/time.ts';
import { IRQ_HYP_TIMER, IRQ_SGI, IRQ_VTIMER } from '../hypervisor/cpu/interrupts.ts';
import { GUEST, HYPERVISOR, IDLE, INTERRUPT } from '../hypervisor/cpu/pcpu-mode.ts';
import { BLOCKED, OFFLINE, RUNNING, type Runstate } from '../hypervisor/machine/vcpu.ts';
import { type OperationOutcome, OUTCOMES } from '../hypervisor/toolstack/operation.ts';
import { OUTCOME_TEXTS } from '../measure/operation-text.ts';
import { InstantFilter } from './instant-filter.ts';
import * as log from './run-log.ts';
import type { Timeline } from './timeline.ts';
import type { TimelineSink } from './timeline-sink.ts';
import type { Tracks } from './tracks.ts';

const INTERRUPT_NAMES: Readonly<Record<number, string>> = {
  [IRQ_HYP_TIMER]: 'hypervisor timer interrupt',
  [IRQ_VTIMER]: 'virtual timer interrupt',
  [IRQ_SGI]: 'SGI',
};

/** Tells a sink all of a timeline. */
export function tellTimeline(timeline: Timeline, tracks: Tracks, sink: TimelineSink): void {
  new Teller(timeline, tracks, sink).tell();
}

/** Turns entries of a log into slices, instants and states. */
class Teller {
  private readonly timeline: Timeline;
  private readonly tracks: Tracks;
  private readonly sink: TimelineSink;
  private readonly filter: InstantFilter;
  private readonly modes: number[];
  /** The flow of each vCPU's last wake, 0 if it has been dispatched since. */
  private readonly flows: number[];
  private flowCount = 0;
  /** How many slices of each vCPU's hypervisor stack wait for it to go on, while it sleeps. */
  private readonly asleep: number[];
  /** The job that each vCPU has begun last, or gone on with, on its return path. */
  private readonly visited: string[];

  constructor(timeline: Timeline, tracks: Tracks, sink: TimelineSink) {
    this.timeline = timeline;
    this.tracks = tracks;
    this.sink = sink;
    this.filter = new InstantFilter(sink, tracks.all.length, timeline.vcpus.length);
    this.modes = Array.from({ length: timeline.pcpus }, () => IDLE);
    this.flows = timeline.vcpus.map(() => 0);
    this.asleep = timeline.vcpus.map(() => 0);
    this.visited = timeline.vcpus.map(() => '');
  }

  tell(): void {
    const { sink, filter } = this;
    const { log: entries, duration } = this.timeline;
    for (let at = 0; at < entries.length; at++) {
      const time = entries.time(at);
      const kind = entries.kind(at);
      if (kind === log.CHECK_POINT) {
        sink.instant(time, this.tracks.ofPcpu(entries.pcpu(at)), 'check point');
        continue;
      }
      filter.advance(time);
      this.entry(kind, time, entries.pcpu(at), entries.vcpu(at), entries.value(at));
    }
    filter.advance(0 + duration);
    for (const track of this.tracks.all.keys()) while (filter.depth(track) > 0) filter.end(track);
    filter.flush();
    this.latencies();
  }

  /** What was measured; what went to each cause is told with it. */
  private latencies(): void {
    for (const [index, track] of this.tracks.all.entries()) {
      if (track.kind !== 'latency') continue;
      for (const { kind, from, to, isCensored, isWorst, causes } of track.lane.slices) {
        const ended = isCensored ? ([['has not ended', 'at least so long']] as const) : [];
        const args = [['latency', to - from] as const, ...ended, ...causes];
        this.sink.begin(from, index, isWorst ? `worst ${kind}` : kind, args);
        this.sink.end(to, index);
      }
    }
  }

  private entry(kind: number, time: Time, pcpu: number, vcpu: number, value: number): void {
    const { filter, sink, tracks, timeline } = this;
    const here = tracks.ofPcpu(pcpu);
    const stack = vcpu < 0 ? -1 : tracks.ofVcpu(vcpu);
    switch (kind) {
      case log.RUNSTATE:
        if (vcpu >= 0) this.runstate(time, pcpu, vcpu, (value & 3) as Runstate);
        return;
      case log.WOKEN:
        return this.woken(time, here, vcpu);
      case log.MODE:
        return this.mode(here, stack, value);
      case log.INTERRUPT_STARTED:
        // Several handlers may run one after the other.
        filter.end(here);
        return filter.begin(here, INTERRUPT_NAMES[value], true);
      case log.SOFTIRQ_RAISED:
        return filter.begin(tracks.ofPending(pcpu, value), `${timeline.softirqs[value]} pending`);
      case log.SOFTIRQ_STARTED:
        filter.end(tracks.ofPending(pcpu, value));
        return filter.begin(here, `${timeline.softirqs[value]} softirq`, true);
      case log.SOFTIRQ_ENDED:
        return filter.end(here);
      case log.RETURN_STARTED:
        return filter.begin(stack, 'return path');
      case log.JOB_VISITED:
        // Inside the return path; it may be left for more urgent work, and is gone on with.
        this.visited[vcpu] = timeline.jobs[value].name;
        return filter.depth(stack) === 1
          ? filter.begin(stack, timeline.jobs[value].name, true)
          : undefined;
      case log.JOB_STARTED:
        return filter.begin(here, this.jobText(value, vcpu), true);
      case log.JOB_LEFT:
        return filter.end(here);
      case log.JOB_HIT:
        return sink.instant(time, here, timeline.jobs[value].hit);
      case log.JOB_DONE:
        if (vcpu >= 0 && filter.depth(stack) === 2) filter.end(stack);
        return sink.instant(time, here, `${this.jobText(value, vcpu)} done`);
      case log.CREDIT:
        return sink.credit(time, vcpu, value);
      case log.OPERATION_BEGAN:
        return filter.begin(tracks.ofToolstack, timeline.operations[value], true);
      case log.OPERATION_ENDED:
        return this.operationEnded(time, OUTCOMES[value]);
    }
  }

  private jobText(job: number, vcpu: number): string {
    const { jobs, vcpus } = this.timeline;
    const { name } = jobs[job];
    return vcpu < 0 ? name : `${name} of ${vcpus[vcpu].name}`;
  }

  private operationEnded(time: Time, outcome: OperationOutcome): void {
    const { ofToolstack } = this.tracks;
    this.filter.end(ofToolstack);
    if (outcome !== 'done') this.sink.instant(time, ofToolstack, OUTCOME_TEXTS[outcome]);
  }

  private runstate(time: Time, pcpu: number, vcpu: number, state: Runstate): void {
    this.filter.runstate(vcpu, state, pcpu);
    this.stack(vcpu, state);
    if (state !== RUNNING || this.flows[vcpu] === 0) return;
    const flow = { id: this.flows[vcpu], end: 'to' } as const;
    this.sink.instant(time, this.tracks.ofVcpu(vcpu), 'dispatched', flow);
    this.flows[vcpu] = 0;
  }

  /** A vCPU that sleeps executes nothing: what is on its hypervisor stack goes on when it runs again. */
  private stack(vcpu: number, state: Runstate): void {
    const { filter, asleep } = this;
    const track = this.tracks.ofVcpu(vcpu);
    if (this.sink.showsSleepers === true) return;
    if (state === BLOCKED || state === OFFLINE) {
      for (; filter.depth(track) > 0; asleep[vcpu]++) filter.end(track);
    } else if (state === RUNNING) {
      for (; asleep[vcpu] > 0; asleep[vcpu]--) {
        filter.begin(track, filter.depth(track) === 0 ? 'return path' : this.visited[vcpu]);
      }
    }
  }

  private woken(time: Time, here: number, vcpu: number): void {
    if (this.flows[vcpu] !== 0) return;
    this.flows[vcpu] = ++this.flowCount;
    const flow = { id: this.flowCount, end: 'from' } as const;
    this.sink.instant(time, here, `wake ${this.timeline.vcpus[vcpu].name}`, flow);
  }

  /** A pCPU's slices: guest; hypervisor, with softirqs and chunks inside; an interrupt's handlers, inside or not. */
  private mode(pcpu: number, stack: number, mode: number): void {
    const { filter, modes } = this;
    const before = modes[pcpu];
    if (mode === before) return;
    modes[pcpu] = mode;
    if (mode === INTERRUPT) {
      if (before !== HYPERVISOR) filter.end(pcpu);
      return filter.begin(pcpu, 'interrupt');
    }
    const resumes = before === INTERRUPT && mode === HYPERVISOR && filter.depth(pcpu) > 1;
    filter.end(pcpu);
    if (resumes) return;
    if (mode === HYPERVISOR) filter.begin(pcpu, 'hypervisor');
    else if (mode === GUEST) {
      filter.begin(pcpu, `guest ${this.timeline.vcpus[stack - this.tracks.ofVcpu(0)].name}`);
      // The return path, and a job that goes on after the next trap.
      while (filter.depth(stack) > 0) filter.end(stack);
    }
  }
}
