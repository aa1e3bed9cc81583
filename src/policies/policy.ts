import type { Duration } from '../engine/time.ts';
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
  | { readonly kind: 'never' }
  | { readonly kind: 'immediate' };

/** Where long work looks for softirqs, as data: before it starts, and while it runs. */
export interface Policy {
  readonly before: boolean;
  readonly during: DuringRule;
}

/** What the machine has to know of the policy. */
export function preemptionPolicy({ before, during }: Policy): PreemptionPolicy {
  return { before, during: during.kind === 'immediate' ? 'immediate' : 'check-points' };
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
    case 'never':
    case 'immediate':
      return 'never';
  }
}
