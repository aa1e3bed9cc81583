import { STANDING_ACTIVITIES } from '../jobs/standing-names.ts';

/**
 * What the time of a pCPU goes to, exactly one of these at any time: guest code; units of a standing job; other hypervisor
 * code (traps, the return path, the idle loop); softirq handlers; the scheduler's decision and the context switch; an
 * interrupt handler; spinning for a lock; waiting in WFI.
 */
export const ACTIVITIES = [
  'guest',
  ...STANDING_ACTIVITIES,
  'path',
  'softirq',
  'switch',
  'interrupt',
  'lock',
  'idle',
] as const;

export const IN_GUEST = 0;
// Numbers, not looked up: they are compared all the time.
export const IN_PATH = 2;
export const IN_SOFTIRQ = 3;
export const IN_SWITCH = 4;
export const IN_INTERRUPT = 5;
export const IN_LOCK = 6;
export const IN_IDLE = 7;

/** The units of the machine's first job; those of the others follow in their order. */
export const IN_FIRST_JOB = ACTIVITIES.length;

/** An index into ACTIVITIES, or that of a job behind them. */
export type Activity = number;
