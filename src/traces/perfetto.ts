import type { Time } from '../engine/time.ts';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING, type Runstate } from '../hypervisor/machine/vcpu.ts';
import { BytePieces } from './byte-pieces.ts';
import { ProtoMessage } from './protobuf.ts';
import { tellTimeline } from './tell-timeline.ts';
import type { Timeline } from './timeline.ts';
import type { Flow, SliceArgs, TimelineSink } from './timeline-sink.ts';
import { type Track, Tracks } from './tracks.ts';

// Field numbers of Perfetto's messages (protos/perfetto/trace), by message.
const TRACE = { packet: 1 } as const;
const PACKET = {
  timestamp: 8,
  sequence: 10,
  trackEvent: 11,
  sequenceFlags: 13,
  trackDescriptor: 60,
  taskState: 117,
  processTree: 122,
} as const;
const TASK_STATE = { cpu: 1, comm: 2, tid: 3, state: 4 } as const;
const PROCESS_TREE = { processes: 1, threads: 2 } as const;
const PROCESS = { pid: 1, ppid: 2, cmdline: 3 } as const;
const THREAD = { tid: 1, pid: 2, comm: 3, isMainThread: 4 } as const;
const TRACK = { uuid: 1, name: 2, thread: 4, parent: 5, counter: 8 } as const;
const THREAD_OF_TRACK = { pid: 1, tid: 2 } as const;
const EVENT = {
  annotation: 4,
  type: 9,
  track: 11,
  name: 23,
  counterValue: 30,
  flows: 47,
  lastFlows: 48,
} as const;

const ANNOTATION = { int: 4, text: 6, name: 10 } as const;

const SLICE_BEGIN = 1;
const SLICE_END = 2;
const INSTANT = 3;
const COUNTER = 4;
const STATE_CLEARED = 1;

/** TaskStateEnum for a runstate: offline is "stopped", blocked "interruptible sleep". */
const TASK_STATES: Readonly<Record<Runstate, number>> = {
  [RUNNING]: 3,
  [RUNNABLE]: 2,
  [BLOCKED]: 4,
  [OFFLINE]: 6,
};

/**
 * Writes a timeline for Perfetto (ui.perfetto.dev), in pieces. Domains are processes and vCPUs their threads, with
 * the states of a generic kernel; each pCPU has tracks for what it does. A pCPU nobody runs on is idle. Times are
 * exact [ns]. Where the order of packets of equal time matters (a slice ends where the next begins), they are
 * written in that order, which Perfetto's importer keeps for packets.
 */
export function writePerfetto(timeline: Timeline): readonly Uint8Array[] {
  const tracks = new Tracks(timeline);
  const writer = new PerfettoWriter(timeline, tracks);
  writer.head();
  tellTimeline(timeline, tracks, writer);
  return writer.finish();
}

class PerfettoWriter implements TimelineSink {
  private readonly timeline: Timeline;
  private readonly tracks: Tracks;
  private readonly out = new BytePieces();
  private isFirst = true;

  constructor(timeline: Timeline, tracks: Tracks) {
    this.timeline = timeline;
    this.tracks = tracks;
  }

  /** Who there is, and the tracks. */
  head(): void {
    const { domains, vcpus, creditName } = this.timeline;
    const tree = new ProtoMessage();
    domains.forEach((name, domain) => {
      const process = new ProtoMessage().int(PROCESS.pid, this.pid(domain)).int(PROCESS.ppid, 0);
      tree.message(PROCESS_TREE.processes, process.text(PROCESS.cmdline, name));
    });
    vcpus.forEach(({ domain, number, name }, vcpu) => {
      const thread = new ProtoMessage().int(THREAD.tid, tidOf(vcpu));
      thread.int(THREAD.pid, this.pid(domain)).text(THREAD.comm, name);
      if (number === 0) thread.int(THREAD.isMainThread, 1);
      tree.message(PROCESS_TREE.threads, thread);
    });
    this.packet(0, PACKET.processTree, tree);
    this.tracks.all.forEach((track, index) => {
      this.describe(index, track);
    });
    this.about();
    if (creditName === '') return;
    vcpus.forEach((_, vcpu) => {
      const counter = new ProtoMessage().int(TRACK.uuid, this.creditTrack(vcpu));
      counter.text(TRACK.name, creditName).int(TRACK.parent, uuidOf(this.tracks.ofVcpu(vcpu)));
      counter.message(TRACK.counter, new ProtoMessage());
      this.packet(0, PACKET.trackDescriptor, counter);
    });
  }

  /** What this is the timeline of. */
  private about(): void {
    const { about } = this.timeline;
    if (about === undefined) return;
    const event = annotated(about).int(EVENT.type, INSTANT).int(EVENT.track, uuidOf(0));
    this.packet(0, PACKET.trackEvent, event.text(EVENT.name, 'about this run'));
  }

  finish(): readonly Uint8Array[] {
    const end = 0 + this.timeline.duration;
    const event = new ProtoMessage().int(EVENT.type, INSTANT).int(EVENT.track, uuidOf(0));
    this.packet(end, PACKET.trackEvent, event.text(EVENT.name, 'end of the run'));
    return this.out.finish();
  }

  runstate(time: Time, vcpu: number, state: Runstate, pcpu: number): void {
    const event = new ProtoMessage().int(TASK_STATE.cpu, pcpu);
    event.text(TASK_STATE.comm, this.timeline.vcpus[vcpu].name);
    event.int(TASK_STATE.tid, tidOf(vcpu)).int(TASK_STATE.state, TASK_STATES[state]);
    this.packet(time, PACKET.taskState, event);
  }

  begin(time: Time, track: number, name: string, args: SliceArgs = []): void {
    const event = annotated(args).int(EVENT.type, SLICE_BEGIN).int(EVENT.track, uuidOf(track));
    this.packet(time, PACKET.trackEvent, event.text(EVENT.name, name));
  }

  end(time: Time, track: number): void {
    const event = new ProtoMessage().int(EVENT.type, SLICE_END).int(EVENT.track, uuidOf(track));
    this.packet(time, PACKET.trackEvent, event);
  }

  instant(time: Time, track: number, name: string, flow?: Flow): void {
    const event = new ProtoMessage().int(EVENT.type, INSTANT).int(EVENT.track, uuidOf(track));
    event.text(EVENT.name, name);
    if (flow !== undefined) {
      event.fixed64(flow.end === 'from' ? EVENT.flows : EVENT.lastFlows, flow.id);
    }
    this.packet(time, PACKET.trackEvent, event);
  }

  credit(time: Time, vcpu: number, value: number): void {
    const event = new ProtoMessage().int(EVENT.type, COUNTER);
    event.int(EVENT.track, this.creditTrack(vcpu)).int(EVENT.counterValue, value);
    this.packet(time, PACKET.trackEvent, event);
  }

  private describe(index: number, track: Track): void {
    const { vcpus } = this.timeline;
    const descriptor = new ProtoMessage().int(TRACK.uuid, uuidOf(index));
    switch (track.kind) {
      case 'pcpu':
        descriptor.text(TRACK.name, `pCPU ${track.pcpu}`);
        break;
      case 'pending':
        descriptor.text(TRACK.name, `pCPU ${track.pcpu}: ${track.softirq} pending`);
        descriptor.int(TRACK.parent, uuidOf(this.tracks.ofPcpu(track.pcpu)));
        break;
      case 'toolstack':
        descriptor.text(TRACK.name, 'toolstack');
        break;
      case 'latency': {
        const { kind, vcpu, pcpu } = track.lane;
        const parent = vcpu < 0 ? this.tracks.ofPcpu(pcpu) : this.tracks.ofVcpu(vcpu);
        descriptor.text(TRACK.name, `latency: ${kind}`).int(TRACK.parent, uuidOf(parent));
        break;
      }
      case 'vcpu': {
        const thread = new ProtoMessage().int(
          THREAD_OF_TRACK.pid,
          this.pid(vcpus[track.vcpu].domain),
        );
        descriptor.message(TRACK.thread, thread.int(THREAD_OF_TRACK.tid, tidOf(track.vcpu)));
        break;
      }
    }
    this.packet(0, PACKET.trackDescriptor, descriptor);
  }

  private packet(time: Time, field: number, content: ProtoMessage): void {
    const packet = new ProtoMessage().int(PACKET.timestamp, time).int(PACKET.sequence, 1);
    if (this.isFirst) packet.int(PACKET.sequenceFlags, STATE_CLEARED);
    this.isFirst = false;
    const trace = new ProtoMessage().message(TRACE.packet, packet.message(field, content));
    this.out.add(trace.finish());
  }

  /** A process has the number of its main thread. */
  private pid(domain: number): number {
    return tidOf(this.timeline.vcpus.findIndex((vcpu) => vcpu.domain === domain));
  }

  private creditTrack(vcpu: number): number {
    return uuidOf(this.tracks.all.length + vcpu);
  }
}

/** A track event with what is known of it besides. */
function annotated(args: SliceArgs): ProtoMessage {
  const event = new ProtoMessage();
  for (const [name, value] of args) {
    const annotation = new ProtoMessage();
    if (typeof value === 'number') annotation.int(ANNOTATION.int, value);
    else annotation.text(ANNOTATION.text, value);
    event.message(EVENT.annotation, annotation.text(ANNOTATION.name, name));
  }
  return event;
}

/** Thread 0 is the idle one in Perfetto. */
function tidOf(vcpu: number): number {
  return vcpu + 1;
}

/** Track 0 is the whole trace in Perfetto. */
function uuidOf(track: number): number {
  return track + 1;
}
