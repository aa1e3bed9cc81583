import type { JobCount } from './job-run.ts';

/*
 * What the standing jobs are called, and what is published of them under names that are not derived from theirs: those
 * were there before there were jobs. Who measures and draws takes them from here.
 */

/** p2m_flush_vm: the flush of all memory of a domain, on behalf of the vCPU whose trap asks for it. */
export const FLUSH = 'flush';
/** Deferred work as vPCI's (vpci_process_pending). */
export const DEFERRED = 'deferred';

/** Those that have an activity, and so causes, of their own, in the order of the columns; the others are hypervisor code. */
export const STANDING_ACTIVITIES = [FLUSH] as const;
/** The kinds of latency that are softirqs raised for them; and from asking for one to its end, in place of `job_NAME`. */
export const STANDING_SOFTIRQS = [`softirq_${FLUSH}`] as const;
export const REQUEST = 'request';

/** What a counter counts: one of all jobs' counts, or a total of what the job goes over. */
export type CounterSource = JobCount | { readonly total: string };

/** The flush's counters in place of `flush_done` and so on, in the order of the columns. */
export const FLUSH_COUNTERS = {
  checks: { total: 'checks' },
  checks_hit: 'hits',
  erestarts: 'hits',
  lookups: { total: 'lookups' },
  pages_flushed: { total: 'flushed' },
  skipped: { total: 'skipped' },
  flushes: 'done',
} as const satisfies Record<string, CounterSource>;
/** One whose column is further behind. */
export const FLUSH_MOVES = { flush_moves: 'moves' } as const satisfies Record<
  string,
  CounterSource
>;

/** The names of counters of standing jobs. */
export type StandingCounter = keyof typeof FLUSH_COUNTERS | keyof typeof FLUSH_MOVES;
/** Those of `counters`, in their order. */
export function standingCounterNames<Name extends StandingCounter>(
  counters: Readonly<Partial<Record<Name, CounterSource>>>,
): Name[] {
  return Object.keys(counters) as Name[];
}
