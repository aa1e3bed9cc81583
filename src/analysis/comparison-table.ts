import type { Experiment } from '../experiment/schema/schema.ts';
import type { CsvValue } from '../results/csv.ts';
import { fullNumber } from '../results/csv-number.ts';
import { cellColumns, cellValues, type Table } from '../results/tables.ts';
import { type Comparison, shownInterval } from './comparison.ts';

/** comparison.csv: a row per comparison. Without a verdict for another reason than its interval, it has no interval and no P. */
export function comparisonTable(experiment: Experiment, comparisons: readonly Comparison[]): Table {
  const cells = new Set(comparisons.map(({ cell: { cell } }) => cell));
  const heads = new Map([...cells].map((cell) => [cell, cellValues(experiment, cell)]));
  return {
    columns: [
      ...cellColumns(experiment),
      'baseline',
      'along',
      'kind',
      'statistic',
      'value_ns',
      'baseline_ns',
      'difference_ns',
      'lo95_ns',
      'hi95_ns',
      'relative',
      'margin_ns',
      'p_raw',
      'p',
      'verdict',
      'undecided',
      'pairs',
      'diverged',
    ],
    rows: comparisons.map((compared): CsvValue[] => {
      const { cell, baseline, along, kind, metric, difference, margin } = compared;
      const { lo, hi } = shownInterval(compared);
      const [value, other] = compared.values;
      return [
        ...(heads.get(cell.cell) ?? []),
        baseline.cell.id,
        along,
        kind,
        metric,
        value,
        other,
        difference.estimate,
        lo,
        hi,
        fullNumber(difference.estimate / other),
        margin,
        fullNumber(compared.ownP),
        fullNumber(compared.p),
        compared.verdict,
        compared.why,
        compared.pairs,
        compared.diverged,
      ];
    }),
  };
}
