import { STANDING_ACTIVITIES } from '../hypervisor/jobs/standing-names.ts';
import { ACTIVITIES } from '../hypervisor/paths/activity.ts';

const behind = <Name extends string>(name: Name) => `behind_${name}` as const;

/**
 * What a latency is made of [ns]: what the time of the pCPU went to on which the vCPU, or softirq, waited or ran.
 * - guest, flush, path, lock: guest code, units of a standing job, other hypervisor code and spinning for a lock, of the vCPU
 *   itself; for softirqs, which wait for a pCPU, of whoever is there
 * - softirq, switch, interrupt, idle: softirq handlers, decisions and context switches, interrupt handlers, WFI
 * - behind_guest, behind_flush, behind_path: another vCPU's guest code, standing job, other hypervisor code
 * - timer: a hypervisor timer was due and had not fired: timer_slop, or interrupts were masked
 * - forgotten: longer ago than is remembered
 * - of each job behind these: its units, and those of it that were done for, or by, another vCPU (`behind_`)
 */
export const CAUSES = [
  ...ACTIVITIES,
  'behind_guest',
  ...STANDING_ACTIVITIES.map(behind),
  'behind_path',
  'timer',
  'forgotten',
] as const;
/** A cause of latency. */
export type Cause = (typeof CAUSES)[number];

/** Most jobs that an experiment may have: causes are bits of a number. */
export const JOBS_MAX = Math.floor((32 - CAUSES.length) / 2);

/** All causes where there are jobs of these names. */
export function causesOf(jobs: readonly string[]): readonly string[] {
  return jobs.length === 0 ? CAUSES : [...CAUSES, ...jobs.flatMap((job) => [job, `behind_${job}`])];
}

/** Indices into CAUSES; the first are those of ACTIVITIES. */
export const TIMER = CAUSES.indexOf('timer');
export const FORGOTTEN = CAUSES.indexOf('forgotten');

const BEHIND: Partial<Record<(typeof ACTIVITIES)[number], Cause>> = {
  guest: 'behind_guest',
  ...Object.fromEntries(STANDING_ACTIVITIES.map((name) => [name, behind(name)])),
  path: 'behind_path',
  lock: 'behind_path',
};

/** What each activity is to the vCPU itself: the first are the same, jobs come behind all other causes. */
export const CAUSE_OWN = Uint8Array.from({ length: ACTIVITIES.length + JOBS_MAX }, (_, activity) =>
  activity < ACTIVITIES.length ? activity : CAUSES.length + 2 * (activity - ACTIVITIES.length),
);

/** What each activity of another vCPU is to the one that waits behind it. */
export const CAUSE_BEHIND = CAUSE_OWN.map((own, activity) => {
  if (activity >= ACTIVITIES.length) return own + 1;
  const behind = BEHIND[ACTIVITIES[activity]];
  return behind === undefined ? own : CAUSES.indexOf(behind);
});
