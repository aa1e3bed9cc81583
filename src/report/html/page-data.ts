import { type Comparison, shownInterval } from '../../analysis/comparison.ts';
import type { Digest, KindDigest } from '../../analysis/digest.ts';
import { isAt, type Setting } from '../../analysis/first-setting.ts';
import { estimate } from '../../analysis/summary.ts';
import type { CellResult } from '../../experiment/outcome.ts';
import type { Experiment } from '../../experiment/schema/schema.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';
import type {
  Bounds,
  CellData,
  CellKindData,
  DifferenceData,
  KindData,
  PageData,
} from '../draw/data.ts';
import { BY_FACTOR } from '../draw/multiples.ts';
import { packSteps } from '../draw/steps.ts';
import { kindsInOrder } from './kind-order.ts';
import { inNumericOrder } from './level-order.ts';

/** Of more cells than these a page holds those at the first setting only, so that it does not grow without bound. */
export const PAGE_CELLS_MAX = 500;
/** Digits of the numbers in a page: more than a chart can show. */
const DIGITS = 5;

/** What the charts of a page are drawn from, for every cell and every comparison that has a difference, as far as it holds them. */
export function pageData(
  experiment: Experiment,
  all: readonly CellResult[],
  allDigests: readonly Digest[],
  allComparisons: readonly Comparison[],
  setting: Setting,
): PageData {
  const isHeld = (result: CellResult) => all.length <= PAGE_CELLS_MAX || isAt(setting, result);
  const results = all.filter(isHeld);
  const digests = allDigests.filter((_, i) => isHeld(all[i]));
  const comparisons = allComparisons.filter(
    ({ cell, baseline }) => isHeld(cell) && isHeld(baseline),
  );
  const factors = experiment.factors
    .map(({ name, levels }) => {
      const used = new Set(results.map(({ cell }) => cell.levels[name]));
      return { name, levels: inNumericOrder(levels.filter((level) => used.has(level))) };
    })
    .filter(({ levels }) => levels.length > 1);
  const policies = [...new Set(results.map(({ cell }) => cell.policy))];
  const numbers = new Map(results.map((result, i) => [result, i]));
  const cells = results.map(
    ({ cell }): CellData => ({
      policy: policies.indexOf(cell.policy),
      levels: factors.map(({ name }) => cell.levels[name] ?? ''),
    }),
  );
  const numberOf = (result: CellResult) => numbers.get(result) ?? -1;
  return {
    policies,
    factors,
    baseline: experiment.compare.baseline,
    base: factors.map(({ name }) => setting.get(name) ?? ''),
    cells,
    kinds: kindsInOrder(experiment, idleKinds(experiment, digests)).map(
      (kind): KindData => ({
        name: kind,
        cells: results.map((result, i) => cellKindOf(result, kind, digests[i]?.kinds.get(kind))),
        differences: comparisons
          .filter((compared) => compared.kind === kind)
          .filter(({ difference }) => Number.isFinite(difference.estimate))
          .map((compared) => differenceOf(compared, factors, numberOf)),
      }),
    ),
    jobs: experiment.jobs,
  };
}

/** Those of which no sample takes any time. */
function idleKinds({ measure }: Experiment, digests: readonly Digest[]): Set<LatencyKind> {
  const takesTime = (kind: LatencyKind) =>
    digests.some((digest) => digest.kinds.get(kind)?.worst.some(({ latency }) => latency > 0));
  return new Set(measure.latencies.filter((kind) => !takesTime(kind)));
}

function cellKindOf(
  result: CellResult,
  kind: LatencyKind,
  digest: KindDigest | undefined,
): CellKindData | null {
  if (digest === undefined || digest.count === 0) return null;
  const statistics: Record<string, Bounds> = {};
  for (const metric of BY_FACTOR) {
    const { estimate: value, lo, hi } = estimate(result, kind, metric);
    if (Number.isFinite(value)) statistics[metric] = boundsOf(value, lo, hi);
  }
  return {
    statistics,
    curve: packSteps(digest.samples?.steps() ?? []),
    count: digest.count,
    all: digest.all.map(short),
    tailCount: digest.tailCount,
    tail: digest.tail.map(short),
  };
}

function differenceOf(
  compared: Comparison,
  factors: PageData['factors'],
  numberOf: (result: CellResult) => number,
): DifferenceData {
  const { cell, baseline, along, isPair, metric, difference, margin, verdict } = compared;
  const { lo, hi } = shownInterval(compared);
  const { policy, levels, id } = cell.cell;
  const what = isPair ? id : along === undefined ? policy : `${policy} ${levels[along]}`;
  return {
    row: `${what}, ${metric}`,
    cell: numberOf(cell),
    baseline: numberOf(baseline),
    along: factors.findIndex(({ name }) => name === along),
    difference: boundsOf(difference.estimate, lo, hi),
    margin: short(margin),
    verdict,
  };
}

/** An estimate with its interval, in the digits that a page has. */
export function boundsOf(value: number, lo: number, hi: number): Bounds {
  const end = (ns: number) => (Number.isFinite(ns) ? short(ns) : null);
  return [short(value), end(lo), end(hi)];
}

function short(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
