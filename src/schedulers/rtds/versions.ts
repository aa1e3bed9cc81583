import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';

/** Everything in which rtds differs between the versions of Xen. */
export interface RtdsRules {
  /** A vCPU whose priority level is the lowest possible (2^32 - 1) stays there; else it wraps to the highest. */
  readonly levelSaturates: boolean;
  /** A depleted vCPU that is given extratime has new budget at once; else only the flag changes. */
  readonly extratimeRefills: boolean;
  /** Period and budget that are set for a whole domain are checked as those of a vCPU; else they only must not be 0. */
  readonly checksDomains: boolean;
  /** schedule() takes a vCPU off the runqueue that it finds there but that may not run, and looks again. */
  readonly skipsUnrunnable: boolean;
}

/** Xen master: common/sched/rt.c. */
const MASTER: RtdsRules = {
  levelSaturates: true,
  extratimeRefills: true,
  checksDomains: true,
  skipsUnrunnable: true,
};

/** RELEASE-4.17: before 4.22, of which the first three are. */
const RELEASE_4_17: RtdsRules = {
  levelSaturates: false,
  extratimeRefills: false,
  checksDomains: false,
  skipsUnrunnable: true,
};

/** RELEASE-4.12.0: common/sched_rt.c. */
const RELEASE_4_12: RtdsRules = { ...RELEASE_4_17, skipsUnrunnable: false };

/** The rules of each version of Xen. */
export const RTDS_RULES: Readonly<Record<XenVersion, RtdsRules>> = {
  master: MASTER,
  '4.17': RELEASE_4_17,
  '4.12': RELEASE_4_12,
};
