import { RUNNABLE } from '../hypervisor/machine/vcpu.ts';
import { quantileSorted } from '../stats/quantiles.ts';
import * as xen from './xentrace-format.ts';
import type { ReadRecord } from './xentrace-reader.ts';

/** A switch to a vCPU that SWITCH_INFNEXT says has waited for so long [ns], by the TSC of the pCPU it is switched in on. */
interface Wait {
  readonly vcpu: number;
  readonly pcpu: number;
  readonly ticks: number;
  readonly ns: number;
}

/** When something happened to a vCPU, by the TSC of each pCPU on which it did, ascending [ticks]. */
type Moments = Map<number, Map<number, number[]>>;

/** Waits longer than 32 bits of ns have wrapped: such and longer ones say nothing [ns]. */
const WAIT_MAX = 2 ** 32;
/** A wait on one pCPU began at a moment if that differs by less from what it says [ns]. */
const SAME_NS = 20_000;
/** TSCs that are further apart are not recognised [ns]. */
const AHEAD_MAX = 5e6;
/** A TSC that is ahead by less is not: records are written with such delays [ns]. */
const AHEAD_MIN = 1000;
/** How often it must be seen that a TSC is ahead, and by how many times its deviation. */
const SEEN_MIN = 5;
const DEVIATIONS = 3;
/** Of more waits no more is learned. */
const WAITS_MAX = 200_000;

/**
 * What SWITCH_INFNEXT says of waits, by Xen's own clock, beside the TSCs of the pCPUs on which they began and ended: since
 * which moment Xen counts, and how far the TSCs are apart.
 */
export class SwitchWaits {
  private readonly stopped: Moments = new Map();
  private readonly runnable: Moments = new Map();
  private readonly outAt = new Map<number, number>();
  private readonly waits: Wait[] = [];

  record({ event, pcpu, ticks, words }: ReadRecord): void {
    if (this.waits.length >= WAITS_MAX) return;
    if (event === xen.SWITCH_INFPREV && words.length >= 3) {
      this.outAt.set(pcpu, ticks);
      note(this.stopped, words[0] * 2 ** 16 + words[1], pcpu, ticks);
    } else if (event === xen.SWITCH_INFNEXT && words.length >= 4) {
      const at = this.outAt.get(pcpu);
      const [domain, number, ns] = words;
      if (ns === 0 || at === undefined) return;
      this.waits.push({ vcpu: domain * 2 ** 16 + number, pcpu, ticks: at, ns });
    } else if ((event & ~xen.STATE_BITS) === xen.RUNSTATE_CHANGE && words.length > 0) {
      if (((event >> 4) & 15) === RUNNABLE) note(this.runnable, words[0], pcpu, ticks);
    }
  }

  /**
   * Whether a wait counts from becoming runnable (before 4.13), not from when the vCPU stopped running; undefined: none tells.
   * @param hz - ticks in a second
   */
  countsFromWake(hz: number): boolean | undefined {
    let [wake, stop] = [0, 0];
    for (const wait of this.waits) {
      const isFrom = (moments: Moments) => {
        const late = lateness(wait, moments.get(wait.vcpu)?.get(wait.pcpu), hz);
        return late !== undefined && Math.abs(late) < (SAME_NS * hz) / 1e9;
      };
      const [isStop, isWake] = [isFrom(this.stopped), isFrom(this.runnable)];
      if (isStop && !isWake) stop++;
      if (isWake && !isStop) wake++;
    }
    return wake === stop ? undefined : wake > stop;
  }

  /**
   * By how many ticks the TSC of each pCPU is ahead of that of the first, as far as waits that began on one pCPU and ended on
   * another say; only those that are.
   */
  ahead(hz: number): Map<number, number> {
    const moments = this.countsFromWake(hz) === true ? this.runnable : this.stopped;
    const apart = new Map<number, Map<number, number[]>>();
    for (const wait of this.waits) {
      const began = nearest(wait, moments.get(wait.vcpu), hz);
      if (began !== undefined) note(apart, began.pcpu, wait.pcpu, began.late);
    }
    const pcpus = [...new Set([...apart].flatMap(([from, its]) => [from, ...its.keys()]))].sort(
      (a, b) => a - b,
    );
    const pairs = pcpus.flatMap((from, i) =>
      pcpus.slice(i + 1).flatMap((to) => {
        const [there, back] = [apart.get(from)?.get(to) ?? [], apart.get(to)?.get(from) ?? []];
        const count = there.length + back.length;
        return count < SEEN_MIN ? [] : { from, to, count, by: aheadBy(there, back, hz) };
      }),
    );
    return spread(pairs.sort((a, b) => b.count - a.count));
  }
}

function note(moments: Moments, key: number, pcpu: number, ticks: number): void {
  const its = moments.get(key) ?? new Map<number, number[]>();
  moments.set(key, its);
  const ofPcpu = its.get(pcpu) ?? [];
  its.set(pcpu, ofPcpu);
  ofPcpu.push(ticks);
}

/** How much later a wait ended than the nearest of the moments and its length say [ticks]. */
function lateness(
  { ticks, ns }: Wait,
  moments: readonly number[] | undefined,
  hz: number,
): number | undefined {
  if (moments === undefined || ns >= WAIT_MAX - AHEAD_MAX) return undefined;
  const began = ticks - (ns * hz) / 1e9;
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (moments[middle] < began) low = middle + 1;
    else high = middle;
  }
  const late = [low - 1, low].flatMap((i) => (i in moments ? began - moments[i] : []));
  return late.sort((a, b) => Math.abs(a) - Math.abs(b)).at(0);
}

/** On which pCPU a wait most likely began, if not on that on which it ended. */
function nearest(
  wait: Wait,
  moments: ReadonlyMap<number, readonly number[]> | undefined,
  hz: number,
): { readonly pcpu: number; readonly late: number } | undefined {
  const all = [...(moments ?? [])].flatMap(([pcpu, its]) => {
    const late = lateness(wait, its, hz);
    return late === undefined ? [] : { pcpu, late };
  });
  const [first] = all.sort((a, b) => Math.abs(a.late) - Math.abs(b.late));
  const own = all.find(({ pcpu }) => pcpu === wait.pcpu);
  if (own !== undefined && Math.abs(own.late) < (SAME_NS * hz) / 1e9) return undefined;
  if (first === undefined || first.pcpu === wait.pcpu) return undefined;
  return Math.abs(first.late) < (AHEAD_MAX * hz) / 1e9 ? first : undefined;
}

/**
 * By how many ticks a TSC is ahead, from how late waits end that go there and that come back: records of a wait's end are
 * written later than those of its beginning, which cancels out; 0 if it is nothing but delays.
 */
function aheadBy(there: readonly number[], back: readonly number[], hz: number): number {
  const [to, from] = [typical(there), typical(back)];
  const both = there.length > 0 && back.length > 0;
  const by = both ? (to.median - from.median) / 2 : there.length > 0 ? to.median : -from.median;
  const least = Math.max(
    (AHEAD_MIN * hz) / 1e9,
    DEVIATIONS * Math.max(to.deviation, from.deviation),
  );
  return Math.abs(by) > least ? Math.round(by) : 0;
}

function typical(all: readonly number[]): { readonly median: number; readonly deviation: number } {
  if (all.length === 0) return { median: 0, deviation: 0 };
  const middle = (numbers: readonly number[]) =>
    quantileSorted(
      numbers.toSorted((a, b) => a - b),
      0.5,
    );
  const median = middle(all);
  return { median, deviation: middle(all.map((one) => Math.abs(one - median))) };
}

/** From how far pCPUs are apart in pairs, those seen most often first, to how far each is ahead. */
function spread(
  pairs: readonly { readonly from: number; readonly to: number; readonly by: number }[],
): Map<number, number> {
  const ahead = new Map<number, number>();
  const first = Math.min(...pairs.map(({ from }) => from));
  if (Number.isFinite(first)) ahead.set(first, 0);
  for (;;) {
    const pair = pairs.find(({ from, to }) => ahead.has(from) !== ahead.has(to));
    if (pair === undefined) break;
    const [from, to] = [ahead.get(pair.from), ahead.get(pair.to)];
    if (from !== undefined) ahead.set(pair.to, from + pair.by);
    else if (to !== undefined) ahead.set(pair.from, to - pair.by);
  }
  return new Map([...ahead].filter(([, by]) => by !== 0));
}
