import { type Comparison, shownInterval } from '../../analysis/comparison.ts';
import { estimate } from '../../analysis/summary.ts';
import { timeText } from '../../analysis/time-text.ts';
import type { CellResult } from '../../experiment/outcome.ts';
import type { Experiment } from '../../experiment/schema/schema.ts';
import { STATISTICS } from '../../results/tables.ts';
import { escapeHtml } from './escape.ts';
import { htmlTable } from './table.ts';
import { VERDICTS } from './verdicts.ts';

/** Rows of a table; the CSV files have all. */
const ROWS_MAX = 1500;

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
    const { cell, baseline, kind, metric, difference, margin, verdict, why, diverged, pairs } =
      compared;
    const { lo, hi } = shownInterval(compared);
    return [
      cell.cell.id,
      baseline.cell.id,
      kind,
      metric,
      timeText(difference.estimate),
      `[${timeText(lo)}, ${timeText(hi)}]`,
      timeText(margin),
      `${VERDICTS[verdict].sign} ${verdict}${why === undefined ? '' : `: ${why}`}`,
      `${diverged} of ${pairs}`,
    ];
  });
  const differences = [
    'cell',
    'against',
    'kind',
    'statistic',
    'difference',
    '95 %',
    'margin',
    'verdict',
    'differ',
  ];
  return [
    folded('Latencies', ['kind', 'cell', ...STATISTICS], values, 'summary.csv'),
    folded('Differences', differences, verdicts, 'comparison.csv'),
  ].join('\n');
}

function folded(
  title: string,
  columns: readonly string[],
  rows: readonly (() => string[])[],
  file: string,
): string {
  const shown = rows.slice(0, ROWS_MAX).map((row) => row());
  const more = rows.length > ROWS_MAX ? `the first ${ROWS_MAX} of ${rows.length}` : rows.length;
  const summary = escapeHtml(`${title} (${more} rows; ${file} has all)`);
  return `<details><summary>${summary}</summary>\n${htmlTable(columns, shown)}\n</details>`;
}
