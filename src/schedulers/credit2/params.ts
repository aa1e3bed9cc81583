import { type Duration, MS, US } from '../../engine/time.ts';

/** How pCPUs are grouped into runqueues. */
export type RunqueueArrangement = 'cpu' | 'core' | 'socket' | 'node' | 'all';

/** Boot parameters of the credit2 scheduler. */
export interface Credit2Params {
  /** sched_ratelimit_us: shortest uninterrupted run [ns]; 0 turns it off. */
  readonly ratelimit: Duration;
  /** credit2_runqueue: the pCPUs that share a runqueue: those of a core, a socket, a node, all, or none. */
  readonly runqueue: RunqueueArrangement;
  /** sched_credit2_max_cpus_runqueue: most pCPUs of a runqueue; master only. */
  readonly maxPcpusPerRunqueue: number;
  /** credit2_cap_period_ms: how often capped domains get their budget [ns]. */
  readonly capPeriod: Duration;
  /** sched_credit2_migrate_resist: credit that a unit must be ahead by to run elsewhere [ns]. */
  readonly migrateResist: Duration;
  /** credit2_load_window_shift: log2 of the time over which load is averaged [log2 ns], above 10. */
  readonly loadWindowShift: number;
  /** credit2_load_precision_shift: log2 of the number that stands for a load of 1. */
  readonly loadPrecisionShift: number;
  /** credit2_balance_under: log2 of the load difference that is tolerated below full load. */
  readonly balanceUnder: number;
  /** credit2_balance_over: log2 of the load difference that is tolerated above it. */
  readonly balanceOver: number;
  /** sched_smt_power_savings: vCPUs go to cores that are not wholly idle first. */
  readonly smtPowerSavings: boolean;
}

/** Xen's defaults. */
export const CREDIT2_DEFAULTS: Credit2Params = {
  ratelimit: 1000 * US,
  runqueue: 'socket',
  maxPcpusPerRunqueue: 16,
  capPeriod: 10 * MS,
  migrateResist: 500 * US,
  loadWindowShift: 30,
  loadPrecisionShift: 18,
  balanceUnder: 0,
  balanceOver: -3,
  smtPowerSavings: false,
};
