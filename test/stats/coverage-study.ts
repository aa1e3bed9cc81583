import { compareAll, shownInterval } from '../../src/analysis/comparison.ts';
import { estimate } from '../../src/analysis/summary.ts';
import { cellStatistics } from '../../src/experiment/cell-statistics.ts';
import type { CellResult, Outcome } from '../../src/experiment/outcome.ts';
import { replicate } from '../../src/experiment/replication.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import { cellResult } from '../../src/experiment/study.ts';
import { METRICS } from '../../src/measure/metrics.ts';
import { mean } from '../../src/stats/mean.ts';

/** An interval of a study, what it is of, and whether the study shows it. */
interface Shown {
  readonly name: string;
  readonly estimate: number;
  readonly lo: number;
  readonly hi: number;
}

/** How often the intervals of one name hold the truth. */
export interface Coverage {
  readonly name: string;
  readonly truth: number;
  /** Studies that show it, and those of them that hold the truth. */
  readonly shown: number;
  readonly covering: number;
  /** Mean width. */
  readonly width: number;
}

/**
 * Carries out `count` independent studies of an experiment, each with a seed of its own, and says how often the intervals that
 * each would show hold the truth. That is taken from the replications of all studies together.
 */
export function coverageOf(experiment: Experiment, count: number): Coverage[] {
  const { cells, replications } = experiment;
  const all: Outcome[][] = cells.map(() => []);
  const weights: number[][] = cells.map(() => []);
  const shown = new Map<string, Shown[]>();
  for (let seed = 1; seed <= count; seed++) {
    const results = cells.map((cell, c) => {
      const outcomes = Array.from({ length: replications }, (_, replication): Outcome => {
        const result = replicate(cell.setup, seed, replication);
        return { ok: true, replication, result };
      });
      const found = cellResult(cell, outcomes);
      for (const outcome of outcomes) {
        all[c].push({ ...outcome, replication: all[c].length });
        weights[c].push(found.strata?.weights[outcome.replication] ?? 1);
      }
      return found;
    });
    for (const one of intervalsOf(experiment, results)) {
      const list = shown.get(one.name) ?? [];
      shown.set(one.name, list);
      list.push(one);
    }
  }
  const truth = truths(experiment, all, weights, shown);
  return [...shown].map(([name, list]) => {
    const value = truth.get(name) ?? Number.NaN;
    const known = list.filter(({ lo, hi }) => hi >= lo);
    const covering = known.filter(({ lo, hi }) => lo <= value && value <= hi).length;
    const width = mean(known.map(({ lo, hi }) => hi - lo));
    return { name, truth: value, shown: known.length, covering, width };
  });
}

/** All intervals that a study shows: of the statistics of its cells, and of its comparisons. */
function* intervalsOf(experiment: Experiment, results: readonly CellResult[]): Generator<Shown> {
  for (const result of results) {
    for (const kind of experiment.measure.latencies) {
      for (const metric of METRICS) {
        const { estimate: value, lo, hi } = estimate(result, kind, metric);
        const name = `${result.cell.id} ${kind}.${metric}`;
        if (metric !== 'max' && metric !== 'min') yield { name, estimate: value, lo, hi };
      }
    }
  }
  for (const compared of compareAll(experiment, results)) {
    const { cell, baseline, kind, metric } = compared;
    const name = `${cell.cell.id} - ${baseline.cell.id} ${kind}.${metric}`;
    yield { name, estimate: compared.difference.estimate, ...shownInterval(compared) };
  }
}

function truths(
  { cells, measure }: Experiment,
  all: readonly (readonly Outcome[])[],
  weights: readonly (readonly number[])[],
  shown: ReadonlyMap<string, readonly Shown[]>,
): Map<string, number> {
  const truth = new Map<string, number>();
  const estimates = cells.map((_, c) =>
    cellStatistics(
      measure.latencies,
      all[c],
      all[c],
      { of: weights[c].map(() => 0), weights: weights[c] },
      () => {},
    ),
  );
  cells.forEach((cell, c) => {
    measure.latencies.forEach((kind, k) => {
      METRICS.forEach((metric, m) => {
        const own = estimates[c][k][m].estimate;
        truth.set(`${cell.id} ${kind}.${metric}`, own);
        cells.forEach((other, o) => {
          const name = `${cell.id} - ${other.id} ${kind}.${metric}`;
          const isExtreme = metric === 'max' || metric === 'min';
          truth.set(
            name,
            isExtreme
              ? mean((shown.get(name) ?? []).map((one) => one.estimate))
              : own - estimates[o][k][m].estimate,
          );
        });
      });
    });
  });
  return truth;
}
