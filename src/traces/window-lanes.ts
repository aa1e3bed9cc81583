import type { Time } from '../engine/time.ts';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING, type Runstate } from '../hypervisor/machine/vcpu.ts';
import { tellTimeline } from './tell-timeline.ts';
import type { Timeline } from './timeline.ts';
import type { Flow, TimelineSink } from './timeline-sink.ts';
import type { Track, Tracks } from './tracks.ts';

/** A stretch of time in a lane, in slices that are open around it. */
export interface Stretch {
  readonly from: Time;
  to: Time;
  readonly name: string;
  readonly depth: number;
}

/** A row of a timeline: a pCPU, a softirq of it that is pending, a vCPU's hypervisor stack or state, the toolstack. */
export interface Lane {
  readonly name: string;
  readonly stretches: Stretch[];
  readonly marks: { readonly at: Time; readonly name: string }[];
}

/** From one time to another, [ns]. */
export interface Span {
  readonly from: Time;
  readonly to: Time;
}

/** The name of the toolstack's lane. */
export const TOOLSTACK_LANE = 'toolstack';

/** The lanes of a timeline in which something happens in `window`. */
export function lanesIn(timeline: Timeline, tracks: Tracks, window: Span): Lane[] {
  const sink = new WindowSink(timeline, tracks, window);
  tellTimeline(timeline, tracks, sink);
  return sink.finish();
}

/** Collects what falls into a window of time. */
class WindowSink implements TimelineSink {
  readonly showsSleepers = true;
  private readonly tracks: Lane[];
  private readonly states: Lane[];
  private readonly open: { from: Time; name: string }[][];
  private readonly current: ({ from: Time; name: string } | undefined)[];
  private readonly window: Span;

  constructor(timeline: Timeline, tracks: Tracks, window: Span) {
    this.window = window;
    const lane = (name: string): Lane => ({ name, stretches: [], marks: [] });
    this.tracks = tracks.all.map((track) => lane(laneName(track, timeline)));
    this.states = timeline.vcpus.map(({ name }) => lane(name));
    this.open = tracks.all.map(() => []);
    this.current = timeline.vcpus.map(() => undefined);
  }

  runstate(time: Time, vcpu: number, state: Runstate): void {
    const before = this.current[vcpu];
    if (before !== undefined) this.add(this.states[vcpu], before, time, 0);
    this.current[vcpu] =
      state === BLOCKED || state === OFFLINE ? undefined : { from: time, name: STATES[state] };
  }

  begin(time: Time, track: number, name: string): void {
    this.open[track].push({ from: time, name });
  }

  end(time: Time, track: number): void {
    const slice = this.open[track].pop();
    if (slice !== undefined) this.add(this.tracks[track], slice, time, this.open[track].length);
  }

  instant(time: Time, track: number, name: string, _flow?: Flow): void {
    const { from, to } = this.window;
    if (time >= from && time <= to) this.tracks[track].marks.push({ at: time, name });
  }

  credit(): void {}

  /** The lanes in which something happens. */
  finish(): Lane[] {
    this.open.forEach((slices, track) => {
      while (slices.length > 0) this.end(this.window.to, track);
    });
    this.current.forEach((state, vcpu) => {
      if (state !== undefined) this.add(this.states[vcpu], state, this.window.to, 0);
    });
    const all = [...this.tracks, ...this.states];
    return all.filter(({ stretches, marks }) => stretches.length + marks.length > 0);
  }

  private add(
    lane: Lane,
    { from, name }: { from: Time; name: string },
    to: Time,
    depth: number,
  ): void {
    if (to <= this.window.from || from >= this.window.to || to === from) return;
    lane.stretches.push({ from, to, name, depth });
  }
}

const STATES: Readonly<Record<Runstate, string>> = {
  [RUNNING]: 'running',
  [RUNNABLE]: 'runnable',
  [BLOCKED]: 'blocked',
  [OFFLINE]: 'offline',
};

function laneName(track: Track, { vcpus }: Timeline): string {
  if (track.kind === 'pcpu') return `pCPU ${track.pcpu}`;
  if (track.kind === 'pending') return `pCPU ${track.pcpu}: ${track.softirq}`;
  if (track.kind === 'toolstack') return TOOLSTACK_LANE;
  if (track.kind === 'latency') return track.lane.kind;
  return `${vcpus[track.vcpu].name}: stack`;
}
