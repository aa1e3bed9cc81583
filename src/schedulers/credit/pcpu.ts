import type { Time } from '../../engine/time.ts';
import { insertAt, removeAt } from '../queue-array.ts';
import { type CreditUnit, PRI_IDLE, PRI_UNDER } from './unit.ts';
import type { CreditRules } from './versions.ts';

/**
 * What the credit scheduler keeps per pCPU, mainly its runqueue: best priority first, first come, first served
 * among equals, the idle unit last unless it runs. A plain array, as this is no key order: a yield and the
 * changes of priority at an accounting put units elsewhere.
 */
export class CreditPcpu {
  readonly idle: CreditUnit;
  readonly runq: CreditUnit[] = [];
  lastLoadBalance: Time;
  /** The pCPU tickled last by a wake that ran here. */
  lastTickled = 0;
  /** The pCPU that was chosen last when it was one to move to: the next choice begins behind it. */
  idleBias: number;
  /** 4.12: its ticker is stopped as long as it waits in its idle loop. */
  tickerSuspended = false;
  private readonly rules: CreditRules;
  /** The accounting after which the runqueue was sorted last. */
  private sortEpoch: number;

  /** @param epoch - the number of accountings so far */
  constructor(idle: CreditUnit, rules: CreditRules, now: Time, epoch: number, idleBias: number) {
    this.idle = idle;
    this.rules = rules;
    this.lastLoadBalance = now;
    this.sortEpoch = epoch;
    this.idleBias = idleBias;
  }

  // __runq_insert: behind its equals; one that yielded lets a single lower one pass.
  insert(unit: CreditUnit): void {
    const { runq } = this;
    const { length } = runq;
    let at = 0;
    while (at < length && runq[at].pri >= unit.pri) at++;
    if (unit.yielded && at < length && runq[at].pri > PRI_IDLE) {
      if (this.rules.yieldPassesLast || at < length - 1) at++;
    }
    insertAt(runq, at, unit);
    unit.queued = true;
  }

  /** __runq_remove */
  remove(unit: CreditUnit): void {
    const { runq } = this;
    removeAt(runq, runq.indexOf(unit));
    unit.queued = false;
    if (this.rules.yieldLastsUntil === 'dequeued') unit.yielded = false;
  }

  /** Whether the runqueue was sorted after the accounting `epoch`. */
  isSorted(epoch: number): boolean {
    return this.sortEpoch === epoch;
  }

  /** csched_runq_sort: once after each accounting, moves UNDER and better before OVER, in their order. */
  sort(epoch: number): void {
    if (this.isSorted(epoch)) return;
    this.sortEpoch = epoch;
    const { runq } = this;
    const better = runq.filter((unit) => unit.pri >= PRI_UNDER);
    const rest = runq.filter((unit) => unit.pri < PRI_UNDER);
    runq.splice(0, runq.length, ...better, ...rest);
  }

  /** Nothing but the idle vCPU waits here. */
  get nobodyWaits(): boolean {
    const { runq } = this;
    return runq.length === 0 || runq[0].vcpu.isIdle;
  }
}
