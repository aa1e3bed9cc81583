import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';

/** Everything in which rtds differs between the versions of Xen. */
export interface RtdsRules {
  /** A vCPU whose priority level is the lowest possible (2^32 - 1) stays there; else it wraps to the highest. */
  readonly levelSaturates: boolean;
}

/** Xen master: common/sched/rt.c. */
const MASTER: RtdsRules = {
  levelSaturates: true,
};

/** RELEASE-4.12.0 to 4.21: levels saturate since 4.22. */
const BEFORE_4_22: RtdsRules = {
  levelSaturates: false,
};

/** The rules of each version of Xen. */
export const RTDS_RULES: Readonly<Record<XenVersion, RtdsRules>> = {
  master: MASTER,
  '4.17': BEFORE_4_22,
  '4.12': BEFORE_4_22,
};
