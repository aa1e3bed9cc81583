import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import type { Metric } from '../measure/metrics.ts';
import type { CsvValue } from '../results/csv.ts';
import { cellColumns, cellValues, STATISTICS, type Table } from '../results/tables.ts';
import { type Interval, meanInterval } from '../stats/interval.ts';

/** One statistic of one kind of latency in one cell, over its replications. */
export interface Estimate extends Interval {
  /** For extremes: the replication that had it. */
  readonly replication?: number;
}

/** The values of `metric` of `kind`, one per replication that ran and had a sample, by replication. */
export function metricValues(
  result: CellResult,
  kind: LatencyKind,
  metric: Metric,
): Map<number, number> {
  const values = new Map<number, number>();
  result.values(kind, metric).forEach((value, replication) => {
    if (!Number.isNaN(value)) values.set(replication, value);
  });
  return values;
}

/**
 * A statistic over replications: the mean of the replications' values with its Student t interval; for
 * extremes the extreme over all replications, without interval, and the replication that had it.
 */
export function estimate(result: CellResult, kind: LatencyKind, metric: Metric): Estimate {
  const values = metricValues(result, kind, metric);
  if (metric !== 'max' && metric !== 'min') return meanInterval([...values.values()]);
  let extreme = Number.NaN;
  let replication = -1;
  for (const [candidate, value] of values) {
    if (!(metric === 'max' ? value <= extreme : value >= extreme)) {
      extreme = value;
      replication = candidate;
    }
  }
  return { estimate: extreme, lo: Number.NaN, hi: Number.NaN, n: values.size, replication };
}

/** summary.csv: a row per cell, kind and statistic. */
export function summaryTable(experiment: Experiment, results: readonly CellResult[]): Table {
  const rows: CsvValue[][] = [];
  for (const result of results) {
    const head = cellValues(experiment, result.cell);
    for (const kind of experiment.measure.latencies) {
      const censored = sum(result.values(kind, 'censored'));
      for (const statistic of STATISTICS) {
        const { estimate: value, lo, hi, n, replication } = estimate(result, kind, statistic);
        if (n > 0) rows.push([...head, kind, statistic, value, lo, hi, n, censored, replication]);
      }
    }
  }
  return {
    columns: [
      ...cellColumns(experiment),
      'kind',
      'statistic',
      'estimate_ns',
      'lo95_ns',
      'hi95_ns',
      'replications',
      'censored',
      'worst_replication',
    ],
    rows,
  };
}

/** Over the replications that have a value. */
function sum(values: Float64Array): number {
  return values.reduce((total, value) => (Number.isNaN(value) ? total : total + value), 0);
}
