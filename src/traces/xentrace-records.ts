import type { Duration, Time } from '../engine/time.ts';
import { BLOCKED, RUNNABLE, RUNNING } from '../hypervisor/machine/vcpu.ts';
import { domainIds } from './domain-ids.ts';
import { RUNSTATE, SCHEDULED, YIELDED } from './run-log.ts';
import type { Timeline } from './timeline.ts';
import * as xen from './xentrace-format.ts';

/** A record before its TSC is known. */
export interface XenRecord {
  readonly time: Time;
  readonly pcpu: number;
  readonly event: number;
  readonly words: readonly number[];
  /** Global number of the vCPU whose runstate it changes. */
  readonly changes: number | undefined;
}

/** What a running pCPU or a waiting vCPU is known for: its runstate, since when, and when it last stopped running. */
interface Runstate {
  state: number;
  since: Time;
  stopped: Time;
}

/**
 * The scheduling of a timeline as the records that Xen's core scheduler traces, in order. Each pCPU begins and
 * ends with CONTINUE_RUNNING of what runs there: xenalyze counts the time between a pCPU's records only, and
 * before 4.18 refuses a pCPU that begins with the end of a wait.
 */
export class XenRecords {
  private readonly timeline: Timeline;
  private readonly ids: readonly number[];
  private readonly states: Runstate[];
  private readonly idleStates: Runstate[];
  /** What runs on each pCPU. */
  private readonly running: number[];

  constructor(timeline: Timeline) {
    this.timeline = timeline;
    this.ids = domainIds(timeline.domains);
    this.states = timeline.vcpus.map(() => ({ state: -1, since: 0, stopped: 0 }));
    const pcpus = Array.from({ length: timeline.pcpus }, (_, pcpu) => pcpu);
    this.idleStates = pcpus.map(() => ({ state: RUNNING, since: 0, stopped: 0 }));
    this.running = pcpus.map((pcpu) => -1 - pcpu);
  }

  *all(): Generator<XenRecord> {
    const { log, duration } = this.timeline;
    yield* this.continues(0);
    for (let at = 0; at < log.length; at++) {
      const kind = log.kind(at);
      const time = log.time(at);
      const pcpu = log.pcpu(at);
      const vcpu = log.vcpu(at);
      if (kind === RUNSTATE) yield* this.runstate(time, pcpu, vcpu, log.value(at));
      else if (kind === YIELDED) yield record(time, pcpu, xen.SCHED_YIELD, this.twoWords(vcpu));
      else if (kind === SCHEDULED) {
        // What the previous vCPU does now is in the entry that follows a switch.
        const blocks = at + 1 < log.length && log.value(at + 1) % 4 === BLOCKED;
        yield* this.scheduled(time, pcpu, vcpu, log.value(at), blocks);
      }
    }
    yield* this.continues(0 + duration);
  }

  private *continues(time: Time): Generator<XenRecord> {
    for (const [pcpu, vcpu] of this.running.entries()) {
      yield record(time, pcpu, xen.CONTINUE_RUNNING, [this.oneWord(vcpu)]);
    }
  }

  private *runstate(time: Time, pcpu: number, vcpu: number, change: number): Generator<XenRecord> {
    const [from, to] = [change >> 2, change & 3];
    if (from >= BLOCKED && to === RUNNABLE) {
      yield record(time, pcpu, xen.SCHED_WAKE, this.twoWords(vcpu));
    }
    const state = this.stateOf(vcpu);
    if (from === RUNNING) state.stopped = time;
    state.state = to;
    state.since = time;
    if (to === RUNNING) this.running[pcpu] = vcpu;
    const event = xen.RUNSTATE_CHANGE + (from << 8) + (to << 4);
    yield record(time, pcpu, event, [this.oneWord(vcpu)], vcpu);
  }

  private *scheduled(
    time: Time,
    pcpu: number,
    next: number,
    slice: Duration,
    blocks: boolean,
  ): Generator<XenRecord> {
    const prev = this.running[pcpu];
    const [prevWords, nextWords] = [this.twoWords(prev), this.twoWords(next)];
    const ran = time - this.stateOf(prev).since;
    if (next === prev) {
      yield record(time, pcpu, xen.SWITCH_INFCONT, [...prevWords, ran, slice]);
      yield record(time, pcpu, xen.CONTINUE_RUNNING, [this.oneWord(prev)]);
      return;
    }
    const { state, since, stopped } = this.stateOf(next);
    // Since 4.13 a unit has waited since it last ran, whatever it did meanwhile.
    const from = this.timeline.xen === '4.12' ? since : stopped;
    const waited = state === RUNNABLE ? time - from : 0;
    if (blocks) yield record(time, pcpu, xen.SCHED_BLOCK, prevWords);
    yield record(time, pcpu, xen.SWITCH_INFPREV, [...prevWords, ran]);
    yield record(time, pcpu, xen.SWITCH_INFNEXT, [...nextWords, waited, slice]);
    yield record(time, pcpu, xen.SWITCH, [...prevWords, ...nextWords]);
  }

  private stateOf(vcpu: number): Runstate {
    return vcpu < 0 ? this.idleStates[-1 - vcpu] : this.states[vcpu];
  }

  private twoWords(vcpu: number): readonly [domain: number, vcpu: number] {
    if (vcpu < 0) return [xen.IDLE_DOMAIN, -1 - vcpu];
    const { domain, number } = this.timeline.vcpus[vcpu];
    return [this.ids[domain], number];
  }

  private oneWord(vcpu: number): number {
    const [domain, number] = this.twoWords(vcpu);
    return domain * 2 ** 16 + number;
  }
}

function record(
  time: Time,
  pcpu: number,
  event: number,
  words: readonly number[],
  changes?: number,
): XenRecord {
  return { time, pcpu, event, words, changes };
}
