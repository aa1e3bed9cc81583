import type { ReplicationResult } from './replication.ts';
import type { Cell, Experiment, Setup } from './schema.ts';

/** Some replications of one cell: what is handed to a worker at a time. */
export interface Task {
  readonly cell: string;
  readonly setup: Setup;
  readonly seed: number;
  /** Replications first .. first + count - 1. */
  readonly first: number;
  readonly count: number;
}

/** One replication that ran, or failed. */
export type Outcome =
  | { readonly ok: true; readonly replication: number; readonly result: ReplicationResult }
  | { readonly ok: false; readonly replication: number; readonly message: string };

/** Carries out a task; never rejects for what a replication does. */
export type Runner = (task: Task) => Promise<readonly Outcome[]>;

/** All replications of a cell in order. */
export interface CellResult {
  readonly cell: Cell;
  readonly outcomes: readonly Outcome[];
}

/** Replications per task: enough work to be worth handing over, little enough to keep workers busy. */
const REPLICATIONS_PER_TASK = 5;

/** The tasks of an experiment, cell by cell. */
export function planTasks(experiment: Experiment): Task[] {
  const { cells, seed, replications } = experiment;
  return cells.flatMap((cell) => {
    const tasks: Task[] = [];
    for (let first = 0; first < replications; first += REPLICATIONS_PER_TASK) {
      const count = Math.min(REPLICATIONS_PER_TASK, replications - first);
      tasks.push({ cell: cell.id, setup: cell.setup, seed, first, count });
    }
    return tasks;
  });
}

/**
 * Runs all tasks and returns the results in the order of the plan, whatever finishes first.
 * @param finished - called with each task as it is done
 */
export async function runTasks(
  experiment: Experiment,
  tasks: readonly Task[],
  runner: Runner,
  finished: (task: Task) => void,
): Promise<CellResult[]> {
  const parts = await Promise.all(
    tasks.map(async (task) => {
      const outcomes = await runner(task);
      finished(task);
      return outcomes;
    }),
  );
  const byCell = new Map<string, Outcome[]>(experiment.cells.map(({ id }) => [id, []]));
  for (const [i, { cell }] of tasks.entries()) byCell.get(cell)?.push(...parts[i]);
  return experiment.cells.map((cell) => ({ cell, outcomes: byCell.get(cell.id) ?? [] }));
}
