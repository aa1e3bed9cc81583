import { availableParallelism } from 'node:os';
import { basename, extname, join } from 'node:path';
import { type FailedTask, openBatch, runTasks } from '../batch/batch.ts';
import { startPool, type WorkerPool, WorkersError } from '../batch/pool.ts';
import { readShard, type Shard, shareOf, WHOLE } from '../batch/shard.ts';
import { TaskQueue } from '../batch/tasks.ts';
import { loadExperiment } from '../experiment/plan/load.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { counted } from '../input/counted.ts';
import { formatProblems } from '../input/problems.ts';
import type { Reading } from '../report/reading.ts';
import type { Journal } from '../results/journal.ts';
import { describeStudy, filterCells, type Study } from '../results/study.ts';
import { DONE, FAILED, INTERRUPTED, refuse } from './exit-codes.ts';
import { ProgressLine } from './progress.ts';
import { complain, say } from './say.ts';
import { tellDamage } from './tell-damage.ts';
import { nextBatch, reachedBefore, withReplications } from './until.ts';
import { version } from './version.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab run`, as typed. */
export interface RunOptions {
  readonly out?: string;
  readonly jobs?: string;
  readonly seed?: string;
  readonly replications?: string;
  readonly set: readonly string[];
  readonly filter?: string;
  readonly resume?: boolean;
  readonly shard?: string;
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
}

/** What is to be simulated. */
export interface RunPlan {
  readonly experiment: Experiment;
  readonly shard: Shard;
  readonly out: string;
}

const JOBS_MAX = 256;

/** `preemptlab run EXPERIMENT`. @returns the exit code */
export async function runCommand(file: string, options: RunOptions): Promise<number> {
  const jobs = readJobs(options.jobs);
  if (jobs === undefined) return refuse(`--jobs ${options.jobs}: expected 1 to ${JOBS_MAX}`);
  // Workers load their code while the experiment is read.
  const pool = options.dryRun ? undefined : startPool(jobs);
  try {
    const plan = makePlan(file, options);
    if (typeof plan === 'string') return refuse(plan);
    if (pool === undefined) return dryRun(plan);
    return await withLock(plan.out, () => run(plan, pool, options));
  } finally {
    await pool?.close();
  }
}

/** Reads the options and the experiment; what is wrong with them as text. */
export function makePlan(file: string, options: RunOptions): RunPlan | string {
  const overrides = [...options.set];
  if (options.seed !== undefined) overrides.push(`seed=${options.seed}`);
  if (options.replications !== undefined) overrides.push(`replications=${options.replications}`);
  const loaded = loadExperiment(file, overrides);
  if (!loaded.ok) return formatProblems(loaded.problems);
  const shard = options.shard === undefined ? WHOLE : readShard(options.shard, process.env);
  if (typeof shard === 'string') return shard;
  const experiment = filterCells(loaded.experiment, options.filter);
  if (experiment.cells.length === 0) return noCell(loaded.experiment, options.filter);
  if (experiment.until !== undefined && shard !== WHOLE) {
    return '--shard: a study with the key until has to see all its replications: run it as a whole, or leave until out';
  }
  const out = options.out ?? join('results', defaultName(file, shard));
  return { experiment, shard, out };
}

function defaultName(file: string, shard: Shard): string {
  const name = basename(file, extname(file));
  return shard === WHOLE ? name : `${name}-${shard.index + 1}-of-${shard.count}`;
}

function readJobs(text: string | undefined): number | undefined {
  if (text === undefined) return Math.min(availableParallelism(), JOBS_MAX);
  const jobs = Number(text);
  return Number.isInteger(jobs) && jobs >= 1 && jobs <= JOBS_MAX ? jobs : undefined;
}

function noCell({ cells }: Experiment, filter: string | undefined): string {
  const shown = cells.slice(0, 10).map(({ id }) => `  ${id}`);
  const more = cells.length > 10 ? [`  and ${cells.length - 10} more`] : [];
  return [`--filter ${filter}: no cell's id contains this. The cells are:`, ...shown, ...more].join(
    '\n',
  );
}

function dryRun({ experiment: { cells, replications, until }, shard }: RunPlan): number {
  let count = 0;
  let simulated = 0;
  cells.forEach(({ id, setup }, cell) => {
    say(id);
    const share = shareOf(shard, cell, replications);
    count += share;
    simulated += share * setup.duration;
  });
  const most = until === undefined ? '' : ` (to ${until.atMost}, batch by batch)`;
  const product = `${counted(cells.length, 'cell')} x ${counted(replications, 'replication')}`;
  const part = shard === WHOLE ? '' : `, part ${shard.index + 1} of ${shard.count}`;
  say(
    `${product}${part} = ${counted(count, 'replication')}, ${simulated / 1e9} s of simulated time${most}`,
  );
  return DONE;
}

/** Runs the plan; and, as long as the study asks for more replications, the plan with those. */
async function run(plan: RunPlan, pool: WorkerPool, options: RunOptions): Promise<number> {
  const { experiment, out } = plan;
  const known = options.resume ? reachedBefore(out, experiment) : experiment.replications;
  let next = known > experiment.replications ? withReplications(experiment, known) : experiment;
  for (let resume = options.resume ?? false; ; resume = true) {
    const ended = await runOnce({ ...plan, experiment: next }, pool, { ...options, resume });
    if (typeof ended === 'number') return ended;
    const { study, journal } = ended;
    const more = nextBatch(next, journal, experiment.replications);
    if (more === undefined) {
      const { complete } = await ended.completing;
      const finished = { study, experiment: next, journal };
      return complete(out, finished, options.quiet ?? false, pool, ended.reading);
    }
    await journal.close();
    if (!options.quiet) say(more.why);
    next = withReplications(experiment, more.replications);
  }
}

/** A study whose replications are done, and what completes it, being loaded. */
interface RunOnce {
  readonly study: Study;
  readonly journal: Journal;
  readonly completing: Promise<Completing>;
  /** What has read some of the journal. */
  readonly reading: Reading | undefined;
}

type Completing = typeof import('./complete.ts');

/** Runs what of the plan is not done yet. @returns what was run, or the exit code if that is all */
async function runOnce(
  plan: RunPlan,
  pool: WorkerPool,
  options: RunOptions,
): Promise<number | RunOnce> {
  const { experiment, out, shard } = plan;
  const study = describeStudy(experiment, options.filter, version());
  const opened = await openBatch(out, study, experiment, options.resume ?? false);
  if (!opened.ok) return refuse(opened.message);
  const { journal } = opened;
  tellDamage(out, journal.damaged);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  // Once: a second Ctrl-C ends the process at once. From then on, and while results are written, that is safe.
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  // While the workers are busy, what makes plots and tables is loaded, and reads the cells that are done.
  let loaded: Completing | undefined;
  let reading: Reading | undefined;
  const readAhead = () => {
    if (loaded === undefined || shard !== WHOLE || experiment.until !== undefined) return;
    reading ??= new loaded.Reading(experiment, journal);
    reading.readAhead();
  };
  let failed: readonly FailedTask[] = [];
  let completing: Promise<Completing>;
  try {
    const quiet = options.quiet ?? false;
    const simulating = simulate(plan, pool, journal, stop.signal, quiet, readAhead);
    completing = import('./complete.ts').then((module) => {
      loaded = module;
      return module;
    });
    failed = await simulating;
  } catch (error) {
    reading?.abandon();
    await journal.close().catch(() => {});
    if (!(error instanceof WorkersError)) throw error;
    complain(error.message);
    return FAILED;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
  if (stop.signal.aborted || failed.length > 0 || shard !== WHOLE) {
    reading?.abandon();
    await journal.close();
  }
  if (stop.signal.aborted) {
    complain(`interrupted: ${counted(journal.index.size, 'replication')} kept; --resume goes on`);
    return INTERRUPTED;
  }
  if (failed.length > 0) return tellFailed(failed);
  if (shard !== WHOLE) return journal.failed === 0 ? DONE : FAILED;
  return { study, journal, completing, reading };
}

async function simulate(
  { experiment, shard }: RunPlan,
  pool: WorkerPool,
  journal: Journal,
  stop: AbortSignal,
  quiet: boolean,
  added: () => void,
): Promise<FailedTask[]> {
  const queue = new TaskQueue(experiment, shard, journal);
  if (queue.total === 0) return [];
  stop.addEventListener('abort', () => pool.close());
  const progress = quiet ? undefined : new ProgressLine(queue.total, 'replications');
  return runTasks(queue, pool, journal, stop, (count) => {
    progress?.advance(count);
    added();
  });
}

/** Tells about replications whose workers died. */
function tellFailed(failed: readonly FailedTask[]): number {
  for (const { cell, replication, message } of failed.slice(0, 20)) {
    complain(`NOT DONE ${cell}, replication ${replication}: its worker died: ${message}`);
  }
  complain(`${counted(failed.length, 'replication')} not done; run again with --resume to go on`);
  return FAILED;
}
