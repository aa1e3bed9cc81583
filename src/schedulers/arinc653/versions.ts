import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';

/** Everything in which arinc653 differs between the versions of Xen. */
export interface Arinc653Rules {
  /**
   * A frame begins a whole number of frames after the table was set. Else it begins at the first decision
   * after the end of the last frame, so that whatever delays that shifts all later frames; without a table, at every decision.
   */
  readonly keepsPhase: boolean;
}

/** Xen master: common/sched/arinc653.c. */
const MASTER: Arinc653Rules = {
  keepsPhase: true,
};

/** RELEASE-4.12.0 to 4.20: frames keep their phase since 4.21. */
const BEFORE_4_21: Arinc653Rules = {
  keepsPhase: false,
};

/** The rules of each version of Xen. */
export const ARINC653_RULES: Readonly<Record<XenVersion, Arinc653Rules>> = {
  master: MASTER,
  '4.17': BEFORE_4_21,
  '4.12': BEFORE_4_21,
};
