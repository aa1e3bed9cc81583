import { type Comparison, shownInterval } from '../../analysis/comparison.ts';
import { estimate } from '../../analysis/summary.ts';
import { timeText } from '../../analysis/time-text.ts';
import type { CellResult } from '../../experiment/outcome.ts';
import type { Experiment } from '../../experiment/schema/schema.ts';
import { counted } from '../../input/counted.ts';
import { STATISTICS } from '../../results/tables.ts';
import { VERDICTS } from '../draw/series.ts';
import { escapeHtml } from './escape.ts';
import { htmlTable } from './table.ts';

/** Rows of a table; the CSV files have all. */
const ROWS_MAX = 3000;

/** Every statistic of every cell, and every comparison, up to ROWS_MAX rows each, folded. */
export function tables(
  experiment: Experiment,
  results: readonly CellResult[],
  comparisons: readonly Comparison[],
): string {
  const values = experiment.measure.latencies.flatMap((kind) =>
    results.map((result) => () => {
      const texts = STATISTICS.map((metric) => timeText(estimate(result, kind, metric).estimate));
      return [kind, result.cell.id, ...texts];
    }),
  );
  const verdicts = comparisons.map((compared) => () => {
    const { cell, baseline, kind, metric, difference, margin, verdict, why } = compared;
    const { lo, hi } = shownInterval(compared);
    return [
      cell.cell.id,
      baseline.cell.id,
      kind,
      metric,
      timeText(difference.estimate),
      timeText(lo),
      timeText(hi),
      timeText(margin),
      `${VERDICTS[verdict].sign} ${verdict}${why === undefined ? '' : `: ${why}`}`,
      `${compared.diverged} of ${compared.pairs}`,
    ];
  });
  const differences = ['cell', 'against', 'kind', 'statistic', 'difference', 'lo 95 %', 'hi 95 %'];
  return [
    folded('Latencies', ['kind', 'cell', ...STATISTICS], values, 'summary.csv'),
    folded(
      'Differences',
      [...differences, 'margin', 'verdict', 'differ'],
      verdicts,
      'comparison.csv',
    ),
  ]
    .filter((table) => table !== '')
    .join('\n');
}

function folded(
  title: string,
  columns: readonly string[],
  rows: readonly (() => string[])[],
  file: string,
): string {
  if (rows.length === 0) return '';
  const shown = rows.slice(0, ROWS_MAX).map((row) => row());
  const count = counted(rows.length, 'row');
  const more = rows.length > ROWS_MAX ? `the first ${ROWS_MAX} of ${count}` : count;
  const summary = escapeHtml(`${title} (${more}; ${file} has all)`);
  return `<details><summary>${summary}</summary>\n${htmlTable(title, columns, shown)}\n</details>`;
}
