import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { counted } from '../input/counted.ts';
import type { Comparison } from './comparison.ts';
import { answerParagraphs } from './sentences.ts';
import { totalSamples } from './summary.ts';
import { countText } from './time-text.ts';
import { Values } from './values.ts';
import { wrapped } from './wrap.ts';

/** Lines are not longer than that, for mail. */
export const POST_WIDTH = 100;

/**
 * What one would post: what the run leaves out, if it is not the whole study; each question with the first paragraph of its
 * answer; what all rests on, and what it does not show.
 */
export function postLines(
  experiment: Experiment,
  results: readonly CellResult[],
  comparisons: readonly Comparison[],
  values = new Values(results),
  width = POST_WIDTH,
): string[] {
  const { questions, limits } = experiment;
  const lines = leftOut(experiment, results).flatMap((text) => wrapped(text, width));
  questions.forEach((asked, i) => {
    const [first] = answerParagraphs(asked, experiment, values, comparisons);
    lines.push(...wrapped(`${i + 1}. ${asked.ask} ${first}`, width, '   '));
  });
  if (questions.length === 0) lines.push('The experiment asks no questions: see comparison.csv.');
  lines.push(...wrapped(restsOn(experiment, results), width));
  if (limits !== '') lines.push(...wrapped(`Not shown: ${limits}`, width));
  return lines;
}

/** What a run leaves out or changes of the study that its file describes. */
function leftOut(
  { cells, cellsOfFile, overrides, replications, until }: Experiment,
  results: readonly CellResult[],
): string[] {
  const parts: string[] = [];
  if (cells.length < cellsOfFile)
    parts.push(`${cells.length} of the ${counted(cellsOfFile, 'cell')} of its file were run`);
  // How many replications a study with the key until has is its own doing.
  const changes = overrides.filter((text) => !(until && text.startsWith('replications=')));
  if (changes.length > 0) parts.push(`its file was changed by ${changes.join(' and ')}`);
  const failed = results.reduce(
    (sum, result) =>
      sum + replications - result.counter('events').filter((n) => !Number.isNaN(n)).length,
    0,
  );
  if (failed > 0)
    parts.push(`${failed} of ${counted(cells.length * replications, 'replication')} failed`);
  return parts.length === 0 ? [] : [`This is not the whole study: ${parts.join('; ')}.`];
}

/** Cells, replications, simulated time, and the samples of each kind that was measured. */
function restsOn(
  { cells, replications, measure }: Experiment,
  results: readonly CellResult[],
): string {
  const simulated = cells.reduce((sum, { setup }) => sum + setup.duration, 0) * replications;
  const flushes = results.reduce(
    (sum, result) => sum + result.counter('flushes').reduce((all, n) => all + (n || 0), 0),
    0,
  );
  const kinds = measure.latencies.flatMap((kind) => {
    const samples = results.reduce((sum, result) => sum + totalSamples(result, kind), 0);
    return samples === 0 ? [] : [`${kind} ${countText(samples)}`];
  });
  const size = `${counted(cells.length, 'cell')} x ${counted(replications, 'replication')}, ${countText(Math.round(simulated / 1e9))} s simulated`;
  return `Rests on ${size}, ${counted(countText(flushes), 'flush', 'flushes')}; samples: ${kinds.join(', ') || 'none'}.`;
}
