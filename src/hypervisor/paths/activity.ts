/**
 * What the time of a pCPU goes to, exactly one of these at any time: guest code; a chunk of a flush; other hypervisor
 * code (traps, the return path, the idle loop); softirq handlers; the scheduler's decision and the context switch; an
 * interrupt handler; spinning for a lock; waiting in WFI.
 */
export const ACTIVITIES = [
  'guest',
  'flush',
  'path',
  'softirq',
  'switch',
  'interrupt',
  'lock',
  'idle',
] as const;

export const IN_GUEST = 0;
export const IN_FLUSH = 1;
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
