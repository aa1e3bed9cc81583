/** The version of Xen whose behaviour is modelled where versions differ. */
export type XenVersion = '4.12' | '4.17' | 'master';

/** A softirq. What its number, that is its priority, is depends on the version: see SOFTIRQ_ORDER. */
export type Softirq = 'TIMER' | 'RCU' | 'SCHED_SLAVE' | 'SCHEDULE' | 'NEW_TLBFLUSH' | 'TASKLET';

const SINCE_4_14 = ['TIMER', 'RCU', 'SCHED_SLAVE', 'SCHEDULE', 'NEW_TLBFLUSH', 'TASKLET'] as const;

/**
 * Softirqs by number: the lowest pending one runs first (common/softirq.c; RCU moved before the scheduling
 * ones in 4.14). On Arm NEW_TLBFLUSH and SCHED_SLAVE are never raised.
 */
export const SOFTIRQ_ORDER: Readonly<Record<XenVersion, readonly Softirq[]>> = {
  '4.12': ['TIMER', 'SCHEDULE', 'NEW_TLBFLUSH', 'RCU', 'TASKLET'],
  '4.17': SINCE_4_14,
  master: SINCE_4_14,
};

/** The number of the lowest bit set in `pending`, which is not 0. */
export function lowestSoftirq(pending: number): number {
  return 31 - Math.clz32(pending & -pending);
}
