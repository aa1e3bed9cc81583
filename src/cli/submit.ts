import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { basename, extname, join, sep } from 'node:path';
import {
  type ClusterJob,
  jobName,
  kubernetesJob,
  partsFolder,
  slurmArray,
  slurmMerge,
  TASKS_MAX,
  taskCount,
} from '../batch/cluster.ts';
import { replicate } from '../experiment/replication.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { counted } from '../input/counted.ts';
import { strangersAmong, writeOutput } from '../results/output-files.ts';
import { DONE, FAILED, refuse } from './exit-codes.ts';
import { makePlan, type RunOptions } from './run.ts';
import { complain, say } from './say.ts';
import { version } from './version.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab submit`, as typed. */
export interface SubmitOptions extends Omit<RunOptions, 'shard' | 'resume' | 'jobs'> {
  readonly engine: string;
  readonly tasks?: string;
  readonly account?: string;
  readonly partition?: string;
  readonly time?: string;
  readonly memory?: string;
}

/** `preemptlab submit EXPERIMENT`. @returns the exit code */
export async function submitCommand(file: string, options: SubmitOptions): Promise<number> {
  const plan = makePlan(file, options);
  if (typeof plan === 'string') return refuse(plan);
  const { experiment, out } = plan;
  if (experiment.until !== undefined) {
    return refuse(
      'submit: a study with the key until has to see all its replications: use run, or leave until out',
    );
  }
  const tasks = readTasks(options.tasks, experiment);
  if (typeof tasks === 'string') return refuse(tasks);
  const program = realpathSync(process.argv[1]);
  if (options.engine === 'slurm' && program.split(sep).includes('_npx')) {
    return refuse(
      `${program} is in npx's cache, which may be gone when the jobs start: npm install preemptlab, then submit`,
    );
  }
  const unfit = [file, out, ...Object.values(options)].find((text) => hasControl(text));
  if (unfit !== undefined) {
    return refuse(`${unfit}: a script cannot hold line ends and control characters in names`);
  }
  if (options.engine === 'slurm' && out.includes('\\')) {
    return refuse(`--out ${out}: Slurm cannot write into a folder with a backslash: name another`);
  }
  const job: ClusterJob = {
    name: jobName(`preemptlab-${basename(file, extname(file))}`),
    program: [process.execPath, program],
    study: studyOptions(file, options),
    out,
    tasks,
    account: options.account,
    partition: options.partition,
    time: options.time,
    memory: options.memory,
  };
  switch (options.engine) {
    case 'slurm':
      return slurm(job, options.dryRun ?? false);
    case 'kubernetes':
      if (!options.dryRun) {
        return refuse(
          '--engine kubernetes writes a manifest only: add --dry-run, then kubectl apply -f',
        );
      }
      say(kubernetesJob(job, `preemptlab:${version()}`));
      return DONE;
    default:
      return refuse(`--engine ${options.engine}: expected slurm or kubernetes`);
  }
}

/** Whether a text, or one of several, has characters that end lines or are none that print. */
function hasControl(value: unknown): boolean {
  return [value].flat().some((text) => typeof text === 'string' && /\p{Cc}/u.test(text));
}

function studyOptions(file: string, options: SubmitOptions): string[] {
  const given: [string, string | undefined][] = [
    ...options.set.map((set): [string, string] => ['--set', set]),
    ['--seed', options.seed],
    ['--replications', options.replications],
    ['--filter', options.filter],
  ];
  return [file, ...given.flatMap(([name, value]) => (value === undefined ? [] : [name, value]))];
}

function readTasks(text: string | undefined, experiment: Experiment): number | string {
  const replications = experiment.cells.length * experiment.replications;
  if (text === undefined) {
    const time = timePerReplication(experiment);
    const tasks = taskCount(time * replications, replications);
    const each = `${counted(replications, 'replication')} of about ${(1000 * time).toPrecision(2)} ms`;
    complain(`${each}: ${counted(tasks, 'task')}`);
    return tasks;
  }
  const tasks = Number(text);
  const most = Math.min(TASKS_MAX, replications);
  if (Number.isInteger(tasks) && tasks >= 1 && tasks <= most) return tasks;
  return `--tasks ${text}: expected 1 to ${most}`;
}

/** Cells of which a replication is timed. */
const TIMED = 8;

/** What a replication takes here [s]: the mean over some cells, after one to warm up. */
function timePerReplication({ cells, seed }: Experiment): number {
  const step = Math.max(1, Math.floor(cells.length / TIMED));
  const timed = cells.filter((_, i) => i % step === 0);
  replicate(timed[0].setup, seed, 0);
  const start = performance.now();
  for (const { setup } of timed) replicate(setup, seed, 0);
  return (performance.now() - start) / 1000 / timed.length;
}

async function slurm(job: ClusterJob, dryRun: boolean): Promise<number> {
  const scripts = { 'array.sh': slurmArray(job), 'merge.sh': slurmMerge(job) };
  if (dryRun) {
    for (const [name, text] of Object.entries(scripts)) say(`# ${name}\n${text}`);
    return DONE;
  }
  const folder = partsFolder(job.out);
  const written = await withLock(folder, async () => {
    const strangers = strangersAmong(folder, Object.keys(scripts));
    if (strangers.length > 0) return refuse(strangers.join('\n'));
    for (const [name, text] of Object.entries(scripts)) writeOutput(folder, name, [text]);
    return DONE;
  });
  if (written !== DONE) return written;
  const array = sbatch([join(folder, 'array.sh')]);
  if (array === undefined) return FAILED;
  const merge = sbatch([`--dependency=afterany:${array}`, join(folder, 'merge.sh')]);
  if (merge === undefined) return FAILED;
  say(`submitted ${counted(job.tasks, 'task')} as job ${array}, their merging as job ${merge}`);
  say(`results will be in ${job.out}; what the jobs say is in ${folder}`);
  return DONE;
}

/** Submits a script. @returns the number of the job; undefined, after a message, if that fails */
function sbatch(args: readonly string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync('sbatch', ['--parsable', ...args], {
    encoding: 'utf8',
  });
  if (error !== undefined) {
    complain(`sbatch cannot be run (${error.message}): is this a machine of a Slurm cluster?`);
    return undefined;
  }
  if (status === 0) return stdout.trim().split(';')[0];
  complain(`sbatch failed: ${stderr.trim()}`);
  return undefined;
}
