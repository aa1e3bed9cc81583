import type { Summary } from '../stats/quantiles.ts';
import { COUNTER_NAMES } from './counters.ts';
import type { CsvValue } from './csv.ts';
import type { ReplicationResult } from './replication.ts';
import type { Cell, Experiment } from './schema.ts';
import type { CellResult } from './tasks.ts';

/** A table: names of its columns, and rows. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly CsvValue[]>;
}

/** Statistics of the samples of a replication, in the order of the columns of latency.csv. */
export const STATISTICS = [
  'mean',
  'min',
  'p50',
  'p90',
  'p99',
  'p999',
  'max',
] as const satisfies readonly (keyof Summary)[];

/** Columns that say which cell a row is of: the cell, its policy, and its level of each factor. */
export function cellColumns(experiment: Experiment): string[] {
  return ['cell', 'policy', ...experiment.factors.map(({ name }) => name)];
}

/** Their values. */
export function cellValues(experiment: Experiment, cell: Cell): string[] {
  return [cell.id, cell.policy, ...experiment.factors.map(({ name }) => cell.levels[name] ?? '')];
}

/** latency.csv: a row per cell, replication and kind of latency. */
export function latencyTable(experiment: Experiment, results: readonly CellResult[]): Table {
  return {
    columns: [
      ...cellColumns(experiment),
      'replication',
      'kind',
      'count',
      ...STATISTICS.map((name) => `${name}_ns`),
    ],
    rows: perReplication(experiment, results, ({ latencies }) =>
      latencies.map(({ kind, summary }) => [
        kind,
        summary.count,
        ...STATISTICS.map((name) => summary[name]),
      ]),
    ),
  };
}

/** counters.csv: a row per cell and replication. */
export function countersTable(experiment: Experiment, results: readonly CellResult[]): Table {
  return {
    columns: [...cellColumns(experiment), 'replication', ...COUNTER_NAMES],
    rows: perReplication(experiment, results, ({ counters }) => [
      COUNTER_NAMES.map((name) => counters[name]),
    ]),
  };
}

/** samples.csv: a row per sample. */
export function samplesTable(experiment: Experiment, results: readonly CellResult[]): Table {
  return {
    columns: [
      ...cellColumns(experiment),
      'replication',
      'kind',
      't_ns',
      'pcpu',
      'vcpu',
      'latency_ns',
    ],
    rows: perReplication(experiment, results, ({ samples }) =>
      samples.flatMap(({ kind, columns }) =>
        Array.from(columns.latency, (latency, i) => [
          kind,
          columns.time[i],
          columns.pcpu[i],
          columns.vcpu[i],
          latency,
        ]),
      ),
    ),
  };
}

/** Rows of every replication that did not fail, each after the columns that say which it is of. */
function* perReplication(
  experiment: Experiment,
  results: readonly CellResult[],
  rowsOf: (result: ReplicationResult) => CsvValue[][],
): Generator<CsvValue[]> {
  for (const { cell, outcomes } of results) {
    const head = cellValues(experiment, cell);
    for (const outcome of outcomes) {
      if (!outcome.ok) continue;
      for (const row of rowsOf(outcome.result)) yield [...head, outcome.replication, ...row];
    }
  }
}
