import { availableParallelism } from 'node:os';
import { basename, extname, join } from 'node:path';
import { loadExperiment } from '../experiment/load.ts';
import { startPool } from '../experiment/pool.ts';
import { formatProblems } from '../experiment/problems.ts';
import type { Experiment } from '../experiment/schema.ts';
import { type CellResult, planTasks, runTasks, type Task } from '../experiment/tasks.ts';
import { compareAll } from '../report/comparison.ts';
import { whyUnwritable, writeResults } from '../report/results-folder.ts';
import { DONE, FAILED, WRONG_INPUT } from './exit-codes.ts';
import { Progress } from './progress.ts';
import { summaryLines } from './summary-lines.ts';
import { version } from './version.ts';

/** Options of `preemptlab run`, as typed. */
export interface RunOptions {
  readonly out?: string;
  readonly jobs?: string;
  readonly seed?: string;
  readonly replications?: string;
  readonly set: readonly string[];
  readonly filter?: string;
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
}

const JOBS_MAX = 256;

/** `preemptlab run EXPERIMENT`. @returns the exit code */
export async function runCommand(file: string, options: RunOptions): Promise<number> {
  const overrides = [...options.set];
  if (options.seed !== undefined) overrides.push(`seed=${options.seed}`);
  if (options.replications !== undefined) overrides.push(`replications=${options.replications}`);
  const jobs = readJobs(options.jobs);
  const loaded = loadExperiment(file, overrides);
  if (!loaded.ok) return refuse(formatProblems(loaded.problems));
  if (jobs === undefined) return refuse(`--jobs ${options.jobs}: expected 1 to ${JOBS_MAX}`);
  const experiment = filterCells(loaded.experiment, options.filter);
  if (experiment.cells.length === 0) return refuse(noCell(loaded.experiment, options.filter));
  if (options.dryRun) return dryRun(experiment);
  const out = options.out ?? join('results', basename(file, extname(file)));
  const unwritable = whyUnwritable(out);
  if (unwritable !== undefined) return refuse(`${out}: cannot write results here: ${unwritable}`);
  const results = await simulate(experiment, jobs, options.quiet ?? false);
  const comparisons = compareAll(experiment, results);
  const command = [
    'preemptlab run',
    quoted(file),
    ...overrides.map((set) => `--set ${quoted(set)}`),
  ].join(' ');
  writeResults(out, experiment, results, comparisons, { version: version(), command });
  if (!options.quiet) console.log(summaryLines(experiment, results, comparisons, out).join('\n'));
  return reportFailures(results, command);
}

/** `text` as one word for a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function refuse(message: string): number {
  console.error(message);
  return WRONG_INPUT;
}

function readJobs(text: string | undefined): number | undefined {
  if (text === undefined) return Math.min(availableParallelism(), JOBS_MAX);
  const jobs = Number(text);
  return Number.isInteger(jobs) && jobs >= 1 && jobs <= JOBS_MAX ? jobs : undefined;
}

/** The experiment with only the cells whose id contains one of the texts. */
function filterCells(experiment: Experiment, filter: string | undefined): Experiment {
  if (filter === undefined) return experiment;
  const texts = filter.split(',').filter((text) => text !== '');
  const cells = experiment.cells.filter(({ id }) => texts.some((text) => id.includes(text)));
  return { ...experiment, cells };
}

function noCell({ cells }: Experiment, filter: string | undefined): string {
  const shown = cells.slice(0, 10).map(({ id }) => `  ${id}`);
  const more = cells.length > 10 ? [`  and ${cells.length - 10} more`] : [];
  return [`--filter ${filter}: no cell's id contains this. The cells are:`, ...shown, ...more].join(
    '\n',
  );
}

function dryRun({ cells, replications }: Experiment): number {
  for (const { id } of cells) console.log(id);
  const simulated = cells.reduce((sum, { setup }) => sum + setup.duration, 0) * replications;
  console.log(
    `${cells.length} cells x ${replications} replications = ${cells.length * replications} replications, ` +
      `${simulated / 1e9} s of simulated time`,
  );
  return DONE;
}

async function simulate(
  experiment: Experiment,
  jobs: number,
  quiet: boolean,
): Promise<CellResult[]> {
  const tasks = planTasks(experiment);
  const pool = startPool(Math.min(jobs, tasks.length));
  const total = experiment.cells.length * experiment.replications;
  const progress = quiet ? undefined : new Progress(total, 'replications');
  const finished = ({ count }: Task) => progress?.advance(count);
  try {
    return await runTasks(experiment, tasks, pool.run, finished);
  } finally {
    await pool.close();
  }
}

/** Tells about replications that failed, each with the command that runs it again. */
function reportFailures(results: readonly CellResult[], command: string): number {
  let failures = 0;
  for (const { cell, outcomes } of results) {
    for (const outcome of outcomes) {
      if (outcome.ok) continue;
      failures++;
      console.error(`FAILED ${cell.id}, replication ${outcome.replication}: ${outcome.message}`);
      console.error(`  again: ${command} --filter ${cell.id}`);
    }
  }
  return failures === 0 ? DONE : FAILED;
}
