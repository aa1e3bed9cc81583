import type { CpuMask } from '../hypervisor/machine/cpu-mask.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';

/** Balance steps of a vCPU with soft affinity, and of one without: whether each looks at soft affinity. */
export const SOFT_THEN_HARD = [true, false] as const;
export const HARD_ONLY = [false] as const;

/**
 * Makes `into` the pCPUs of a balance step (affinity_balance_cpumask): hard affinity, in the soft step the
 * preferred pCPUs of it, if there are any. @returns `into`
 */
export function balanceMask(into: CpuMask, vcpu: Vcpu, soft: boolean): CpuMask {
  if (!soft) return into.setTo(vcpu.hardAffinity);
  into.setToAnd(vcpu.hardAffinity, vcpu.softAffinity);
  return into.isEmpty() ? into.setTo(vcpu.hardAffinity) : into;
}
