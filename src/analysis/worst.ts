import type { Experiment } from '../experiment/schema/schema.ts';
import { vcpuNames } from '../experiment/vcpu-names.ts';
import { causesOf } from '../measure/causes.ts';
import type { CsvValue } from '../results/csv.ts';
import { cellColumns, cellValues, type Table } from '../results/tables.ts';
import type { Digest } from './digest.ts';

/** worst.csv: the worst samples of each cell and kind, and what they were made of. */
export function worstTable(experiment: Experiment, digests: readonly Digest[]): Table {
  return {
    columns: [
      ...cellColumns(experiment),
      'replication',
      'kind',
      't_ns',
      'pcpu',
      'domain',
      'vcpu',
      'latency_ns',
      'censored',
      ...causesOf(experiment.jobs).map((cause) => `${cause}_ns`),
    ],
    rows: rowsOf(experiment, digests),
  };
}

function* rowsOf(experiment: Experiment, digests: readonly Digest[]): Generator<CsvValue[]> {
  const all = digests.flatMap(({ kinds }) =>
    experiment.measure.latencies.flatMap((kind) => kinds.get(kind)?.worst ?? []),
  );
  for (const { cell, replication, kind, time, pcpu, vcpu, latency, censored, causes } of all) {
    const head = cellValues(experiment, cell);
    // Samples of a pCPU are nobody's.
    const { domain, number } = vcpuNames(cell.setup)[vcpu] ?? {};
    const plain = [replication, kind, time, pcpu, domain, number, latency, censored ? 1 : 0];
    yield [...head, ...plain, ...causes];
  }
}
