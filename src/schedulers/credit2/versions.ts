import { MS } from '../../engine/time.ts';
import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';

/** Where credit2 of one version of Xen behaves unlike that of another. */
export interface Credit2Differences {
  /**
   * Credit stops falling at -10 ms, and a reset adds 10 ms, or 20 if the picked unit is down there. Without
   * the floor a reset adds as many times 10 ms as the picked unit needs, and credit is an int that wraps.
   */
  readonly floorsCredit: boolean;
  /** Credit of an idle unit: what a waiting unit is compared with on an idle pCPU. */
  readonly idleCredit: number;
  /**
   * A reset needs the picked unit *and* the first that waits to be out of credit. Otherwise: the picked one,
   * and that no unit was passed over to find it.
   */
  readonly resetMindsQueue: boolean;
  /** A waiting unit that finds no budget is parked and the next one is tried; otherwise the search ends. */
  readonly searchesPastParked: boolean;
  /** A runqueue has no more than a given number of pCPUs. */
  readonly limitsRunqueueSize: boolean;
  /** The slice also ends where the unit that was just preempted would catch up. */
  readonly sliceMindsPreempted: boolean;
  /** The load averages are brought up to date when the running unit goes on, too. */
  readonly updatesLoadOfContinuing: boolean;
  /** The search for what runs next passes over units that may not run: those of a domain that is being paused. */
  readonly skipsUnrunnable: boolean;
  /**
   * A core counts as idle if its threads *on this runqueue* idle. Else all its threads have to, and a runqueue that has
   * only some of them never notes that its pCPUs have become busy.
   */
  readonly siblingsShareRunqueue: boolean;
}

/** Xen master: common/sched/credit2.c. */
const MASTER: Credit2Differences = {
  floorsCredit: true,
  idleCredit: -10 * MS - 1,
  resetMindsQueue: true,
  searchesPastParked: true,
  limitsRunqueueSize: true,
  sliceMindsPreempted: true,
  updatesLoadOfContinuing: true,
  skipsUnrunnable: true,
  siblingsShareRunqueue: true,
};

/** RELEASE-4.17: before the slice minded the preempted unit (4.21). */
const RELEASE_4_17: Credit2Differences = { ...MASTER, sliceMindsPreempted: false };

/** RELEASE-4.12.0: common/sched_credit2.c. */
const RELEASE_4_12: Credit2Differences = {
  floorsCredit: false,
  idleCredit: -(2 ** 30),
  resetMindsQueue: false,
  searchesPastParked: false,
  limitsRunqueueSize: false,
  sliceMindsPreempted: false,
  updatesLoadOfContinuing: false,
  skipsUnrunnable: false,
  siblingsShareRunqueue: false,
};

/** What distinguishes credit2 of each version. */
export const CREDIT2_DIFFERENCES: Readonly<Record<XenVersion, Credit2Differences>> = {
  master: MASTER,
  '4.17': RELEASE_4_17,
  '4.12': RELEASE_4_12,
};
