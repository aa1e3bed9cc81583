import { MS, type Time } from '../../engine/time.ts';
import type { Vcpu } from '../../hypervisor/machine/vcpu.ts';

/** Priorities: larger is better. */
export const PRI_BOOST = 0;
export const PRI_UNDER = -1;
export const PRI_OVER = -2;
export const PRI_IDLE = -64;

/** Credit that a ms of CPU time costs. */
export const CREDITS_PER_MS = 10;
/** Time that one credit stands for [ns]. */
const CREDIT_TIME = MS / CREDITS_PER_MS;

/** What the scheduler knows of a vCPU. */
export interface CreditUnit {
  readonly vcpu: Vcpu;
  /** undefined for idle vCPUs. */
  readonly account: CreditDomain | undefined;
  pri: number;
  credit: number;
  /** Burned time below one credit, times CREDITS_PER_MS [ns]. */
  residual: number;
  /** Since when it is charged; while it does not run: relative to the time it was switched out [ns]. */
  startTime: Time;
  /** When it ran last; for "cache hot". */
  lastSchedTime: Time;
  /** On its domain's list of active units. */
  active: boolean;
  /** On a runqueue. */
  queued: boolean;
  parked: boolean;
  yielded: boolean;
  /** Its next wake is the end of a migration, which does not boost. */
  migrating: boolean;
}

/** What the scheduler knows of a domain. */
export interface CreditDomain {
  weight: number;
  cap: number;
  /** Units that take part in accounting, latest first. */
  readonly activeUnits: CreditUnit[];
}

/** A unit that has not run yet. Of a credit that is not whole the rest is time that is charged already. */
export function newCreditUnit(
  vcpu: Vcpu,
  account: CreditDomain | undefined,
  pri: number,
): CreditUnit {
  const { initialCredit = 0 } = vcpu;
  const credit = Math.floor(initialCredit);
  return {
    vcpu,
    account,
    pri,
    credit,
    residual: 0,
    startTime: Math.round((initialCredit - credit) * CREDIT_TIME),
    lastSchedTime: 0,
    active: false,
    queued: false,
    parked: false,
    yielded: false,
    migrating: false,
  };
}

/**
 * Charges a running unit up to `now` (burn_credits). Whole credits only: the rest stays in the residual *and*
 * in the start time, as in Xen, so that in the long run all time is charged.
 * @returns whether there was time to charge
 */
export function burnCredit(unit: CreditUnit, now: Time): boolean {
  const delta = now - unit.startTime;
  if (delta <= 0) return false;
  const value = delta * CREDITS_PER_MS + unit.residual;
  const credits = Math.floor(value / MS);
  unit.residual = value - credits * MS;
  unit.credit -= credits;
  unit.startTime += credits * CREDIT_TIME;
  return true;
}
