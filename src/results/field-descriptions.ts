import type { Experiment } from '../experiment/schema/schema.ts';
import { causesOf } from '../measure/causes.ts';
import { COUNTER_NAMES, JOB_COUNTERS } from '../measure/counters.ts';
import { levelNumbers } from './level-numbers.ts';

/** A field of a table, as datapackage.json describes it. Whole numbers are integers, times are in ns. */
export interface Field {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number';
  readonly unit?: string;
  readonly description: string;
}

type Texts = Readonly<Record<string, string>>;

const STRINGS: ReadonlySet<string> = new Set([
  ...['cell', 'policy', 'baseline', 'along', 'kind', 'domain', 'statistic', 'part'],
  ...['verdict', 'undecided'],
]);
const RATIOS: ReadonlySet<string> = new Set(['relative', 'p_raw', 'p']);

/** Fields that mean the same in every table. */
const ANYWHERE: Texts = {
  cell: 'the cell: a policy at one level of each factor',
  policy: 'the policy of the cell',
  replication: 'number of the replication, from 0',
  kind: 'the kind of latency',
  domain: 'the domain that it is of; empty: of a pCPU, or of all domains together',
  vcpu: 'number of the vCPU in its domain; empty: of a pCPU, or of all vCPUs together',
  pcpu: 'the pCPU on which it ended',
  t_ns: 'when it ended, from the start of the replication',
  latency_ns: 'how long it was; of a slowdown: ns of sojourn per us of service',
  mean_ns: 'mean of the samples',
  min_ns: 'the least sample',
  p50_ns: 'the median of the samples',
  p90_ns: 'the 90th percentile of the samples',
  p99_ns: 'the 99th percentile of the samples',
  p999_ns: 'the 99.9th percentile of the samples',
  max_ns: 'the largest sample',
  count: 'samples',
  samples: 'samples of all replications together',
  statistic: 'the statistic of the samples of all replications together',
  lo95_ns: 'lower end of the 95 % interval; empty where there is none',
  hi95_ns: 'upper end of the 95 % interval; empty where there is none',
  missed_expiries: 'expiries that guests dropped as they were late',
  late_jobs: 'jobs of periodic guests that were not done by their next expiry',
  deadline_misses: 'deadlines missed',
  part: 'all: every sample; tail: the worst 1 % of each replication',
};

const CENSORED = 'samples among them that had not ended, which are at least so long';

/** Fields of single tables. */
const IN_TABLE: Readonly<Record<string, Texts>> = {
  'latency.csv': { censored: CENSORED },
  'worst.csv': { censored: '1: it had not ended, and was at least so long; else 0' },
  'samples.csv.gz': { censored: '1: it had not ended, and was at least so long; else 0' },
  'domains.csv': {
    domain: 'the domain',
    guest_ns: 'time its vCPUs executed guest instructions',
    running_ns: 'time its vCPUs were on a pCPU',
    runnable_ns: 'time its vCPUs waited for a pCPU',
    blocked_ns: 'time its vCPUs were blocked',
    offline_ns: 'time its vCPUs were offline or paused',
  },
  'summary.csv': {
    censored: CENSORED,
    estimate_ns: 'the statistic; empty where there are too few samples',
    replications: 'replications that have samples',
    worst_replication: 'of min and max: the replication that had it',
  },
  'comparison.csv': {
    baseline: 'the cell that it is compared with',
    along: 'the factor along which the two differ; empty: the policy, or a named pair',
    value_ns: 'the statistic of the cell',
    baseline_ns: 'the statistic of the baseline',
    difference_ns: 'cell less baseline, paired by replication',
    relative: 'the difference by the value of the baseline',
    margin_ns: 'the largest difference that does not matter',
    p_raw: 'P of what the estimate suggests, by itself; empty where there can be no verdict',
    p: 'the same, corrected (Holm) for all that the same question claims',
    verdict: 'better, worse, equivalent or undecided, at 5 %',
    undecided: 'why it is undecided',
    pairs: 'replications with samples on both sides',
    diverged: 'those of them in which the two sides differ',
  },
};

const COUNTERS: Readonly<Record<(typeof COUNTER_NAMES)[number], string>> = {
  events: 'events of the simulation',
  checks: 'tests for pending softirqs during flushes',
  checks_hit: 'those of them that found one',
  erestarts: 'the same: flushes that returned -ERESTART',
  lookups: 'lookups of P2M entries by flushes',
  pages_flushed: 'pages that flushes cleaned',
  skipped: 'holes that flushes passed over',
  flushes: 'flushes that were done',
  context_switches: 'context switches between vCPUs',
  migrations: 'moves of vCPUs to another pCPU',
  wakes: 'wake-ups of vCPUs',
  softirqs: 'softirqs handled',
  interrupts: 'interrupts taken',
  traps: 'synchronous traps from guests',
  guest_ns: 'time of all pCPUs in guest code',
  hypervisor_ns: 'time of all pCPUs in the hypervisor, without interrupts and idling',
  interrupt_ns: 'time of all pCPUs in interrupt handlers',
  idle_ns: 'time of all pCPUs idling',
  runnable_ns: 'time of all vCPUs waiting for a pCPU',
  flush_moves: 'flushes that went on on another pCPU than they had stopped on',
  entries_with_work: 'entries into a guest with work of its vCPU left',
  entries_with_softirqs: 'entries into a guest with softirqs left',
  stage2_faults: 'stage-2 faults resolved',
  undefs: 'Set/Way operations refused',
  bring_ups: 'CPUs that a Linux started',
  bring_up_timeouts: 'those of them that were not online within a second',
  episodes: 'times that cache-cleaners read their lines',
  stale_episodes: 'those of them that found a stale line',
  stale_lines: 'lines read stale',
  lost_lines: 'lines written and lost',
  missed_expiries: 'expiries that guests dropped as they were late',
  late_jobs: 'jobs of periodic guests that were not done by their next expiry',
  deadline_misses: 'deadlines missed',
  switches_without_guest: 'longest run of context switches without a guest instruction between',
};

const OF_JOB: Readonly<Record<(typeof JOB_COUNTERS)[number], string>> = {
  done: 'requests done',
  calls: 'calls',
  tests: 'tests whether to stop, of requests that are done',
  hits: 'tests that found something to stop for',
  units: 'units, of requests that are done',
  refusals: 'calls that found a lock taken',
  held_ns: 'time that its locks were held',
  waited_ns: 'time that its calls waited for locks',
  unit_held_ns: 'time that the lock which its units take was held',
  unit_waited_ns: 'time that its units waited for their lock',
  unit_takes: 'times that its units took their lock',
  stretch_ns: 'the longest time of a call without a test',
};

const OF_CAUSE: Texts = {
  guest: 'guest code of the vCPU itself; for softirqs, of whoever is there',
  flush: 'chunks of a flush of the vCPU itself; for softirqs, of whoever is there',
  path: 'other hypervisor code of the vCPU itself; for softirqs, of whoever is there',
  lock: 'spinning for a lock',
  softirq: 'softirq handlers',
  switch: 'decisions of schedulers and context switches',
  interrupt: 'interrupt handlers',
  idle: 'WFI, waking from it, and SGIs on their way',
  behind_guest: "another vCPU's guest code",
  behind_flush: "another vCPU's flush",
  behind_path: "another vCPU's other hypervisor code",
  timer: 'waiting for a hypervisor timer that was due',
  forgotten: 'what is longer ago than is remembered',
};

/**
 * Describes a column of a table of this experiment's results.
 * @throws Error if nothing is known of it
 */
export function describeField(experiment: Experiment, file: string, column: string): Field {
  const factor = experiment.factors.find(({ name }) => name === column);
  if (factor !== undefined) {
    const levels = factor.levels.join(', ');
    return { name: column, type: 'string', description: `level of this factor: ${levels}` };
  }
  const twin = levelNumbers(experiment).find((numbers) => numbers.column === column);
  if (twin !== undefined) {
    const description = `level of ${twin.factor} as a number; empty where it is called otherwise`;
    return { name: column, type: 'integer', unit: twin.unit, description };
  }
  const description =
    IN_TABLE[file]?.[column] ??
    (file === 'counters.csv' ? ofCounter(experiment, column) : ofCause(experiment, column)) ??
    ANYWHERE[column];
  if (description === undefined) throw new Error(`${file}: column ${column} has no description`);
  return { name: column, ...typeOf(file, column), description };
}

function typeOf(file: string, column: string): Pick<Field, 'type' | 'unit'> {
  if (STRINGS.has(column)) return { type: 'string' };
  if (RATIOS.has(column)) return { type: 'number' };
  const isWhole = WHOLE_TIMES.has(file) || column === 't_ns';
  if (column.endsWith('_ns')) return { type: isWhole ? 'integer' : 'number', unit: 'ns' };
  return { type: 'integer' };
}

/** Tables whose times are no means. */
const WHOLE_TIMES: ReadonlySet<string> = new Set(['worst.csv', 'samples.csv.gz', 'domains.csv']);

function ofCounter({ jobs }: Experiment, column: string): string | undefined {
  const known = COUNTER_NAMES.find((name) => name === column);
  if (known !== undefined) return COUNTERS[known];
  for (const job of jobs) {
    const own = JOB_COUNTERS.find((name) => `${job}_${name}` === column);
    if (own !== undefined) return `job ${job}: ${OF_JOB[own]}`;
  }
  return undefined;
}

function ofCause({ jobs }: Experiment, column: string): string | undefined {
  const cause = causesOf(jobs).find((name) => `${name}_ns` === column);
  if (cause === undefined) return undefined;
  const known = OF_CAUSE[cause] ?? `units of the job ${cause.replace(/^behind_/, '')}`;
  const whose = cause.startsWith('behind_') && !(cause in OF_CAUSE) ? ' of another vCPU' : '';
  return `the part of it that was: ${known}${whose}`;
}
