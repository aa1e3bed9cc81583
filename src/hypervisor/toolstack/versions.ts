import type { XenVersion } from '../cpu/softirq.ts';

/** Everything in which what the toolstack asks for differs between the versions of Xen. */
export interface ToolstackRules {
  /**
   * A pCPU that leaves the pool is handed to the idle scheduler, and comes back as a new one. Else the scheduler keeps it:
   * only the pool's mask changes, and the vCPUs there move away.
   */
  readonly handsOverPcpus: boolean;
}

const SINCE_4_13: ToolstackRules = { handsOverPcpus: true };

/** The rules of each version of Xen. */
export const TOOLSTACK_RULES: Readonly<Record<XenVersion, ToolstackRules>> = {
  master: SINCE_4_13,
  '4.17': SINCE_4_13,
  '4.12': { handsOverPcpus: false },
};
