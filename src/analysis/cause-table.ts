import type { Experiment } from '../experiment/schema/schema.ts';
import { causesOf } from '../measure/causes.ts';
import type { CsvValue } from '../results/csv.ts';
import { cellColumns, cellValues, type Table } from '../results/tables.ts';
import type { Digest } from './digest.ts';

/** causes.csv: means over all samples of a cell and kind, and over the tails of its replications. */
export function causesTable(experiment: Experiment, digests: readonly Digest[]): Table {
  return {
    columns: [
      ...cellColumns(experiment),
      'kind',
      'part',
      'samples',
      'mean_ns',
      ...causesOf(experiment.jobs).map((cause) => `${cause}_ns`),
    ],
    rows: rowsOf(experiment, digests),
  };
}

function* rowsOf(experiment: Experiment, digests: readonly Digest[]): Generator<CsvValue[]> {
  for (const { cell, kinds } of digests) {
    const head = cellValues(experiment, cell);
    for (const kind of experiment.measure.latencies) {
      const made = kinds.get(kind);
      if (made === undefined) continue;
      const parts = [
        ['all', made.count, made.all],
        ['tail', made.tailCount, made.tail],
      ] as const;
      for (const [part, count, sums] of parts) {
        if (count === 0) continue;
        const means = sums.map((sum) => sum / count);
        yield [...head, kind, part, count, means.reduce((sum, mean) => sum + mean, 0), ...means];
      }
    }
  }
}
