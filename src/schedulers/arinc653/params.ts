import { type Duration, MS } from '../../engine/time.ts';
import type { TimeTable } from '../../hypervisor/ports.ts';

/** The most slots a table has (ARINC653_MAX_DOMAINS_PER_SCHEDULE). */
export const SLOTS_MAX = 64;

/** Length of the frame without a table, and of a slot that a control domain gets by itself [ns]. */
export const SLOT_DEFAULT: Duration = 10 * MS;

/** Xen accepts the table (arinc653_sched_set); one that it refuses changes nothing. */
export function isValidTable({ majorFrame, slots }: TimeTable): boolean {
  if (slots.length < 1 || slots.length > SLOTS_MAX) return false;
  if (slots.some(({ runtime }) => runtime <= 0)) return false;
  return slots.reduce((sum, { runtime }) => sum + runtime, 0) <= majorFrame;
}
