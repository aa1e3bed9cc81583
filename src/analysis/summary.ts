import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import type { Metric } from '../measure/metrics.ts';
import type { CsvValue } from '../results/csv.ts';
import { cellColumns, cellValues, STATISTICS, type Table } from '../results/tables.ts';
import type { Interval } from '../stats/interval.ts';
import { stratifiedSpread } from '../stats/strata.ts';
import { studentTQuantile } from '../stats/student-t.ts';

/** One statistic of one kind of latency in one cell, over its replications. */
export interface Estimate extends Interval {
  /** Samples of all replications together. */
  readonly samples: number;
  /** For extremes: the replication that had it. */
  readonly replication?: number;
}

/** The contributions to `metric` of `kind` of the replications that ran, by replication; empty if there is no estimate. */
export function contributions(
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

/** The number of samples of `kind` by replication; NaN where it failed. */
export function sampleCounts(result: CellResult, kind: LatencyKind): Float64Array {
  return result.values(kind, 'count');
}

/** Samples of `kind` in all replications. */
export function totalSamples(result: CellResult, kind: LatencyKind): number {
  return sampleCounts(result, kind).reduce((sum, count) => sum + (count || 0), 0);
}

/**
 * A statistic of the samples of all replications together, with the 95 % interval of its contributions; for extremes
 * the extreme, without interval, and the replication that had it. `n` is the number of replications with samples; NaN
 * where there are too few samples.
 */
export function estimate(result: CellResult, kind: LatencyKind, metric: Metric): Estimate {
  const values = contributions(result, kind, metric);
  const counts = sampleCounts(result, kind);
  const samples = totalSamples(result, kind);
  const n = counts.filter((count) => count > 0).length;
  const { estimate: value, ...own } = result.statistic(kind, metric);
  if (metric === 'max' || metric === 'min') {
    const found = [...values].find(([, own]) => own === value);
    const none = Number.NaN;
    return { estimate: value, lo: none, hi: none, n, samples, ...of(found?.[0]) };
  }
  // A single replication says nothing of how replications vary.
  const isQuantile = metric !== 'mean' && values.size > 1;
  const { lo, hi } = isQuantile ? own : contributionInterval(value, values, [result]);
  return { estimate: value, lo, hi, n, samples };
}

/** The 95 % interval of an estimate by what each replication contributes to it; without ends for fewer than two. */
export function contributionInterval(
  value: number,
  contributed: ReadonlyMap<number, number>,
  cells: readonly CellResult[],
): Interval {
  const strata = jointStrata(cells, [...contributed.keys()]);
  const { standardError, dof, n } = stratifiedSpread([...contributed.values()], strata);
  const half = dof >= 1 ? -studentTQuantile(0.025, dof) * standardError : Number.NaN;
  return { estimate: value, lo: value - half, hi: value + half, n };
}

/** The strata of replications of several cells together: drawn alike is what is drawn alike in each. */
export function jointStrata(
  cells: readonly CellResult[],
  replications: readonly number[],
): number[] | undefined {
  if (cells.every(({ strata }) => strata === undefined)) return undefined;
  const names = new Map<string, number>();
  return replications.map((replication) => {
    const name = cells.map(({ strata }) => strata?.of[replication]).join(' ');
    const known = names.get(name) ?? names.size;
    names.set(name, known);
    return known;
  });
}

function of(replication: number | undefined): { replication?: number } {
  return replication === undefined ? {} : { replication };
}

/** summary.csv: a row per cell, kind and statistic; the numbers are missing where there are too few samples. */
export function summaryTable(experiment: Experiment, results: readonly CellResult[]): Table {
  const rows: CsvValue[][] = [];
  for (const result of results) {
    const head = cellValues(experiment, result.cell);
    for (const kind of experiment.measure.latencies) {
      const censored = sum(result.values(kind, 'censored'));
      for (const statistic of STATISTICS) {
        const {
          estimate: value,
          lo,
          hi,
          n,
          samples,
          replication,
        } = estimate(result, kind, statistic);
        rows.push([...head, kind, statistic, value, lo, hi, n, samples, censored, replication]);
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
      'samples',
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
