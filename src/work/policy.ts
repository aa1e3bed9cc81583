import type { Duration } from '../engine/time.ts';
import type { XenVersion } from '../hypervisor/cpu/softirq.ts';
import type { PreemptionPolicy } from '../hypervisor/ports.ts';
import type { FlushRule } from '../memory/flush-rule.ts';

/** What long work does about softirqs raised while it runs. */
export type DuringRule =
  | {
      readonly kind: 'count';
      readonly threshold: number;
      readonly pageWeight: number;
      readonly skipWeight: number;
    }
  | { readonly kind: 'every'; readonly everyNs: Duration }
  | { readonly kind: 'block'; readonly order: number }
  | { readonly kind: 'never' }
  | { readonly kind: 'immediate' };

/** Where long work checks for softirqs, how it gives way, and what leads to it, as data. */
export interface Policy extends Omit<PreemptionPolicy, 'during' | 'loop'> {
  readonly during: DuringRule;
  /** undefined: as the version of Xen has it. */
  readonly loop?: PreemptionPolicy['loop'] | undefined;
}

/** What the machine has to know of the policy. */
export function preemptionPolicy(policy: Policy, xen: XenVersion): PreemptionPolicy {
  const { before, during, style, lock, traps, deferredRound, charge } = policy;
  return {
    before,
    during: during.kind === 'immediate' ? 'immediate' : 'check-points',
    style,
    lock,
    traps,
    // The loop came in January 2021 (4.15), for the completion of emulated accesses.
    loop: policy.loop ?? (xen === '4.12' ? 'vcpu-pcpu' : 'while-vcpu-pcpu'),
    deferredRound,
    charge,
  };
}

/** Where the flush's check points lie under the policy. */
export function flushRule({ during }: Policy): FlushRule {
  switch (during.kind) {
    case 'count': {
      const { threshold, pageWeight, skipWeight } = during;
      return { threshold, pageWeight, skipWeight };
    }
    case 'every':
      return { everyNs: during.everyNs };
    case 'block':
      return { blockOrder: during.order };
    case 'never':
    case 'immediate':
      return 'never';
  }
}
