import type { XenVersion } from '../hypervisor/cpu/softirq.ts';
import { SwitchWaits } from './switch-waits.ts';
import { VersionClues } from './version-clues.ts';
import type { TracedScheduler } from './workload.ts';
import * as xen from './xentrace-format.ts';
import type { ReadRecord } from './xentrace-reader.ts';

/** Durations in records have 32 bits [ns]. */
const NS_WRAP = 2 ** 32;
/** A stint that is further from what the others say is none: records between its ends are missing. */
const STINT_ERROR = 0.01;
/** Both ends of a stint are written this late at most, once the time was taken [ns]. */
const LATENESS = 20_000;
/** Of shorter ones the lateness is a large part: they are used only if there are no others [ns]. */
const STINT_MIN = 100_000;
/** Digits of the result: finer ones are the lateness of the first and the last record. */
const DIGITS = 6;

/** How long a vCPU ran in a row, by the TSC and by Xen's own clock modulo `NS_WRAP` [ns]. */
interface Stint {
  readonly ticks: number;
  readonly ns: number;
}

/** A vCPU as records of a switch name it: old ones, two words and three, only by its domain. */
interface Who {
  readonly domain: number;
  readonly vcpu: number | undefined;
}

function isSame(a: Who, b: Who): boolean {
  return a.domain === b.domain && a.vcpu === b.vcpu;
}

/** Collects what the records of a trace say about the machine that wrote it. */
export class TraceFacts {
  private readonly stints: Stint[] = [];
  /** Who was switched in last on each pCPU, and when. */
  private readonly current = new Map<number, { readonly who: Who; readonly ticks: number }>();
  /** When the previous vCPU was switched out last on each pCPU. */
  private readonly outAt = new Map<number, number>();
  private readonly counts = new Map<TracedScheduler, number>();
  private readonly waits = new SwitchWaits();
  private readonly clues = new VersionClues();

  record(record: ReadRecord): void {
    const { event, pcpu, ticks, words } = record;
    this.waits.record(record);
    this.clues.record(record);
    if (event === xen.LOST_RECORDS) this.current.delete(pcpu);
    else if (event === xen.SWITCH_INFPREV && words.length >= 2) {
      const who = { domain: words[0], vcpu: words.length > 2 ? words[1] : undefined };
      const since = this.current.get(pcpu);
      if (since !== undefined && isSame(since.who, who)) {
        this.stints.push({ ticks: ticks - since.ticks, ns: words[words.length > 2 ? 2 : 1] });
      }
      this.current.delete(pcpu);
      this.outAt.set(pcpu, ticks);
    } else if (event === xen.SWITCH_INFNEXT && words.length >= 3) {
      const who = { domain: words[0], vcpu: words.length > 3 ? words[1] : undefined };
      const at = this.outAt.get(pcpu);
      if (at !== undefined) this.current.set(pcpu, { who, ticks: at });
    } else if (event >>> 12 === xen.SCHEDULER_CLASS) {
      const name = xen.SCHEDULER_NAMES.at((event >>> xen.SCHEDULER_SHIFT) & 7);
      if (name !== undefined) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    }
  }

  /** Whose records there are, most first. */
  get schedulers(): readonly TracedScheduler[] {
    return [...this.counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
  }

  /** The version of Xen; undefined if it is 4.13 or later and nothing tells more. @param hz - ticks in a second */
  version(hz: number): XenVersion | undefined {
    return this.clues.version(hz, this.waits.countsFromWake(hz));
  }

  /** By how many ticks the TSCs of pCPUs are ahead of that of the first; only of those that are. */
  ahead(hz: number): ReadonlyMap<number, number> {
    return this.waits.ahead(hz);
  }

  /**
   * Speed of the TSC [Hz]: the ticks of all stints by their time. Those that follow one another share their ends,
   * so that only the first and the last of a row are inexact. @returns undefined if there are none
   */
  get hz(): number | undefined {
    const rough = roughSpeed(this.stints);
    if (rough === undefined) return undefined;
    let [ticks, ns] = [0, 0];
    for (const stint of this.stints) {
      const expected = stint.ticks / rough;
      const time = stint.ns + NS_WRAP * Math.round((expected - stint.ns) / NS_WRAP);
      if (Math.abs(expected - time) > STINT_ERROR * time + LATENESS) continue;
      ticks += stint.ticks;
      ns += time;
    }
    return ns > 0 && ticks > 0 ? Number(((ticks / ns) * 1e9).toPrecision(DIGITS)) : undefined;
  }
}

/** Ticks per ns: the median of the stints' own; a few may have wrapped or miss their ends. */
function roughSpeed(stints: readonly Stint[]): number | undefined {
  const known = stints.filter(({ ticks, ns }) => ns > 0 && ticks > 0);
  const long = known.filter(({ ns }) => ns >= STINT_MIN);
  const ratios = (long.length > 0 ? long : known).map(({ ticks, ns }) => ticks / ns);
  return ratios.sort((a, b) => a - b).at(ratios.length / 2);
}
