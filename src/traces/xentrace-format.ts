/**
 * The records of Xen's trace buffers (public/trace.h): a head, a TSC if the head says so, up to 7 words.
 * All words are 32 bits, little-endian. A file is a sequence of windows, each the records of one pCPU, led by
 * a TRACE_CPU_CHANGE record without TSC: pCPU and length of the window [bytes].
 */

/** Bit 31 of a record's head: a TSC follows. Bits 28-30 are the number of words, bits 0-27 the event. */
export const HAS_TSC = 2 ** 31;
export const WORDS_SHIFT = 28;
export const WORDS_MAX = 7;
export const EVENT_MASK = 2 ** 28 - 1;

export const LOST_RECORDS = 0x1f001;
export const WRAP_BUFFER = 0x1f002;
export const CPU_CHANGE = 0x1f003;
/** old and new runstate are in bits 8-11 and 4-7. */
export const RUNSTATE_CHANGE = 0x21001;
/** Bits of it that are the two states. */
export const STATE_BITS = 0xff0;
export const CONTINUE_RUNNING = 0x21002;
/** domain. */
export const DOM_ADD = 0x28001;
export const DOM_REM = 0x28002;
/** domain and number of the vCPU. */
export const SCHED_SLEEP = 0x28003;
export const SCHED_WAKE = 0x28004;
export const SCHED_YIELD = 0x28005;
export const SCHED_BLOCK = 0x28006;
export const SWITCH = 0x2800a;
/** domain, vCPU (not in old traces), how long it ran [ns]. */
export const SWITCH_INFPREV = 0x2800e;
/** domain, vCPU (not in old traces), how long it waited [ns], its timeslice. */
export const SWITCH_INFNEXT = 0x2800f;
export const SWITCH_INFCONT = 0x28011;

/** Events of a single scheduler are 0x22000 to 0x22fff; bits 9-11 say which. */
export const SCHEDULER_CLASS = 0x22;
export const SCHEDULER_SHIFT = 9;
export const SCHEDULER_NAMES = [
  'credit',
  'credit2',
  undefined,
  'arinc653',
  'rtds',
  'null',
] as const;

/** The record with which each single scheduler begins to decide. */
export const DECIDES: ReadonlySet<number> = new Set([0x22009, 0x22215, 0x22806, 0x22a05]);
/** A scheduler (credit, credit2, rtds) has asked a pCPU to decide. */
export const TICKLES: ReadonlySet<number> = new Set([0x22006, 0x22206, 0x22801]);
/** credit has looked for work on another pCPU. */
export const CSCHED_STEAL_CHECK = 0x2200b;
/** Of credit2: the vCPU, then its credit; before and after; and what it was compared with, then its credit. */
export const CSCHED2_CREDIT_BURN = 0x22203;
export const CSCHED2_CREDIT_RESET = 0x22207;
export const CSCHED2_RUNQ_CANDIDATE = 0x22214;

/** The domain of the idle vCPUs, each of which has the number of its pCPU. */
export const IDLE_DOMAIN = 32767;
/** What xenalyze can tell apart. */
export const VCPUS_PER_DOMAIN_MAX = 256;
export const TRACED_PCPUS_MAX = 256;
