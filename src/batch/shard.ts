/** Part `index` (from 0) of `count` of a study: every `count`-th replication. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** The whole study. */
export const WHOLE: Shard = { index: 0, count: 1 };

const COUNT_MAX = 1_000_000;

/** The first replication of a cell that is of a part: the cells' replications are dealt out in turn. */
export function firstOf({ index, count }: Shard, cell: number, replications: number): number {
  return (((index - cell * replications) % count) + count) % count;
}

/** How many replications of a cell are of a part. */
export function shareOf(shard: Shard, cell: number, replications: number): number {
  return Math.max(0, Math.ceil((replications - firstOf(shard, cell, replications)) / shard.count));
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `--shard`: `2/8` is the second of eight; `auto` takes both numbers from a Slurm job array or a Kubernetes
 * Indexed Job.
 * @returns the shard, or what is wrong
 */
export function readShard(text: string, environment: Environment): Shard | string {
  if (text === 'auto') return fromEnvironment(environment);
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  if (match === null) return `--shard ${text}: expected i/n, such as 2/8, or auto`;
  const [index, count] = [Number(match[1]) - 1, Number(match[2])];
  if (count < 1 || count > COUNT_MAX || index < 0 || index >= count) {
    return `--shard ${text}: expected i/n with 1 <= i <= n <= ${COUNT_MAX}`;
  }
  return { index, count };
}

function fromEnvironment(environment: Environment): Shard | string {
  const number = (name: string) => {
    const text = environment[name] ?? '';
    return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  };
  if (environment.SLURM_ARRAY_TASK_ID !== undefined) {
    const step =
      environment.SLURM_ARRAY_TASK_STEP === undefined ? 1 : number('SLURM_ARRAY_TASK_STEP');
    const index = (number('SLURM_ARRAY_TASK_ID') - number('SLURM_ARRAY_TASK_MIN')) / step;
    return checked(index, number('SLURM_ARRAY_TASK_COUNT'), 'SLURM_ARRAY_TASK_ID, _MIN, _COUNT');
  }
  if (environment.JOB_COMPLETION_INDEX !== undefined) {
    const names = 'JOB_COMPLETION_INDEX, JOB_COMPLETIONS';
    return checked(number('JOB_COMPLETION_INDEX'), number('JOB_COMPLETIONS'), names);
  }
  return '--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set';
}

function checked(index: number, count: number, names: string): Shard | string {
  if (Number.isInteger(index) && index >= 0 && index < count && count <= COUNT_MAX) {
    return { index, count };
  }
  return `--shard auto: ${names} do not say which part of how many this is`;
}
