import { REQUEST, STANDING_SOFTIRQS } from '../hypervisor/jobs/standing-names.ts';
import { NAME_FORM } from '../input/name-form.ts';

/**
 * Kinds of latency that can be measured [ns]. The hypervisor's:
 * - softirq_timer, softirq_schedule: a softirq raised, to the start of its handler, on any pCPU
 * - softirq_flush, of a standing job: the same for softirqs raised by an interrupt, or by another pCPU, between the trap that
 *   asks for it and the return to the guest
 * - delivery: an event for a vCPU due (its virtual timer's expiry, an interrupt sent to it by another vCPU, the answer of its
 *   device model, the end of its block, its start), to its next guest instruction; each event counts
 * - wakeup: a vCPU woken, to its first guest instruction; not one that was parked
 * - stall: a vCPU that could go on taken off its pCPU, or unparked, to its next guest instruction
 * - parked: a vCPU parked by its domain's cap, until it is unparked
 * - timer: a hypervisor timer due, to its callback
 * - lock_hold: the locks of a job taken, the p2m's by a flush too, to their release (a hit or the end)
 * - lock_wait: a pCPU begins to spin for the p2m lock, or one of a job, to its having it
 * - request: deferred work asked for, to its end
 *
 * The guests', as they see it:
 * - virq: a timer due, or an interrupt sent, to the guest's look at the clock
 * - own_virq: the timer of a guest that flushes due, to its interrupt handler
 * - flush: a Set/Way operation that flushes; batch: a whole loop of them; toggle: a write to a VM register
 * - touch: an access to its memory; mmio, io: to a device that the hypervisor, or a device model, emulates
 * - bring_up: CPU_ON, to that CPU being online; boot: a whole boot
 * - wait: a server's job arrives, to the begin of its service
 * - sojourn: a server's job arrives, to the end of its service
 * - slowdown: the sojourn of a job per us of its service [ns/us]: 1000 is as fast as can be
 */
export const LATENCY_KINDS = [
  'softirq_timer',
  'softirq_schedule',
  ...STANDING_SOFTIRQS,
  'delivery',
  'wakeup',
  'stall',
  'parked',
  'virq',
  'timer',
  'flush',
  'own_virq',
  'lock_hold',
  'lock_wait',
  REQUEST,
  'batch',
  'toggle',
  'touch',
  'mmio',
  'io',
  'bring_up',
  'boot',
  'wait',
  'sojourn',
  'slowdown',
] as const;
/** A kind of latency, of all vCPUs and pCPUs together. */
export type WholeKind = (typeof LATENCY_KINDS)[number] | JobKind;

/**
 * Kinds that a job has by its name: `job_NAME`, asked for, to its end; `softirq_NAME`, a softirq raised while a call of the job has
 * the pCPU, to the start of its handler.
 */
export type JobKind = `job_${string}` | `softirq_${string}`;

/** A kind of latency; with a domain behind `@`, of its vCPUs alone. */
export type LatencyKind = WholeKind | `${WholeKind}@${string}`;

/** Those of a pCPU: they belong to no domain. */
export const PCPU_KINDS: readonly WholeKind[] = [
  'softirq_timer',
  'softirq_schedule',
  ...STANDING_SOFTIRQS,
  'timer',
];

/** The kind without its domain. */
export function wholeOf(kind: LatencyKind): WholeKind {
  return kind.split('@', 1)[0] as WholeKind;
}

/** The domain of whose vCPUs it is; undefined: all. */
export function domainOf(kind: LatencyKind): string | undefined {
  const at = kind.indexOf('@');
  return at < 0 ? undefined : kind.slice(at + 1);
}

/** A kind from its name; undefined if there is none of that name. Whether the domain exists is another question. */
export function kindNamed(text: string): LatencyKind | undefined {
  const [name, domain, ...more] = text.split('@');
  const whole = LATENCY_KINDS.find((kind) => kind === name) ?? jobKindNamed(name);
  if (whole === undefined || domain === undefined) return more.length === 0 ? whole : undefined;
  const isPcpus = PCPU_KINDS.includes(whole) || whole.startsWith('softirq_');
  const isOne = NAME_FORM.test(domain) && more.length === 0 && !isPcpus;
  return isOne ? `${whole}@${domain}` : undefined;
}

/** The job whose kind it is; undefined: it is none of a job. */
export function jobOf(kind: LatencyKind): string | undefined {
  const whole = wholeOf(kind);
  if ((LATENCY_KINDS as readonly string[]).includes(whole)) return undefined;
  return whole.slice(whole.indexOf('_') + 1);
}

function jobKindNamed(text: string): JobKind | undefined {
  const [, job] = /^(?:job|softirq)_(.*)$/.exec(text) ?? [];
  return job !== undefined && NAME_FORM.test(job) ? (text as JobKind) : undefined;
}

/** In the order of LATENCY_KINDS, jobs' behind them, each before those of its domains; these as they come. */
export function inOrder(kinds: readonly LatencyKind[]): LatencyKind[] {
  const ofJobs = kinds.filter((kind) => jobOf(kind) !== undefined).map(wholeOf);
  return [...LATENCY_KINDS, ...new Set(ofJobs)].flatMap((whole) => {
    const own = kinds.filter((kind) => wholeOf(kind) === whole);
    return [...own.filter((kind) => kind === whole), ...own.filter((kind) => kind !== whole)];
  });
}
