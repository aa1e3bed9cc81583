import type { Duration, Time } from '../../engine/time.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';
import type { Reservation } from '../../hypervisor/ports.ts';
import type { Block } from './insertion-order.ts';
import { RTDS_DEFAULTS } from './params.ts';

/** What the rtds scheduler knows of a vCPU. */
export interface RtdsUnit {
  readonly vcpu: Vcpu;
  reservation: Reservation;
  /** CPU time it may still use before its deadline, or, on a lower level, before it falls further [ns]. */
  budget: Duration;
  /** End of its current period [ns]. */
  deadline: Time;
  /** How often it has used up its budget in this period: 0 is the best level. */
  level: number;
  /** Since when its running is not charged [ns]. */
  lastStart: Time;
  /** Number of its insertion into the runqueue. */
  sequence: number;
  /** Where it waits. */
  queue: 'none' | 'runq' | 'depleted';
  onReplq: boolean;
  /** Where it is on the replenishment queue. */
  block: Block | undefined;
  /** It has run out of budget since it was replenished last. */
  depleted: boolean;
  /** On a pCPU, its context not yet saved. */
  scheduled: boolean;
  /** It could run when it lost its pCPU: it has to be queued when its context is saved. */
  queueWhenSaved: boolean;
  /** It could go on from the begin of its period until now: its reservation promises it all of its budget. */
  wantsAll: boolean;
}

/** `a` has strictly higher priority than `b` (compare_unit_priority): a better level, then an earlier deadline. */
export function runsBefore(a: RtdsUnit, b: RtdsUnit): boolean {
  return a.level < b.level || (a.level === b.level && a.deadline < b.deadline);
}

/** The order of the runqueue, in which no two units are equal: first come, first served among those of one priority. */
export function runqueueOrder(a: RtdsUnit, b: RtdsUnit): number {
  return a.level - b.level || a.deadline - b.deadline || a.sequence - b.sequence;
}

/** A unit with the default reservation, before its first period. */
export function newRtdsUnit(vcpu: Vcpu): RtdsUnit {
  return {
    vcpu,
    reservation: RTDS_DEFAULTS,
    budget: RTDS_DEFAULTS.budget,
    deadline: 0,
    level: 0,
    lastStart: 0,
    sequence: 0,
    queue: 'none',
    onReplq: false,
    block: undefined,
    depleted: false,
    scheduled: false,
    queueWhenSaved: false,
    wantsAll: false,
  };
}
