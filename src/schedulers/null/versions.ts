import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';

/** Everything in which null differs between the versions of Xen. */
export interface NullRules {
  /**
   * A vCPU that is down has no pCPU and does not wait for one: it gets a pCPU when it comes up. Else it does
   * so when it is created, and keeps it from others even if it never comes up.
   */
  readonly ignoresOffline: boolean;
  /** A free pCPU takes a waiting vCPU only if it gets the lock of the pCPU that this is on. */
  readonly locksWaiting: boolean;
}

/** Xen master: common/sched/null.c. */
const MASTER: NullRules = {
  ignoresOffline: true,
  locksWaiting: true,
};

/** RELEASE-4.12.0: common/sched_null.c. */
const RELEASE_4_12: NullRules = {
  ignoresOffline: false,
  locksWaiting: false,
};

/** The rules of each version of Xen. */
export const NULL_RULES: Readonly<Record<XenVersion, NullRules>> = {
  master: MASTER,
  // Since 4.13.
  '4.17': MASTER,
  '4.12': RELEASE_4_12,
};
