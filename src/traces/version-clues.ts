import { MS, US } from '../engine/time.ts';
import type { XenVersion } from '../hypervisor/cpu/softirq.ts';
import { RUNNABLE, RUNNING } from '../hypervisor/machine/vcpu.ts';
import * as xen from './xentrace-format.ts';
import type { ReadRecord } from './xentrace-reader.ts';

/** A switch whose previous vCPU has not been told the state of. */
interface Switch {
  readonly prev: number;
  readonly next: number;
  /** As SWITCH_INFNEXT says [ns]. */
  readonly slice: number;
}

/** Longest slice that credit2 gives [ns]. */
const SLICE_MAX = 10 * MS;
/** Slices are told apart if they differ by more, and are the same if they differ by less [ns]. */
const DIFFERENT = 50 * US;
const SAME = 5 * US;
/** credit looks for work on other pCPUs at most this often, by default, since 4.18 [ns]. */
const BALANCE_RATELIMIT = MS;
/** Looks at other pCPUs within this are one search [ns]. */
const SEARCH_MAX = 100 * US;
/** How often something must be seen to count, and how many times as often as its contrary. */
const SEEN_MIN = 5;
const MAJORITY = 4;

/** What the records of a trace say about the version of Xen, where versions differ in what schedulers do or write. */
export class VersionClues {
  /** Credit of each vCPU as credit2 last wrote it [ns], and who waits for a pCPU. */
  private readonly credits = new Map<number, number>();
  private readonly waiting = new Set<number>();
  private readonly prev = new Map<number, number>();
  private readonly switches = new Map<number, Switch>();
  /** When each pCPU last looked for work elsewhere under credit. */
  private readonly searched = new Map<number, number>();
  private searchGaps: number[] = [];
  private oldRecords = 0;
  private minded = 0;
  private unminded = 0;

  record({ event, pcpu, ticks, words }: ReadRecord): void {
    if ((event & ~xen.STATE_BITS) === xen.RUNSTATE_CHANGE && words.length > 0) {
      this.runstate(pcpu, words[0], (event >> 8) & 15, (event >> 4) & 15);
    } else if (event === xen.SWITCH_INFPREV && words.length === 2) {
      // Before 4.9 it did not say which vCPU of the domain.
      this.oldRecords++;
    } else if (event === xen.SWITCH_INFPREV && words.length >= 3) {
      this.prev.set(pcpu, words[0] * 2 ** 16 + words[1]);
    } else if (event === xen.SWITCH_INFNEXT && words.length >= 4) {
      const prev = this.prev.get(pcpu);
      const next = words[0] * 2 ** 16 + words[1];
      if (prev !== undefined) this.switches.set(pcpu, { prev, next, slice: words[3] });
    } else if (event === xen.CSCHED_STEAL_CHECK) this.search(pcpu, ticks);
    else this.credit2(event, words);
  }

  /**
   * The version whose schedulers decide so.
   * @param hz - ticks in a second
   * @param countsFromWake - waits in SWITCH_INFNEXT do (before 4.13)
   * @returns undefined if it is 4.13 or later, and nothing tells more
   */
  version(hz: number, countsFromWake: boolean | undefined): XenVersion | undefined {
    if (countsFromWake === true || this.oldRecords >= SEEN_MIN) return '4.12';
    if (isMost(this.minded, this.unminded)) return 'master';
    if (isMost(this.unminded, this.minded)) return '4.17';
    const ns = (gap: number) => (gap / hz) * 1e9;
    const isEarly = (gap: number) =>
      ns(gap) > SEARCH_MAX && ns(gap) < BALANCE_RATELIMIT - SEARCH_MAX;
    return this.searchGaps.filter(isEarly).length >= SEEN_MIN ? '4.17' : undefined;
  }

  private credit2(event: number, words: readonly number[]): void {
    // Before 4.13 two records had a word more: by how much a reset multiplied, how many units were passed over.
    if (event === xen.CSCHED2_CREDIT_BURN && words.length >= 2) {
      this.credits.set(words[0], words[1] | 0);
    } else if (event === xen.CSCHED2_CREDIT_RESET && words.length >= 3) {
      if (words.length > 3) this.oldRecords++;
      this.credits.set(words[0], words[2] | 0);
    } else if (event === xen.CSCHED2_RUNQ_CANDIDATE && words.length >= 3) {
      if (words.length > 3) this.oldRecords++;
      this.credits.set(words[0], (words.at(-1) ?? 0) | 0);
    }
  }

  private runstate(pcpu: number, vcpu: number, from: number, to: number): void {
    const done = this.switches.get(pcpu);
    if (done?.prev === vcpu && from === RUNNING) {
      this.switches.delete(pcpu);
      if (to === RUNNABLE) this.preempted(done);
    }
    if (to === RUNNABLE && vcpu < xen.IDLE_DOMAIN * 2 ** 16) this.waiting.add(vcpu);
    else this.waiting.delete(vcpu);
  }

  /** Since 4.21 (4.20.2, 4.19.3) a slice of credit2 ends where the vCPU that was preempted would catch up. */
  private preempted({ prev, next, slice }: Switch): void {
    const picked = this.credits.get(next);
    const left = this.credits.get(prev);
    if (picked === undefined || left === undefined) return;
    // Who waits besides them ends the slice at any rate.
    let head = 0;
    for (const vcpu of this.waiting) {
      if (vcpu === next || vcpu === prev) continue;
      const credit = this.credits.get(vcpu);
      if (credit === undefined) return;
      head = Math.max(head, credit);
    }
    const unminded = Math.min(picked - head, SLICE_MAX);
    const minded = Math.min(picked - Math.max(head, left), SLICE_MAX);
    if (unminded - minded < DIFFERENT) return;
    if (Math.abs(slice - unminded) < SAME) this.unminded++;
    // A slice that would be too short is as long as the rate limit.
    else if (Math.abs(slice - Math.max(minded, MS)) < SAME) this.minded++;
  }

  /** Since 4.18 credit looks for work elsewhere at most once per `load_balance_ratelimit`. */
  private search(pcpu: number, ticks: number): void {
    const last = this.searched.get(pcpu);
    this.searched.set(pcpu, ticks);
    if (last !== undefined && this.searchGaps.length < 100_000) this.searchGaps.push(ticks - last);
  }
}

function isMost(count: number, others: number): boolean {
  return count >= SEEN_MIN && count >= MAJORITY * others;
}
