import type { Duration, Time } from '../engine/time.ts';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING, type Runstate } from '../hypervisor/machine/vcpu.ts';
import { BytePieces } from './byte-pieces.ts';
import { tellTimeline } from './tell-timeline.ts';
import type { Timeline } from './timeline.ts';
import type { Flow, TimelineSink } from './timeline-sink.ts';
import { Tracks } from './tracks.ts';

const RUNSTATE_NAMES: Readonly<Record<Runstate, string>> = {
  [RUNNING]: 'running',
  [RUNNABLE]: 'runnable',
  [BLOCKED]: 'blocked',
  [OFFLINE]: 'offline',
};

/** The process of all pCPUs; that of domain i is i + 1 later. */
const PCPUS_PID = 1;

/**
 * Writes a timeline in Chrome's trace event format (JSON), in pieces. Slices are events with a duration, so that
 * nothing depends on the order of events of equal time. A vCPU has two rows: its runstates, and below its
 * hypervisor stack. Times are in us with three digits, so they are exact.
 */
export function writeChrome(timeline: Timeline): readonly Uint8Array[] {
  const tracks = new Tracks(timeline);
  const writer = new ChromeWriter(timeline, tracks);
  writer.head();
  tellTimeline(timeline, tracks, writer);
  return writer.finish();
}

/** The row of an event. */
interface Row {
  readonly pid: number;
  readonly tid: number;
}

interface Open {
  readonly name: string;
  readonly since: Time;
}

class ChromeWriter implements TimelineSink {
  private readonly timeline: Timeline;
  private readonly tracks: Tracks;
  private readonly rows: readonly Row[];
  private readonly out = new BytePieces();
  private readonly slices: Open[][];
  private readonly states: (Open | undefined)[];
  private separator = '\n';

  constructor(timeline: Timeline, tracks: Tracks) {
    this.timeline = timeline;
    this.tracks = tracks;
    this.rows = tracks.all.map((_, track) => this.rowOf(track));
    this.slices = tracks.all.map(() => []);
    this.states = timeline.vcpus.map(() => undefined);
  }

  /** Who there is. */
  head(): void {
    const { domains, vcpus } = this.timeline;
    this.out.addText('{"displayTimeUnit":"ns","traceEvents":[');
    this.name('process_name', { pid: PCPUS_PID, tid: 0 }, 'pCPUs');
    domains.forEach((name, domain) => {
      this.name('process_name', { pid: PCPUS_PID + 1 + domain, tid: 0 }, `domain ${name}`);
    });
    this.tracks.all.forEach((track, index) => {
      const row = this.rows[index];
      if (track.kind === 'pcpu') this.name('thread_name', row, `pCPU ${track.pcpu}`);
      else if (track.kind === 'pending') {
        this.name('thread_name', row, `pCPU ${track.pcpu}: ${track.softirq} pending`);
      } else if (track.kind === 'toolstack') {
        this.name('thread_name', row, 'toolstack');
      } else {
        const { name } = vcpus[track.vcpu];
        this.name('thread_name', this.stateRow(track.vcpu), `vCPU ${name}`);
        this.name('thread_name', row, `vCPU ${name}: hypervisor stack`);
      }
    });
  }

  finish(): readonly Uint8Array[] {
    this.states.forEach((state, vcpu) => {
      if (state !== undefined) this.slice(this.stateRow(vcpu), state, 0 + this.timeline.duration);
    });
    this.out.addText('\n]}\n');
    return this.out.finish();
  }

  runstate(time: Time, vcpu: number, state: Runstate): void {
    const before = this.states[vcpu];
    // One that is left as it is entered: the vCPU goes on elsewhere.
    if (before !== undefined && before.since < time) this.slice(this.stateRow(vcpu), before, time);
    this.states[vcpu] = { name: RUNSTATE_NAMES[state], since: time };
  }

  begin(time: Time, track: number, name: string): void {
    this.slices[track].push({ name, since: time });
  }

  end(time: Time, track: number): void {
    const slice = this.slices[track].pop();
    if (slice !== undefined) this.slice(this.rows[track], slice, time);
  }

  instant(time: Time, track: number, name: string, flow?: Flow): void {
    const row = this.rows[track];
    if (flow === undefined) return this.event('i', row, name, time, ',"s":"t"');
    // Arrows lead from slice to slice.
    this.slice(row, { name, since: time }, time);
    const end = flow.end === 'from' ? 's' : 'f';
    this.event(end, row, 'wake', time, `,"cat":"wake","bp":"e","id":${flow.id}`);
  }

  credit(time: Time, vcpu: number, value: number): void {
    const { name } = this.timeline.vcpus[vcpu];
    const { creditName } = this.timeline;
    this.event(
      'C',
      this.stateRow(vcpu),
      `${creditName} of ${name}`,
      time,
      `,"args":{"value":${value}}`,
    );
  }

  private slice(row: Row, { name, since }: Open, end: Time): void {
    this.event('X', row, name, since, `,"dur":${micros(end - since)}`);
  }

  private name(what: string, row: Row, name: string): void {
    this.event('M', row, what, 0, `,"args":{"name":${JSON.stringify(name)}}`);
  }

  private event(phase: string, { pid, tid }: Row, name: string, time: Time, more: string): void {
    const ts = micros(time - 0);
    this.out.addText(
      `${this.separator}{"ph":"${phase}","pid":${pid},"tid":${tid},"ts":${ts},"name":${JSON.stringify(name)}${more}}`,
    );
    this.separator = ',\n';
  }

  private rowOf(track: number): Row {
    const kind = this.tracks.all[track];
    if (kind.kind !== 'vcpu') return { pid: PCPUS_PID, tid: track + 1 };
    const { pid, tid } = this.stateRow(kind.vcpu);
    return { pid, tid: tid + 1 };
  }

  private stateRow(vcpu: number): Row {
    return { pid: PCPUS_PID + 1 + this.timeline.vcpus[vcpu].domain, tid: 2 * vcpu + 1 };
  }
}

/** Nanoseconds as microseconds, in digits. */
function micros(ns: Duration): string {
  return `${Math.floor(ns / 1000)}.${String(ns % 1000).padStart(3, '0')}`;
}
