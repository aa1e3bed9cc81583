import type { Comparison } from '../analysis/comparison.ts';
import { postLines } from '../analysis/post.ts';
import { estimate } from '../analysis/summary.ts';
import { timeText } from '../analysis/time-text.ts';
import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { commandOf } from '../report/commands.ts';
import type { Finished } from '../report/results-folder.ts';
import { complain } from './say.ts';

/** Cells shown at most; summary.csv has all. */
const CELLS_MAX = 40;

/** What `run` prints at the end: what one would post, or a table of the cells if no question is asked; and where the results are. */
export function summaryLines(
  experiment: Experiment,
  results: readonly CellResult[],
  comparisons: readonly Comparison[],
  out: string,
): string[] {
  const lines = postLines(experiment, results, comparisons);
  if (experiment.questions.length === 0) lines.push('', ...cellTable(experiment, results));
  return [...lines, '', `results in ${out}: start with answer.md`];
}

function cellTable({ measure }: Experiment, results: readonly CellResult[]): string[] {
  const kinds = measure.latencies;
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
  return lines;
}

/** The rows with equal columns. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

/** Failures told at most; the manifest has more. */
const FAILURES_MAX = 20;

/** Tells about replications that failed, each with the command that runs it again. */
export function reportFailures({ study, journal }: Finished, results: readonly CellResult[]): void {
  let shown = 0;
  for (const { cell, outcomes } of journal.failed > 0 ? results : []) {
    for (const outcome of outcomes) {
      if (outcome.ok || ++shown > FAILURES_MAX) continue;
      complain(`FAILED ${cell.id}, replication ${outcome.replication}: ${outcome.message}`);
      complain(`  again: ${commandOf(study)} --filter ${cell.id}`);
    }
  }
  if (shown > FAILURES_MAX) complain(`and ${shown - FAILURES_MAX} more, see manifest.json`);
}
