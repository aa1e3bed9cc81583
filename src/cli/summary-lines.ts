import type { Experiment } from '../experiment/schema.ts';
import type { CellResult } from '../experiment/tasks.ts';
import type { Comparison } from '../report/comparison.ts';
import { estimate } from '../report/summary.ts';
import { timeText } from '../report/time-text.ts';

/** Cells shown at most; summary.csv has all. */
const CELLS_MAX = 40;

/** What `run` prints at the end: a table of the cells, the verdicts, and where the results are. */
export function summaryLines(
  experiment: Experiment,
  results: readonly CellResult[],
  comparisons: readonly Comparison[],
  out: string,
): string[] {
  const kinds = experiment.measure.latencies;
  const header = ['cell', ...kinds.map((kind) => `${kind} mean / max`)];
  const rows = results.slice(0, CELLS_MAX).map((result) => [
    result.cell.id,
    ...kinds.map((kind) => {
      const mean = estimate(result, kind, 'mean');
      return mean.n === 0
        ? '-'
        : `${timeText(mean.estimate)} / ${timeText(estimate(result, kind, 'max').estimate)}`;
    }),
  ]);
  const lines = alignColumns([header, ...rows]);
  if (results.length > CELLS_MAX) lines.push(`and ${results.length - CELLS_MAX} cells more`);
  const verdicts = ['better', 'worse', 'equivalent', 'inconclusive'].map(
    (name) => `${comparisons.filter(({ verdict }) => verdict === name).length} ${name}`,
  );
  if (comparisons.length > 0) {
    lines.push('', `against ${experiment.compare.baseline}: ${verdicts.join(', ')}`);
  }
  lines.push('', `results in ${out}: start with answer.md`);
  return lines;
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}
