import type { CellResult } from '../experiment/outcome.ts';
import type { Cell, Experiment } from '../experiment/schema/schema.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import type { Metric } from '../measure/metrics.ts';
import type { CsvValue } from '../results/csv.ts';
import type { Table } from '../results/tables.ts';
import { tost, type Verdict, verdict } from '../stats/equivalence.ts';
import { holm } from '../stats/holm.ts';
import { type PairedDifference, pairedDifference } from '../stats/paired.ts';
import { estimate, metricValues } from './summary.ts';

/** A cell against the baseline's cell with the same levels, in one statistic of one kind of latency. */
export interface Comparison {
  readonly cell: CellResult;
  readonly baseline: CellResult;
  readonly kind: LatencyKind;
  readonly metric: Metric;
  /** The cell's value less the baseline's, paired by replication [ns]. */
  readonly difference: PairedDifference;
  /** Differences up to this do not matter [ns]. */
  readonly margin: number;
  /** P of "the difference is larger than the margin", corrected for the number of comparisons. */
  readonly pEquivalence: number;
  readonly verdict: Verdict;
}

/** Compares every cell with the baseline policy's cells at the same levels, kind by kind, metric by metric. */
export function compareAll(experiment: Experiment, results: readonly CellResult[]): Comparison[] {
  const { baseline, metrics } = experiment.compare;
  const baselines = results.filter(({ cell }) => cell.policy === baseline);
  const comparisons: Comparison[] = [];
  for (const kind of experiment.measure.latencies) {
    for (const metric of metrics) {
      const family: Omit<Comparison, 'pEquivalence' | 'verdict'>[] = [];
      for (const cell of results) {
        if (cell.cell.policy === baseline) continue;
        for (const other of baselines) {
          if (!sameLevels(cell.cell, other.cell)) continue;
          const compared = compare(experiment, cell, other, kind, metric);
          if (compared !== undefined) family.push(compared);
        }
      }
      comparisons.push(...judge(family));
    }
  }
  return comparisons;
}

/** All factors that concern both are at the same level. */
function sameLevels(a: Cell, b: Cell): boolean {
  return Object.entries(a.levels).every(
    ([factor, level]) => level === '' || b.levels[factor] === '' || b.levels[factor] === level,
  );
}

function compare(
  experiment: Experiment,
  cell: CellResult,
  baseline: CellResult,
  kind: LatencyKind,
  metric: Metric,
): Omit<Comparison, 'pEquivalence' | 'verdict'> | undefined {
  const ours = metricValues(cell, kind, metric);
  const theirs = metricValues(baseline, kind, metric);
  const paired = [...ours].filter(([replication]) => theirs.has(replication));
  if (paired.length === 0) return undefined;
  const difference = pairedDifference(
    paired.map(([, value]) => value),
    paired.map(([replication]) => theirs.get(replication) ?? Number.NaN),
  );
  const { absolute, relative } = experiment.compare.margin;
  const scale = estimate(baseline, kind, metric).estimate;
  return { cell, baseline, kind, metric, difference, margin: Math.max(absolute, relative * scale) };
}

/** Verdicts for one family of comparisons, its P values corrected by Holm's method. */
function judge(family: readonly Omit<Comparison, 'pEquivalence' | 'verdict'>[]): Comparison[] {
  const equivalence = holm(family.map(({ difference, margin }) => tost(difference, margin)));
  const significance = holm(family.map(({ difference }) => difference.p));
  return family.map((compared, i) => ({
    ...compared,
    pEquivalence: equivalence[i],
    verdict: verdict(compared.difference, equivalence[i], significance[i]),
  }));
}

/** comparison.csv: a row per comparison. */
export function comparisonTable(comparisons: readonly Comparison[]): Table {
  return {
    columns: [
      'cell',
      'baseline',
      'kind',
      'statistic',
      'difference_ns',
      'lo95_ns',
      'hi95_ns',
      'margin_ns',
      'p_tost',
      'verdict',
      'replications',
    ],
    rows: comparisons.map(
      ({ cell, baseline, kind, metric, difference, margin, pEquivalence, verdict }): CsvValue[] => [
        cell.cell.id,
        baseline.cell.id,
        kind,
        metric,
        difference.estimate,
        difference.lo,
        difference.hi,
        margin,
        pEquivalence,
        verdict,
        difference.n,
      ],
    ),
  };
}
