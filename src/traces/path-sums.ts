import { BLOCKED, OFFLINE, RUNNABLE, RUNNING } from '../hypervisor/machine/vcpu.ts';
import * as xen from './xentrace-format.ts';
import type { ReadRecord } from './xentrace-reader.ts';

/**
 * Stretches of the hypervisor's paths that records of one pCPU bound. `wake`: SCHED_WAKE until the vCPU is running (the
 * RUNSTATE_CHANGE) on a pCPU that another guest had; `wakeFromIdle`: on one that idled; `block`: SCHED_BLOCK to SWITCH_INFPREV;
 * `switch`: SWITCH_INFPREV until the next vCPU is running; `same`: the scheduler's first record until
 * CONTINUE_RUNNING, where it lets who runs run on; `woken`: SCHED_WAKE until the vCPU is runnable.
 */
export const PATHS = ['wake', 'wakeFromIdle', 'block', 'switch', 'same', 'woken'] as const;
export type PathName = (typeof PATHS)[number];

/** One stretch as it was recorded. */
export interface PathSample {
  readonly ticks: number;
  /** How many records were written in it: each interval between two has the time that one takes. */
  readonly records: number;
  /** Of these, those before the scheduler began to decide; 0 where that is not asked. */
  readonly recordsBefore: number;
  /** From the beginning to SWITCH_INFPREV. */
  readonly ticksToDecision: number;
  readonly recordsToDecision: number;
}

interface Mark {
  readonly vcpu: number;
  readonly ticks: number;
  readonly index: number;
}

/** What has been recorded of a pCPU since it last decided. */
interface PcpuState {
  index: number;
  lastEvent: number;
  lastTicks: number;
  wake: Mark | undefined;
  wakes: number;
  /** The scheduler has asked for a decision at once. */
  isTickled: boolean;
  block: Mark | undefined;
  /** The record with which the scheduler begins to decide. */
  decides: Mark | undefined;
  prev: Mark | undefined;
  next: number | undefined;
}

/** Collects the stretches of one trace. */
export class PathSums {
  readonly samples: Readonly<Record<PathName, PathSample[]>> = {
    wake: [],
    wakeFromIdle: [],
    block: [],
    switch: [],
    same: [],
    woken: [],
  };
  /** Intervals with nothing in them but a record: SWITCH_INFPREV, SWITCH_INFNEXT and SWITCH follow one another [ticks]. */
  readonly tracer: number[] = [];
  private readonly pcpus = new Map<number, PcpuState>();
  private tickles = 0;

  record(record: ReadRecord): void {
    const { event, pcpu, ticks, words } = record;
    const state = this.pcpus.get(pcpu) ?? newState();
    this.pcpus.set(pcpu, state);
    state.index++;
    const follows =
      (event === xen.SWITCH_INFNEXT && state.lastEvent === xen.SWITCH_INFPREV) ||
      (event === xen.SWITCH && state.lastEvent === xen.SWITCH_INFNEXT);
    if (follows) this.tracer.push(ticks - state.lastTicks);
    state.lastEvent = event;
    state.lastTicks = ticks;
    const mark = () => ({ vcpu: words[0] * 2 ** 16 + words[1], ticks, index: state.index });
    if (event === xen.SCHED_WAKE) {
      state.wake = mark();
      state.wakes++;
    } else if (event === xen.SCHED_BLOCK) state.block = mark();
    else if (event === xen.SWITCH_INFPREV && words.length >= 3) {
      state.prev = mark();
      state.decides ??= state.prev;
    } else if (event === xen.SWITCH_INFNEXT && words.length >= 4)
      state.next = words[0] * 2 ** 16 + words[1];
    else if (xen.DECIDES.has(event)) state.decides = mark();
    else if (xen.TICKLES.has(event)) {
      state.isTickled = true;
      this.tickles++;
    } else if (WOKEN.has(event) && words[0] === state.wake?.vcpu) {
      this.samples.woken.push(sampleOf(state, state.wake, ticks));
    } else if (event === RUNS && words[0] === state.next) this.switched(state, record);
    else if (event === xen.CONTINUE_RUNNING) {
      if (state.decides !== undefined)
        this.samples.same.push(sampleOf(state, state.decides, ticks));
      forget(state);
    } else if (event === xen.LOST_RECORDS) forget(state);
  }

  private switched(state: PcpuState, { ticks }: ReadRecord): void {
    const { wake, wakes, isTickled, block, prev, next } = state;
    if (prev !== undefined) {
      this.samples.switch.push(sampleOf(state, prev, ticks));
      if (block !== undefined && block.vcpu === prev.vcpu && wakes === 0) {
        this.samples.block.push(sampleOf(state, block, prev.ticks, prev.index));
      } else if (!block && wake && wake.vcpu === next && wakes === 1) {
        // Else it has waited: null and arinc653 write no such records, and always decide at once.
        if (!isTickled && this.tickles > 0) return forget(state);
        const wasIdle = prev.vcpu >= xen.IDLE_DOMAIN * 2 ** 16;
        this.samples[wasIdle ? 'wakeFromIdle' : 'wake'].push(sampleOf(state, wake, ticks));
      }
    }
    forget(state);
  }
}

/** The stretch from a mark to a later record, the last one if no other is meant. */
function sampleOf(state: PcpuState, from: Mark, ticks: number, to = state.index): PathSample {
  const { prev = from, decides = from } = state;
  return {
    ticks: ticks - from.ticks,
    records: to - from.index,
    recordsBefore: decides.index - from.index,
    ticksToDecision: prev.ticks - from.ticks,
    recordsToDecision: prev.index - from.index,
  };
}

/** RUNSTATE_CHANGE of who is switched in, and of who has been woken. */
const RUNS = xen.RUNSTATE_CHANGE + (RUNNABLE << 8) + (RUNNING << 4);
const WOKEN: ReadonlySet<number> = new Set(
  [BLOCKED, OFFLINE].map((from) => xen.RUNSTATE_CHANGE + (from << 8) + (RUNNABLE << 4)),
);

function newState(): PcpuState {
  return {
    index: 0,
    lastEvent: 0,
    lastTicks: 0,
    wake: undefined,
    wakes: 0,
    isTickled: false,
    block: undefined,
    decides: undefined,
    prev: undefined,
    next: undefined,
  };
}

/** A decision is over. */
function forget(state: PcpuState): void {
  state.wake = undefined;
  state.wakes = 0;
  state.isTickled = false;
  state.block = undefined;
  state.decides = undefined;
  state.prev = undefined;
  state.next = undefined;
}
