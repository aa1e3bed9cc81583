import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment, Margin } from '../experiment/schema/schema.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import type { Metric } from '../measure/metrics.ts';
import { replicationsNeeded, type Verdict, verdict, verdictP } from '../stats/equivalence.ts';
import { holm } from '../stats/holm.ts';
import { mean } from '../stats/mean.ts';
import { type PairedDifference, pairedDifference, recoveredDifference } from '../stats/paired.ts';
import { type Contrast, contrasts, questionOf } from './contrasts.ts';
import { contributions, jointStrata } from './summary.ts';

/** Pairs with samples on both sides, and pairs that differ at all, that a verdict takes at least. */
export const PAIRS_MIN = 8;

/** Why a comparison has no verdict. */
export type Undecided =
  /** One side, or both, have no sample of the kind. */
  | 'no samples'
  /** Fewer than ten samples lie beyond the quantile on one side. */
  | 'few samples'
  /** Fewer than PAIRS_MIN replications have samples on both sides. */
  | 'few pairs'
  /** Fewer than PAIRS_MIN replications differ at all: nothing is known of by how much they do. */
  | 'few differ'
  /** Waits had not ended with the run, and would count for the verdict. */
  | 'unfinished'
  /** The interval crosses an end of the margin. */
  | 'interval';

/** Two cells in one statistic of one kind of latency. */
export interface Comparison extends Contrast {
  readonly kind: LatencyKind;
  readonly metric: Metric;
  /** The cell's value less the baseline's, paired by replication [ns]. */
  readonly difference: PairedDifference;
  /** Differences up to this do not matter [ns]. */
  readonly margin: number;
  /** Replications with samples on both sides, and how many of them differ between the two. */
  readonly pairs: number;
  readonly diverged: number;
  /** The statistic of the cell, and of its baseline [ns]. */
  readonly values: readonly [cell: number, baseline: number];
  /** P of the verdict by itself; NaN if there can be none. */
  readonly ownP: number;
  /** The same, corrected for all that the same question claims. */
  readonly p: number;
  readonly verdict: Verdict;
  /** Why it is undecided; undefined if it is not. */
  readonly why: Undecided | undefined;
}

type Measured = Omit<Comparison, 'ownP' | 'p' | 'verdict' | 'why'> & {
  readonly barred: Undecided | undefined;
};

/** All comparisons of an experiment, kind by kind, metric by metric. */
export function compareAll(experiment: Experiment, results: readonly CellResult[]): Comparison[] {
  const pairs = contrasts(experiment, results);
  const measured = experiment.measure.latencies.flatMap((kind) =>
    experiment.compare.metrics.flatMap((metric) =>
      pairs.map((contrast) => measure(contrast, kind, metric, experiment.compare.margin)),
    ),
  );
  return judge(experiment, measured);
}

function measure(
  contrast: Contrast,
  kind: LatencyKind,
  metric: Metric,
  { absolute, relative }: Margin,
): Measured {
  const { cell, baseline } = contrast;
  const ours = contributions(cell, kind, metric);
  const theirs = contributions(baseline, kind, metric);
  const both = [...ours.keys()].filter((replication) => theirs.has(replication));
  // Contributions to extremes are the replications' own: here their weights are put back.
  const isExtreme = metric === 'max' || metric === 'min';
  const weights = both.map((replication) => (isExtreme && cell.strata?.weights[replication]) || 1);
  const weight = mean(weights);
  const sideOf = (values: ReadonlyMap<number, number>) =>
    both.map((replication, i) => ((values.get(replication) ?? Number.NaN) * weights[i]) / weight);
  const sides = [
    { ...cell.statistic(kind, metric), contributions: sideOf(ours) },
    { ...baseline.statistic(kind, metric), contributions: sideOf(theirs) },
  ] as const;
  const margin = Math.max(absolute, relative * (sides[1].estimate || 0));
  const options = {
    strata: jointStrata([cell, baseline], both),
    grain: grainOf(sides, isExtreme ? margin : undefined),
  };
  const isQuantile = !isExtreme && metric !== 'mean';
  const difference = isQuantile
    ? recoveredDifference(sides[0], sides[1], options)
    : pairedDifference(sides[0].contributions, sides[1].contributions, options);
  const counts = [cell, baseline].map((side) => side.values(kind, 'count'));
  const usable = both.filter((replication) => counts.every((of) => of[replication] > 0));
  // Of extremes the contribution is the replication's own; of others all that it has decides.
  const own = isExtreme ? metric : 'own_mean';
  const [a, b] = [cell, baseline].map((side) => side.values(kind, own));
  const diverged = usable.filter(
    (replication) =>
      a[replication] !== b[replication] || counts[0][replication] !== counts[1][replication],
  ).length;
  const measured = {
    ...contrast,
    kind,
    metric,
    values: [sides[0].estimate, sides[1].estimate] as const,
    difference,
    margin,
    pairs: usable.length,
    diverged,
  };
  return { ...measured, barred: barredBy(measured, counts) };
}

/**
 * What the interval of a difference cannot be narrower than: how far both sides would be moved by what was not seen, on average.
 * Extremes are moved by a single replication: their differences speak for themselves if enough of them matter.
 * @param margin - of extremes
 */
function grainOf(sides: readonly [Grained, Grained], margin: number | undefined): number {
  const [a, b] = sides;
  if (margin !== undefined) {
    const differences = a.contributions.map((value, i) => Math.abs(value - b.contributions[i]));
    if (differences.filter((value) => value > margin).length >= PAIRS_MIN) return 0;
  }
  const grain = (a.grain + b.grain) / 2;
  return Number.isNaN(grain) ? 0 : grain;
}

interface Grained {
  readonly grain: number;
  readonly contributions: readonly number[];
}

function barredBy(
  { kind, metric, cell, baseline, pairs, diverged, difference }: Omit<Measured, 'barred'>,
  counts: readonly Float64Array[],
): Undecided | undefined {
  if (counts.some((of) => !of.some((count) => count > 0))) return 'no samples';
  const isMissing = [cell, baseline].some((side) =>
    Number.isNaN(side.statistic(kind, metric).estimate),
  );
  if (isMissing) return 'few samples';
  if (pairs < PAIRS_MIN || Number.isNaN(difference.standardError)) return 'few pairs';
  return diverged < PAIRS_MIN ? 'few differ' : undefined;
}

/**
 * Verdicts. The P values of all comparisons that a question is answered by are corrected together, by Holm's method, and
 * so are those that no question asks for, by what they compare; a comparison that is the same as another, to the last
 * digit, counts once.
 */
function judge(experiment: Experiment, measured: readonly Measured[]): Comparison[] {
  const families = new Map<string, Map<string, number>>();
  const keys = measured.map((compared) => {
    const { difference, margin, barred, along } = compared;
    if (barred !== undefined) return undefined;
    const asked = questionOf(experiment, compared);
    const family =
      asked < 0
        ? `not asked ${along ?? compared.cell.cell.policy} ${compared.kind}`
        : String(asked);
    const members = families.get(family) ?? new Map<string, number>();
    families.set(family, members);
    members.set(identity(compared), verdictP(difference, margin));
    return { family, member: identity(compared) };
  });
  const corrected = new Map(
    [...families].map(([family, members]) => {
      const adjusted = holm([...members.values()]);
      return [family, new Map([...members.keys()].map((member, i) => [member, adjusted[i]]))];
    }),
  );
  return measured.map(({ barred, ...compared }, i) => {
    const key = keys[i];
    const none = Number.NaN;
    const p = key === undefined ? none : (corrected.get(key.family)?.get(key.member) ?? none);
    const ownP = key === undefined ? none : (families.get(key.family)?.get(key.member) ?? none);
    const found = verdict(compared.difference, compared.margin, p);
    const isUnfinished = found !== 'undecided' && profitsFromUnfinished(compared, found);
    const why =
      barred ?? (isUnfinished ? 'unfinished' : found === 'undecided' ? 'interval' : undefined);
    return { ...compared, ownP, p, verdict: why === undefined ? found : 'undecided', why };
  });
}

/** The same for comparisons of the same numbers. */
export function identity({ kind, metric, difference, margin }: Omit<Measured, 'barred'>): string {
  const { estimate, lo, hi, n } = difference;
  return [kind, metric, estimate, lo, hi, n, margin].join(' ');
}

/** A wait that never ended was longer than it counts for: it may only speak against the side that has it. */
function profitsFromUnfinished(
  { cell, baseline, kind }: Omit<Measured, 'barred'>,
  found: Verdict,
): boolean {
  const [ours, theirs] = [cell, baseline].map((side) =>
    side.values(kind, 'censored').some((count) => count > 0),
  );
  return (ours && found !== 'worse') || (theirs && found !== 'better');
}

/**
 * How many replications more would settle an undecided comparison, about: Infinity if no number would, NaN if that cannot be
 * said.
 */
export function settledBy({ why, difference, margin, pairs, diverged }: Comparison): number {
  switch (why) {
    case 'interval':
      // None more by itself, only the correction for the family stands in the way: at least one.
      return Math.max(1, replicationsNeeded(difference, margin));
    case 'few pairs':
      return pairs === 0 ? Number.NaN : scaledUp(difference.n, pairs);
    case 'few differ':
      return diverged === 0 ? Number.NaN : scaledUp(difference.n, diverged);
    default:
      return Number.NaN;
  }
}

/** Replications more until so many of them as a verdict takes are like `of` of `n` were. */
function scaledUp(n: number, of: number): number {
  return Math.max(1, Math.ceil((n * PAIRS_MIN) / of) - n);
}

/** The interval of a difference; none where too few replications differ, which says nothing about those that were not seen. */
export function shownInterval({ difference, why }: Comparison): { lo: number; hi: number } {
  const isKnown = why === undefined || why === 'interval' || why === 'unfinished';
  return isKnown ? { lo: difference.lo, hi: difference.hi } : { lo: Number.NaN, hi: Number.NaN };
}
