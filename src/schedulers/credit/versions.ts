import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';

/** Everything in which credit differs between the versions of Xen. */
export interface CreditRules {
  /** Who stops the ticker of a pCPU that idles: schedule(), or the idle loop around its WFI (Arm). */
  readonly tickerStoppedBy: 'schedule' | 'idle-loop';
  /** A wake that beats the running vCPU and finds no idle pCPU for itself sends the running one to an idle pCPU. */
  readonly wakeKicksRunning: boolean;
  /** A vCPU that is unparked counts as not parked when it wakes, and so is boosted. */
  readonly unparkBoosts: boolean;
  /** A pCPU looks for work elsewhere at most once per `loadBalanceRatelimit`. */
  readonly limitsLoadBalance: boolean;
  /** schedule() drops a vCPU that it picks but that may not run, and picks again. */
  readonly skipsUnrunnablePicks: boolean;
  /**
   * How long a yield counts: until the vCPU leaves the runqueue, so that it is not stolen meanwhile; or until
   * schedule() has looked at the runqueue it was put in.
   */
  readonly yieldLastsUntil: 'dequeued' | 'scheduled';
  /**
   * A parked vCPU that is destroyed unparks all higher-numbered ones of its domain too, which have gone already: they are
   * still chained to it as if they were its own.
   */
  readonly removalUnparksHigher: boolean;
  /** A vCPU that yields goes behind the next lower one even if that is the last in the runqueue. */
  readonly yieldPassesLast: boolean;
}

/** Xen master: common/sched/credit.c. */
const MASTER: CreditRules = {
  tickerStoppedBy: 'schedule',
  wakeKicksRunning: false,
  unparkBoosts: false,
  limitsLoadBalance: true,
  skipsUnrunnablePicks: true,
  yieldLastsUntil: 'dequeued',
  removalUnparksHigher: true,
  yieldPassesLast: false,
};

/** RELEASE-4.17: before the load-balance limit and the change of yields (4.18). */
const RELEASE_4_17: CreditRules = {
  ...MASTER,
  limitsLoadBalance: false,
  yieldLastsUntil: 'scheduled',
  yieldPassesLast: true,
};

/** RELEASE-4.12.0: common/sched_credit.c. */
const RELEASE_4_12: CreditRules = {
  tickerStoppedBy: 'idle-loop',
  wakeKicksRunning: true,
  unparkBoosts: true,
  limitsLoadBalance: false,
  skipsUnrunnablePicks: false,
  yieldLastsUntil: 'scheduled',
  removalUnparksHigher: false,
  yieldPassesLast: true,
};

/** The rules of each version of Xen. */
export const CREDIT_RULES: Readonly<Record<XenVersion, CreditRules>> = {
  master: MASTER,
  '4.17': RELEASE_4_17,
  '4.12': RELEASE_4_12,
};
