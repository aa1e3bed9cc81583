import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { estimate } from '../../src/analysis/summary.ts';
import { timeText } from '../../src/analysis/time-text.ts';
import type { CellResult } from '../../src/experiment/outcome.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { cellResult } from '../../src/experiment/study.ts';
import { latencyPlot } from '../../src/report/plots.ts';
import { fromText } from '../theory/study.ts';
import { SMALL_STUDY } from './small-study.ts';

const experiment = fromText(`question: Does it matter?\nreplications: 2\n${SMALL_STUDY}`);
const results = experiment.cells.map((cell): CellResult => {
  const outcomes = [0, 1].map((replication) => ({
    ok: true as const,
    replication,
    result: replicate(cell.setup, experiment.seed, replication),
  }));
  return cellResult(cell, outcomes);
});

/** The texts of a plot, and where its marks are. */
function read(svg: string) {
  const { document } = parseHTML(svg);
  const texts = [...document.querySelectorAll('text')].map(({ textContent }) => textContent);
  const marks = [...document.querySelectorAll('.mark')].map((mark) =>
    Number(/translate\(([\d.]+)/.exec(mark.getAttribute('transform') ?? '')?.[1]),
  );
  return { texts, marks };
}

it('the plot of a kind has the statistics of each policy at the first setting', () => {
  const { texts, marks } = read(latencyPlot(experiment, results, 'flush') ?? '');
  for (const policy of experiment.policies) {
    const shown = results.find(({ cell }) => cell.policy === policy);
    if (shown === undefined) throw new Error(policy);
    expect(texts).toContain(policy);
    expect(texts).toContain(`mean ${timeText(estimate(shown, 'flush', 'mean').estimate)}`);
    expect(texts).toContain(`max ${timeText(estimate(shown, 'flush', 'max').estimate)}`);
  }
  expect(marks.every((x) => x > 100 && x < 740)).toBe(true);
});

it('a latency of zero is told as zero, at the end of the axis; without samples there is no plot', () => {
  const zero = results.map(
    (result): CellResult => ({
      ...result,
      values: (kind, value) => result.values(kind, value),
      counter: (name) => result.counter(name),
      statistic: (kind, metric) => ({
        ...result.statistic(kind, metric),
        estimate: 0,
        lo: 0,
        hi: 0,
      }),
    }),
  );
  const { texts, marks } = read(latencyPlot(experiment, zero, 'flush') ?? '');
  expect(texts).toContain('mean 0 ns');
  expect(texts).toContain('0');
  expect(new Set(marks).size).toBe(1);
  expect(latencyPlot(experiment, results, 'boot')).toBeUndefined();
});
