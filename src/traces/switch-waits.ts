import { RUNNABLE } from '../hypervisor/machine/vcpu.ts';
import { quantileSorted } from '../stats/quantiles.ts';
import * as xen from './xentrace-format.ts';
import type { ReadRecord } from './xentrace-reader.ts';

/** A switch to a vCPU that SWITCH_INFNEXT says has waited for so long [ns], by the TSC of the pCPU it is switched in on. */
interface Wait {
  readonly pcpu: number;
  readonly ticks: number;
  readonly ns: number;
  /** When it last stopped running and when it last became runnable, each by the TSC of the pCPU it happened on. */
  readonly stopped: Moment;
  readonly runnable: Moment | undefined;
}

interface Moment {
  readonly pcpu: number;
  readonly ticks: number;
}

/** Waits longer than 32 bits of ns have wrapped [ns]. */
const WAIT_MAX = 2 ** 32;
/** Two times are the same if they differ by less than this share of them, or this [ns]. */
const SAME_SHARE = 0.01;
const SAME_NS = 20_000;
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
  private readonly stopped = new Map<number, Moment>();
  private readonly runnable = new Map<number, Moment>();
  private readonly outAt = new Map<number, number>();
  private readonly waits: Wait[] = [];

  record({ event, pcpu, ticks, words }: ReadRecord): void {
    if (event === xen.SWITCH_INFPREV && words.length >= 3) {
      this.outAt.set(pcpu, ticks);
      this.stopped.set(words[0] * 2 ** 16 + words[1], { pcpu, ticks });
    } else if (event === xen.SWITCH_INFNEXT && words.length >= 3) this.next(pcpu, words);
    else if ((event & ~xen.STATE_BITS) === xen.RUNSTATE_CHANGE && words.length > 0) {
      if (((event >> 4) & 15) === RUNNABLE) this.runnable.set(words[0], { pcpu, ticks });
    }
  }

  private next(pcpu: number, [domain, number, ns]: readonly number[]): void {
    const vcpu = domain * 2 ** 16 + number;
    const stopped = this.stopped.get(vcpu);
    const ticks = this.outAt.get(pcpu);
    if (ns === 0 || stopped === undefined || ticks === undefined) return;
    if (this.waits.length >= WAITS_MAX) return;
    this.waits.push({ pcpu, ticks, ns, stopped, runnable: this.runnable.get(vcpu) });
  }

  /**
   * Whether a wait counts from becoming runnable (before 4.13), not from when the vCPU stopped running; undefined: none tells.
   * @param hz - ticks in a second
   */
  countsFromWake(hz: number): boolean | undefined {
    let [wake, stop] = [0, 0];
    for (const wait of this.waits) {
      const isStop = isSame(wait, wait.stopped, hz);
      const isWake = wait.runnable !== undefined && isSame(wait, wait.runnable, hz);
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
    const fromWake = this.countsFromWake(hz) ?? false;
    const pairs = new Map<string, { readonly from: number; readonly to: number; all: number[] }>();
    for (const wait of this.waits) {
      const began = fromWake ? wait.runnable : wait.stopped;
      if (began === undefined || began.pcpu === wait.pcpu) continue;
      if (!isSame(wait, began, hz)) continue;
      const [from, to] = [began.pcpu, wait.pcpu].sort((a, b) => a - b);
      const ahead = wait.ticks - began.ticks - (wait.ns * hz) / 1e9;
      const pair = pairs.get(`${from} ${to}`) ?? { from, to, all: [] };
      pairs.set(`${from} ${to}`, pair);
      pair.all.push(wait.pcpu === to ? ahead : -ahead);
    }
    const known = [...pairs.values()].flatMap(({ from, to, all }) => {
      return all.length < SEEN_MIN ? [] : { from, to, count: all.length, by: aheadBy(all, hz) };
    });
    return spread(known.sort((a, b) => b.count - a.count));
  }
}

/** Whether a wait may have begun at `moment`. */
function isSame({ ticks, ns }: Wait, moment: Moment, hz: number): boolean {
  const passed = ((ticks - moment.ticks) / hz) * 1e9;
  return passed < WAIT_MAX && Math.abs(passed - ns) < SAME_NS + SAME_SHARE * ns;
}

/** What is typical of the ticks by which a TSC was ahead; 0 if that is nothing but delays. */
function aheadBy(all: readonly number[], hz: number): number {
  const median = quantileSorted(
    all.toSorted((a, b) => a - b),
    0.5,
  );
  const deviation = quantileSorted(
    all.map((one) => Math.abs(one - median)).sort((a, b) => a - b),
    0.5,
  );
  const least = Math.max((AHEAD_MIN * hz) / 1e9, DEVIATIONS * deviation);
  return Math.abs(median) > least ? Math.round(median) : 0;
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
