import { compareAll } from '../../src/analysis/comparison.ts';
import { arithmeticOf, intervalOf, quantityOf } from '../../src/analysis/estimand.ts';
import { estimate } from '../../src/analysis/summary.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { parseExpression } from '../../src/experiment/schema/expression.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import { cellResult } from '../../src/experiment/study.ts';
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
  const { cells, compare, domains } = { domains: [] as string[], ...experiment };
  const results = cells.map((cell) =>
    cellResult(
      cell,
      Array.from({ length: replications }, (_, replication) => ({
        ok: true as const,
        replication,
        result: replicate(cell.setup, seed, replication),
      })),
    ),
  );
  const found: Record<string, Interval> = {};
  for (const metric of compare.metrics) {
    found[`${metric} of all samples`] = estimate(results[1], kind, metric);
  }
  for (const { metric, difference } of compareAll(experiment, results)) {
    found[`difference of two cells' ${metric}s`] = difference;
  }
  const ids = cells.map(({ id }) => id);
  const ratio = parseExpression(`${ids[1]} ${kind}.mean / ${ids[0]} ${kind}.mean`, {
    cells: ids,
    domains,
  });
  if (!ratio.ok) throw new Error(ratio.message);
  const byId = new Map(results.map((result) => [result.cell.id, result]));
  found['ratio of two means'] = intervalOf(
    arithmeticOf(ratio.value.value, (term) => {
      const result = 'cell' in term ? byId.get(term.cell) : undefined;
      if (result === undefined || !('quantity' in term)) throw new Error('both are of a cell');
      return quantityOf(result, term.quantity);
    }),
  );
  found['mean of a counter'] = intervalOf(
    quantityOf(results[1], { of: 'counter', name: 'softirqs' }),
  );
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
