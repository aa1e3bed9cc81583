import { stringify } from 'yaml';

/** A study that is to be run on a cluster. */
export interface ClusterJob {
  /** Name of the job: letters, digits, dashes. */
  readonly name: string;
  /** How the program is called. */
  readonly program: readonly string[];
  /** The experiment, and the options that say what is simulated. */
  readonly study: readonly string[];
  /** Results folder; its parts go to a folder beside it. */
  readonly out: string;
  readonly tasks: number;
  /** What the cluster is asked for, as its own tools write it; what is not given is left to the cluster. */
  readonly account?: string | undefined;
  readonly partition?: string | undefined;
  readonly time?: string | undefined;
  readonly memory?: string | undefined;
}

/** Longest name of a job: Kubernetes'. */
const NAME_MAX = 63;

/** A name for a job that Slurm and Kubernetes take, like `text`. */
export function jobName(text: string): string {
  const name = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return name.slice(0, NAME_MAX).replace(/^-+|-+$/g, '') || 'job';
}

/** Work that a task should have at least [s], as schedulers start a few tasks per second. */
export const TASK_WORK_MIN = 10;
/** Slurm's default MaxArraySize is 1001. */
export const TASKS_MAX = 1000;

/** How many tasks a study is cut into. @param work - what it takes on one processor [s] */
export function taskCount(work: number, replications: number): number {
  return Math.max(1, Math.min(Math.floor(work / TASK_WORK_MIN), TASKS_MAX, replications));
}

/** Folder of the parts and scripts of a job. */
export function partsFolder(out: string): string {
  return `${out}.parts`;
}

/**
 * The job array: a shard per task. Slurm may run a task twice, even at the same time, when a node is lost; each
 * attempt has a folder of its own, and merge takes both if their bytes agree.
 */
export function slurmArray(job: ClusterJob): string {
  const { name, program, study, out, tasks } = job;
  const parts = partsFolder(out);
  const part = `${quoted(`${parts}/part-`)}"$SLURM_ARRAY_TASK_ID-\${SLURM_RESTART_COUNT:-0}"`;
  const run = [...program, 'run', ...study].map(quoted).join(' ');
  return `#!/bin/bash
#SBATCH --job-name=${name}
#SBATCH --array=0-${tasks - 1}
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --output=${inDirective(`${unpatterned(parts)}/%A_%a.txt`)}
${requests(job)}exec ${run} \\
  --shard "$((SLURM_ARRAY_TASK_ID + 1))/${tasks}" --jobs 1 --resume --quiet \\
  --out ${part}
`;
}

/** The job that merges when all tasks have ended, well or not: it tells what is missing. */
export function slurmMerge(job: ClusterJob): string {
  const { name, program, out } = job;
  const parts = partsFolder(out);
  return `#!/bin/bash
#SBATCH --job-name=${name}-merge
#SBATCH --cpus-per-task=1
#SBATCH --output=${inDirective(`${unpatterned(parts)}/merge.txt`)}
${requests(job)}exec ${[...program, 'merge'].map(quoted).join(' ')} ${quoted(parts)}/part-* --out ${quoted(out)}
`;
}

/**
 * A Kubernetes Indexed Job: a shard per completion index, on a volume that the claim "preemptlab" gives. Each attempt
 * has a folder of its own, as with Slurm.
 */
export function kubernetesJob(job: ClusterJob, image: string): string {
  const { name, study, out, tasks } = job;
  const part = `${literally(partsFolder(out))}/part-$(JOB_COMPLETION_INDEX)-$(POD_NAME)`;
  const options = ['--shard', 'auto', '--jobs', '1', '--resume', '--quiet', '--out', part];
  const container = {
    name: 'preemptlab',
    image,
    workingDir: '/data',
    command: ['preemptlab', 'run', ...study.map(literally), ...options],
    env: [
      { name: 'JOB_COMPLETIONS', value: String(tasks) },
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
    resources: { requests: { cpu: '1', memory: job.memory ?? '512Mi' } },
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  };
  const manifest = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      completionMode: 'Indexed',
      completions: tasks,
      parallelism: tasks,
      backoffLimitPerIndex: 3,
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [container],
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'preemptlab' } }],
        },
      },
    },
  };
  const merge = `preemptlab merge ${quoted(partsFolder(out))}/part-* --out ${quoted(out)}`;
  return `# When all have completed: ${merge}\n${stringify(manifest)}`;
}

/** Lines that ask for what the job was given. */
function requests({ account, partition, time, memory }: ClusterJob): string {
  const asked = { account, partition, time, mem: memory };
  return Object.entries(asked)
    .map(([name, value]) =>
      value === undefined ? '' : `#SBATCH --${name}=${inDirective(value)}\n`,
    )
    .join('');
}

/**
 * Text in a line of #SBATCH. Slurm ends words at spaces even after a backslash, so that all is put in double quotes; a line
 * end is in none, and a path with a backslash is taken by no quotes, as Slurm does not replace patterns in it.
 */
function inDirective(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A path that has no pattern such as %j for Slurm. */
function unpatterned(path: string): string {
  return path.replaceAll('%', '%%');
}

/** Text of an argument in which Kubernetes puts no variable. */
function literally(text: string): string {
  return text.replaceAll('$(', '$$$$(');
}

/** `text` as one word for a shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
