import type { Time } from '../engine/time.ts';
import { OFFLINE, RUNNABLE, RUNNING, type Runstate } from '../hypervisor/machine/vcpu.ts';
import type { TimelineSink } from './timeline-sink.ts';

const UNTOLD = -1;

/** A slice that is open on a track. */
interface OpenSlice {
  readonly name: string;
  readonly since: Time;
  /** If it has no length it becomes an instant; else it is left out then. */
  readonly kept: boolean;
}

/** A vCPU's runstate, and where it runs or ran. */
interface Place {
  readonly state: Runstate | typeof UNTOLD;
  readonly pcpu: number;
}

/**
 * Holds back what happens at an instant until time goes on, and tells a sink what is left of it: slices and
 * states without length confuse viewers, which order events of equal time as they like.
 */
export class InstantFilter {
  private readonly sink: TimelineSink;
  private time: Time = 0;
  /** Open slices by track; the sink has been told of the first so many of them. */
  private readonly slices: OpenSlice[][];
  private readonly told: number[];
  private readonly touchedTracks = new Set<number>();
  private readonly states: Place[];
  /** The places at the end of the last instant, of vCPUs that have moved since. */
  private readonly before = new Map<number, Place>();

  constructor(sink: TimelineSink, tracks: number, vcpus: number) {
    this.sink = sink;
    this.slices = Array.from({ length: tracks }, () => []);
    this.told = Array.from({ length: tracks }, () => 0);
    this.states = Array.from({ length: vcpus }, () => ({ state: OFFLINE, pcpu: 0 }));
    for (let vcpu = 0; vcpu < vcpus; vcpu++) this.before.set(vcpu, { state: UNTOLD, pcpu: 0 });
  }

  /** Time goes on to `time`. */
  advance(time: Time): void {
    if (time === this.time) return;
    this.flush();
    this.time = time;
  }

  runstate(vcpu: number, state: Runstate, pcpu: number): void {
    if (!this.before.has(vcpu)) this.before.set(vcpu, this.states[vcpu]);
    this.states[vcpu] = { state, pcpu };
  }

  begin(track: number, name: string, kept = false): void {
    this.slices[track].push({ name, since: this.time, kept });
    this.touchedTracks.add(track);
  }

  /** Ends the last open slice of `track`; no effect if there is none. */
  end(track: number): void {
    const open = this.slices[track];
    const slice = open.pop();
    if (slice === undefined) return;
    if (this.told[track] > open.length) {
      this.told[track] = open.length;
      this.sink.end(this.time, track);
    } else if (slice.kept) {
      this.sink.instant(this.time, track, slice.name);
    }
  }

  /** How many slices are open on `track`. */
  depth(track: number): number {
    return this.slices[track].length;
  }

  /** Nothing more happens at this instant. */
  flush(): void {
    for (const track of this.touchedTracks) this.tellSlices(track);
    this.touchedTracks.clear();
    this.tellStates();
  }

  private tellSlices(track: number): void {
    const open = this.slices[track];
    for (; this.told[track] < open.length; this.told[track]++) {
      this.sink.begin(this.time, track, open[this.told[track]].name);
    }
  }

  /** Who leaves a state, then who starts to run. */
  private tellStates(): void {
    const { time, sink } = this;
    const starting: number[] = [];
    for (const [vcpu, before] of this.before) {
      const now = this.states[vcpu];
      const wasRunning = before.state === RUNNING;
      if (now.state === RUNNING) {
        if (wasRunning && now.pcpu === before.pcpu) continue;
        if (wasRunning) sink.runstate(time, vcpu, RUNNABLE, before.pcpu);
        starting.push(vcpu);
      } else if (now.state !== before.state && now.state !== UNTOLD) {
        sink.runstate(time, vcpu, now.state, wasRunning ? before.pcpu : now.pcpu);
      }
    }
    for (const vcpu of starting) sink.runstate(time, vcpu, RUNNING, this.states[vcpu].pcpu);
    this.before.clear();
  }
}
