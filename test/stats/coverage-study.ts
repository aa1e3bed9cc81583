import { compareAll } from '../../src/analysis/comparison.ts';
import { estimate } from '../../src/analysis/summary.ts';
import { Values } from '../../src/analysis/values.ts';
import { parseExpression } from '../../src/experiment/schema/expression.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import { runStudy } from '../../src/experiment/study.ts';
import type { LatencyKind } from '../../src/measure/latency-kinds.ts';
import type { Interval } from '../../src/stats/interval.ts';

/** The intervals that a study publishes, by what they are of. */
export type Intervals = Readonly<Record<string, Interval>>;

/** Runs a study of two policies, and takes the intervals of its tables and sentences. */
export function publishedIntervals(
  experiment: Experiment,
  seed: number,
  replications: number,
  kind: LatencyKind,
): Intervals {
  const results = runStudy({ ...experiment, seed }, { replications });
  const values = new Values(results);
  const [theirs, ours] = experiment.cells.map(({ id }) => id);
  const found: Record<string, Interval> = {};
  for (const metric of experiment.compare.metrics) {
    found[`${metric} of all samples`] = estimate(results[1], kind, metric);
    found[`${metric} in a sentence`] = values.of(ours, { of: 'latency', kind, metric });
  }
  for (const { metric, difference } of compareAll(experiment, results)) {
    found[`difference of two cells' ${metric}s`] = difference;
  }
  const text = `${ours} ${kind}.mean / ${theirs} ${kind}.mean`;
  const ratio = parseExpression(text, { cells: [theirs, ours], domains: [] });
  if (!ratio.ok) throw new Error(ratio.message);
  found['ratio of two means'] = values.interval(ratio.value);
  found['mean of a counter'] = values.of(ours, { of: 'counter', name: 'softirqs' });
  return found;
}

/** In which share of independent studies each interval holds the truth, and how many have one at all. */
export function coverages(
  truth: Intervals,
  studies: readonly Intervals[],
): Record<string, { readonly covered: number; readonly given: number }> {
  return Object.fromEntries(
    Object.entries(truth).map(([name, { estimate }]) => {
      const given = studies.map((study) => study[name]).filter(({ lo }) => !Number.isNaN(lo));
      const covered = given.filter(({ lo, hi }) => lo <= estimate && estimate <= hi).length;
      return [name, { covered: covered / given.length, given: given.length }];
    }),
  );
}
