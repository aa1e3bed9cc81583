import { join } from 'node:path';
import { POST_WIDTH, postLines } from '../analysis/post.ts';
import { estimate } from '../analysis/summary.ts';
import { timeText } from '../analysis/time-text.ts';
import { Values } from '../analysis/values.ts';
import { wrapped } from '../analysis/wrap.ts';
import { quoted } from '../batch/cluster.ts';
import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { counted } from '../input/counted.ts';
import { commandOf } from '../report/commands.ts';
import type { Findings, Finished } from '../report/results-folder.ts';
import { complain } from './say.ts';
import { tableLines } from './table-lines.ts';

/** Cells shown at most; summary.csv has all. */
const CELLS_MAX = 40;

/**
 * What `run` prints at the end: what one would post, and a table of the cells if no question is asked; what has to be known of it; and where to look.
 * @param width - of the terminal, in characters
 */
export function summaryLines(
  experiment: Experiment,
  { results, comparisons, cautions }: Findings,
  out: string,
  width: number,
): string[] {
  const asked = experiment.questions.length > 0;
  const textWidth = Math.min(width, POST_WIDTH);
  const post = postLines(experiment, results, comparisons, new Values(results), textWidth);
  const table = asked ? [] : ['', ...cellTable(experiment, results, width)];
  const told = cautions.flatMap((text) => ['', ...wrapped(text, textWidth)]);
  return [...post, ...table, ...told, '', ...whereToLook(out, asked)];
}

function whereToLook(out: string, asked: boolean): string[] {
  const folder = quoted(out);
  const rows = [
    [asked ? join(out, 'answer.md') : join(out, 'summary.csv'), asked ? 'in words' : 'in numbers'],
    [join(out, 'report.html'), 'with charts, for a browser'],
    [`preemptlab explain ${folder}`, 'what the worst latencies were spent on'],
  ];
  const lines = tableLines(rows, Number.POSITIVE_INFINITY);
  return [`results in ${out}:`, ...lines.map((line) => `  ${line}`)];
}

function cellTable(
  { measure }: Experiment,
  results: readonly CellResult[],
  width: number,
): string[] {
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
  const lines = tableLines([header, ...rows], width);
  if (results.length > CELLS_MAX)
    lines.push(`and ${counted(results.length - CELLS_MAX, 'cell')} more`);
  return lines;
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
