import type { Duration, Time } from '../engine/time.ts';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING, type Runstate } from '../hypervisor/machine/vcpu.ts';
import { BytePieces } from './byte-pieces.ts';
import { tellTimeline } from './tell-timeline.ts';
import type { Timeline } from './timeline.ts';
import type { Flow, SliceArgs, TimelineSink } from './timeline-sink.ts';
import { type Track, Tracks } from './tracks.ts';

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

/** What an event is about: viewers filter by it. */
type Category =
  | 'pcpu'
  | 'softirq'
  | 'runstate'
  | 'stack'
  | 'toolstack'
  | 'latency'
  | 'wake'
  | 'credit';

/** Between the sort indices of two pCPUs, or vCPUs, there is room for what belongs to one. */
const ROOM = 1000;

/** The row of an event. */
interface Row {
  readonly pid: number;
  readonly tid: number;
}

interface Open {
  readonly name: string;
  readonly since: Time;
  readonly args?: SliceArgs | undefined;
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

  /** What this is, who there is, and in which order. */
  head(): void {
    const { domains, about = [] } = this.timeline;
    const data = JSON.stringify(Object.fromEntries(about));
    this.out.addText(`{"displayTimeUnit":"ns","otherData":${data},"traceEvents":[`);
    this.process(PCPUS_PID, 'pCPUs');
    domains.forEach((name, domain) => {
      this.process(PCPUS_PID + 1 + domain, `domain ${name}`);
    });
    this.tracks.all.forEach((track, index) => {
      this.nameRow(track, this.rows[index]);
    });
  }

  private nameRow(track: Track, row: Row): void {
    const { vcpus } = this.timeline;
    switch (track.kind) {
      case 'pcpu':
        return this.thread(row, `pCPU ${track.pcpu}`, track.pcpu * ROOM);
      case 'pending': {
        const { pcpu, softirq } = track;
        return this.thread(row, `pCPU ${pcpu}: ${softirq} pending`, pcpu * ROOM + 1);
      }
      case 'toolstack':
        return this.thread(row, 'toolstack', -1);
      case 'latency': {
        const { kind, vcpu, pcpu, number } = track.lane;
        const of = vcpu < 0 ? `pCPU ${pcpu}` : `vCPU ${vcpus[vcpu].name}`;
        const name = `${of}: ${kind}${number > 0 ? ` ${number + 1}` : ''}`;
        return this.thread(row, name, (vcpu < 0 ? pcpu : vcpu) * ROOM + 3);
      }
      case 'vcpu': {
        const { name } = vcpus[track.vcpu];
        this.thread(this.stateRow(track.vcpu), `vCPU ${name}`, track.vcpu * ROOM);
        return this.thread(row, `vCPU ${name}: hypervisor stack`, track.vcpu * ROOM + 1);
      }
    }
  }

  finish(): readonly Uint8Array[] {
    const end = 0 + this.timeline.duration;
    this.states.forEach((state, vcpu) => {
      if (state !== undefined) this.slice(this.stateRow(vcpu), 'runstate', state, end);
    });
    this.out.addText('\n]}\n');
    return this.out.finish();
  }

  runstate(time: Time, vcpu: number, state: Runstate): void {
    const before = this.states[vcpu];
    // One that is left as it is entered: the vCPU goes on elsewhere.
    if (before !== undefined && before.since < time) {
      this.slice(this.stateRow(vcpu), 'runstate', before, time);
    }
    this.states[vcpu] = { name: RUNSTATE_NAMES[state], since: time };
  }

  begin(time: Time, track: number, name: string, args?: SliceArgs): void {
    this.slices[track].push({ name, since: time, args });
  }

  end(time: Time, track: number): void {
    const slice = this.slices[track].pop();
    if (slice !== undefined) this.slice(this.rows[track], this.categoryOf(track), slice, time);
  }

  instant(time: Time, track: number, name: string, flow?: Flow): void {
    const row = this.rows[track];
    const category = this.categoryOf(track);
    if (flow === undefined) return this.event('i', row, category, name, time, ',"s":"t"');
    // Arrows lead from slice to slice.
    this.slice(row, category, { name, since: time }, time);
    const end = flow.end === 'from' ? 's' : 'f';
    this.event(end, row, 'wake', 'wake', time, `,"bp":"e","id":${flow.id}`);
  }

  credit(time: Time, vcpu: number, value: number): void {
    const { name } = this.timeline.vcpus[vcpu];
    const { creditName } = this.timeline;
    const args = `,"args":{"value":${value}}`;
    this.event('C', this.stateRow(vcpu), 'credit', `${creditName} of ${name}`, time, args);
  }

  private slice(row: Row, category: Category, { name, since, args }: Open, end: Time): void {
    const more = args === undefined ? '' : `,"args":${JSON.stringify(Object.fromEntries(args))}`;
    this.event('X', row, category, name, since, `,"dur":${micros(end - since)}${more}`);
  }

  private process(pid: number, name: string): void {
    this.meta({ pid, tid: 0 }, 'process_name', `"name":${JSON.stringify(name)}`);
    this.meta({ pid, tid: 0 }, 'process_sort_index', `"sort_index":${pid}`);
  }

  private thread(row: Row, name: string, sortIndex: number): void {
    this.meta(row, 'thread_name', `"name":${JSON.stringify(name)}`);
    this.meta(row, 'thread_sort_index', `"sort_index":${sortIndex}`);
  }

  private meta({ pid, tid }: Row, what: string, args: string): void {
    this.write(`{"ph":"M","pid":${pid},"tid":${tid},"ts":0,"name":"${what}","args":{${args}}}`);
  }

  private event(
    phase: string,
    { pid, tid }: Row,
    category: Category,
    name: string,
    time: Time,
    more: string,
  ): void {
    this.write(
      `{"ph":"${phase}","pid":${pid},"tid":${tid},"ts":${micros(time - 0)},"cat":"${category}","name":${JSON.stringify(name)}${more}}`,
    );
  }

  private write(event: string): void {
    this.out.addText(`${this.separator}${event}`);
    this.separator = ',\n';
  }

  private categoryOf(track: number): Category {
    const { kind } = this.tracks.all[track];
    if (kind === 'pending') return 'softirq';
    return kind === 'vcpu' ? 'stack' : kind;
  }

  private rowOf(index: number): Row {
    const track = this.tracks.all[index];
    if (track.kind === 'vcpu') {
      const { pid, tid } = this.stateRow(track.vcpu);
      return { pid, tid: tid + 1 };
    }
    // Numbers above those of the rows of vCPUs.
    const tid = 2 * this.timeline.vcpus.length + 1 + index;
    if (track.kind === 'latency' && track.lane.vcpu >= 0) {
      return { pid: this.stateRow(track.lane.vcpu).pid, tid };
    }
    return { pid: PCPUS_PID, tid: track.kind === 'latency' ? tid : index + 1 };
  }

  private stateRow(vcpu: number): Row {
    return { pid: PCPUS_PID + 1 + this.timeline.vcpus[vcpu].domain, tid: 2 * vcpu + 1 };
  }
}

/** Nanoseconds as microseconds, in digits. */
function micros(ns: Duration): string {
  return `${Math.floor(ns / 1000)}.${String(ns % 1000).padStart(3, '0')}`;
}
