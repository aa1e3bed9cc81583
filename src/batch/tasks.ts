import type { Experiment, Setup } from '../experiment/schema/schema.ts';
import type { Journal } from '../results/journal.ts';
import { cellValues } from '../results/tables.ts';
import { firstOf, type Shard } from './shard.ts';

/** Some replications of one cell: what is handed to a worker at a time. */
export interface Task {
  /** Number of the cell in the experiment. */
  readonly cell: number;
  /** What the rows of its samples begin with: the cell's id first. */
  readonly head: readonly string[];
  readonly setup: Setup;
  readonly seed: number;
  /** What its records are bound to. */
  readonly key: string;
  readonly replications: readonly number[];
}

/** Work that a task should be [ms]: enough to be worth handing over, little enough to keep all workers busy. */
const TASK_WORK = 60;
const REPLICATIONS_MAX = 256;

/** Cuts what is left to do of a study into tasks, in the order of the plan. */
export class TaskQueue {
  /** Replications that are to be done. */
  readonly total: number;
  private readonly experiment: Experiment;
  private readonly key: string;
  private readonly missing: Iterator<readonly [cell: number, replication: number]>;
  private ahead: readonly [cell: number, replication: number] | undefined;
  /** What a replication took lately [ms]. */
  private typical = TASK_WORK;

  constructor(experiment: Experiment, shard: Shard, journal: Journal) {
    this.experiment = experiment;
    this.key = journal.key;
    let total = 0;
    for (const _ of missingReplications(experiment, shard, journal)) total++;
    this.total = total;
    this.missing = missingReplications(experiment, shard, journal);
    this.advance();
  }

  /** Takes note of what replications took [ms]. */
  took(replications: number, time: number): void {
    this.typical = 0.7 * this.typical + 0.3 * (time / replications);
  }

  /** The next task; undefined if all have been taken. */
  next(): Task | undefined {
    const { experiment, key, ahead } = this;
    if (ahead === undefined) return undefined;
    const [cell] = ahead;
    const count = Math.min(REPLICATIONS_MAX, Math.max(1, Math.floor(TASK_WORK / this.typical)));
    const replications: number[] = [];
    while (this.ahead?.[0] === cell && replications.length < count) {
      replications.push(this.ahead[1]);
      this.advance();
    }
    const { setup } = experiment.cells[cell];
    const head = cellValues(experiment, experiment.cells[cell]);
    return { cell, head, setup, seed: experiment.seed, key, replications };
  }

  private advance(): void {
    const { done, value } = this.missing.next();
    this.ahead = done ? undefined : value;
  }
}

/** Replications of a part of a study that the journal has not, cell by cell. */
export function* missingReplications(
  { cells, replications }: Experiment,
  shard: Shard,
  journal: Journal,
): Generator<readonly [cell: number, replication: number]> {
  for (let cell = 0; cell < cells.length; cell++) {
    const first = firstOf(shard, cell, replications);
    for (let replication = first; replication < replications; replication += shard.count) {
      if (!journal.index.has(cell, replication)) yield [cell, replication];
    }
  }
}
