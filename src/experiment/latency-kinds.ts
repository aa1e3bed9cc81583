/**
 * Kinds of latency that can be measured [ns]:
 * - softirq_timer, softirq_schedule: a softirq raised, to the start of its handler, on any pCPU
 * - softirq_flush: the same for softirqs raised by an interrupt, or by another pCPU, between the trap that
 *   flushes and the return to the guest
 * - wakeup: a vCPU woken, to its first guest instruction
 * - stall: a vCPU that could go on taken off its pCPU, to its next guest instruction
 * - virq: a guest's timer due, to the guest's look at the clock
 * - timer: a hypervisor timer due, to its callback
 * - flush: a Set/Way operation that flushes, as long as the guest sees it take
 */
export const LATENCY_KINDS = [
  'softirq_timer',
  'softirq_schedule',
  'softirq_flush',
  'wakeup',
  'stall',
  'virq',
  'timer',
  'flush',
] as const;
/** A kind of latency. */
export type LatencyKind = (typeof LATENCY_KINDS)[number];
