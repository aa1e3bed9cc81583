import { type Duration, MS, type Time, US } from '../../engine/time.ts';

/** Boot parameters of the credit scheduler. */
export interface CreditParams {
  /** sched_credit_tslice_ms: timeslice [ns], whole ms from 1 to 1000. */
  readonly timeslice: Duration;
  /** sched_ratelimit_us: shortest uninterrupted run [ns]; 0 turns it off; at most the timeslice counts. */
  readonly ratelimit: Duration;
  /** vcpu_migration_delay: how long a descheduled vCPU counts as cache hot [ns]; 0 turns it off. */
  readonly migrationDelay: Duration;
  /** load-balance-ratelimit: least time between two balancings of a pCPU [ns]; master only. */
  readonly loadBalanceRatelimit: Duration;
  /** tickle_one_idle_cpu: a wake tickles one of the idle pCPUs, not all. */
  readonly tickleOneIdle: boolean;
  /** sched_smt_power_savings: vCPUs go to where most threads are busy already, not to where most idle. */
  readonly smtPowerSavings: boolean;
  /** When the tick of each pCPU comes first, the last one for all that follow [ns]; absent: a tick after boot. */
  readonly firstTick?: readonly Time[] | undefined;
  /** When the accounting comes first [ns]; absent: a timeslice after boot. */
  readonly firstAccounting?: Time | undefined;
}

/** Xen's defaults. */
export const CREDIT_DEFAULTS: CreditParams = {
  timeslice: 30 * MS,
  ratelimit: 1000 * US,
  migrationDelay: 0,
  loadBalanceRatelimit: 1000 * US,
  tickleOneIdle: true,
  smtPowerSavings: false,
};
