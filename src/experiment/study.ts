import type { CellResult, Outcome } from './outcome.ts';
import { replicate } from './replication.ts';
import type { Cell, Experiment } from './schema/schema.ts';

/** What of an experiment is run, and who is told. */
export interface StudyOptions {
  /** Replications of each cell; absent: as many as the experiment says. */
  readonly replications?: number;
  /** Cells to run; absent: all. The others have no outcomes. */
  readonly cells?: (cell: Cell) => boolean;
  /** Called after each replication. */
  readonly progress?: (done: number, all: number) => void;
}

/**
 * Runs an experiment in this process, replication by replication, and keeps all results in memory. A replication that
 * throws is an outcome that failed; the others go on.
 */
export function runStudy(experiment: Experiment, options: StudyOptions = {}): CellResult[] {
  const { cells, seed } = experiment;
  const { replications = experiment.replications, progress } = options;
  const chosen = cells.map((cell) => options.cells?.(cell) ?? true);
  const all = replications * chosen.filter(Boolean).length;
  let done = 0;
  return cells.map((cell, index) => {
    const outcomes: Outcome[] = [];
    for (let replication = 0; chosen[index] && replication < replications; replication++) {
      outcomes.push(runOne(cell, seed, replication));
      progress?.(++done, all);
    }
    return cellResult(cell, outcomes);
  });
}

function runOne(cell: Cell, seed: number, replication: number): Outcome {
  try {
    return { ok: true, replication, result: replicate(cell.setup, seed, replication) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, replication, message };
  }
}

/** The results of a cell from its outcomes in memory, in the order of their replications from 0. */
export function cellResult(cell: Cell, outcomes: readonly Outcome[]): CellResult {
  return {
    cell,
    outcomes,
    values: (kind, value) =>
      Float64Array.from(outcomes, (outcome) => {
        if (!outcome.ok) return Number.NaN;
        const found = outcome.result.latencies.find((latency) => latency.kind === kind);
        if (found === undefined) return Number.NaN;
        return value === 'censored' ? found.censored : found.summary[value];
      }),
  };
}
