/** Xen's schedulers, and textbook ones to compare with. */
export { Arinc653Scheduler } from '../schedulers/arinc653/arinc653.ts';
export { CreditScheduler } from '../schedulers/credit/credit.ts';
export { CREDIT_DEFAULTS, type CreditParams } from '../schedulers/credit/params.ts';
export { Credit2Scheduler } from '../schedulers/credit2/credit2.ts';
export { CREDIT2_DEFAULTS, type Credit2Params } from '../schedulers/credit2/params.ts';
export { NullScheduler } from '../schedulers/null/null.ts';
export { type EdfParams, EdfScheduler } from '../schedulers/reference/edf.ts';
export {
  type FixedPriorityParams,
  FixedPriorityScheduler,
} from '../schedulers/reference/fixed-priority.ts';
export { GlobalScheduler } from '../schedulers/reference/global-scheduler.ts';
export {
  ROUND_ROBIN_DEFAULTS,
  type RoundRobinParams,
  RoundRobinScheduler,
} from '../schedulers/reference/round-robin.ts';
export { RTDS_DEFAULTS } from '../schedulers/rtds/params.ts';
export { RtdsScheduler } from '../schedulers/rtds/rtds.ts';
