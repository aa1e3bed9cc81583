import { counterNames } from '../measure/counters.ts';
import { METRICS } from '../measure/metrics.ts';
import { NOTHING } from '../stats/pooled-statistics.ts';
import { COLUMNS, cellStatistics } from './cell-statistics.ts';
import type { CellResult, Outcome } from './outcome.ts';
import { replicate } from './replication.ts';
import type { Cell, Experiment } from './schema/schema.ts';
import { strataOf } from './strata.ts';

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

/** Runs one replication of a cell; one that throws is an outcome that failed. */
export function runOne(cell: Cell, seed: number, replication: number): Outcome {
  try {
    return { ok: true, replication, result: replicate(cell.setup, seed, replication) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, replication, message };
  }
}

/** The results of a cell from its outcomes in memory, in the order of their replications from 0. */
export function cellResult(cell: Cell, outcomes: readonly Outcome[]): CellResult {
  const kinds = cell.setup.measure.latencies;
  const ran = outcomes.filter(({ ok }) => ok).map(({ replication }) => replication);
  const strata = strataOf(cell.setup, () => ran);
  const rows: (readonly number[])[] = [];
  const counters = counterNames(cell.setup.jobs?.map(({ name }) => name) ?? []);
  const scales = cellStatistics(kinds, outcomes, outcomes, strata, counters, (replication, row) => {
    rows[replication] = row;
  });
  const column = (at: number) =>
    Float64Array.from(outcomes, ({ replication }) => rows[replication]?.[at] ?? Number.NaN);
  return {
    cell,
    outcomes,
    strata,
    statistic: (kind, metric) => scales[kinds.indexOf(kind)]?.[METRICS.indexOf(metric)] ?? NOTHING,
    counter: (name) => column(kinds.length * COLUMNS.length + counters.indexOf(name)),
    values: (kind, value) => {
      const at = kinds.indexOf(kind);
      if (at < 0) return column(-1);
      const of = COLUMNS.indexOf(value);
      const { offset, slope } = scales[at][of] ?? { offset: 0, slope: 1 };
      return column(at * COLUMNS.length + of).map((own) => offset + slope * own);
    },
  };
}
