import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { counted } from '../input/counted.ts';
import type { Metric } from '../measure/metrics.ts';
import { rateInterval } from '../stats/rate.ts';
import {
  type Comparison,
  identity,
  PAIRS_MIN,
  settledBy,
  shownInterval,
  type Undecided,
} from './comparison.ts';
import { totalSamples } from './summary.ts';
import { timeText } from './time-text.ts';

const DECIDED = ['worse', 'better', 'equivalent'] as const;

/** Why there is no verdict, in words. */
const WHY: Readonly<Record<Undecided, string>> = {
  'no samples': 'no samples',
  'few samples': 'fewer than 10 samples beyond',
  'few pairs': `fewer than ${PAIRS_MIN} replications with samples`,
  'few differ': `fewer than ${PAIRS_MIN} replications differ`,
  unfinished: 'waits that never ended',
  interval: 'the interval crosses the margin',
};

/** Those that are not the same as an earlier one, to the last digit. */
export function distinct(group: readonly Comparison[]): Comparison[] {
  const seen = new Set<string>();
  return group.filter((compared) => {
    if (compared.why === 'no samples') return true;
    const { cell, baseline, kind, diverged } = compared;
    const counts = [cell, baseline].map((side) => totalSamples(side, kind));
    const name = [identity(compared), diverged, ...counts].join(' ');
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/** How often each verdict was given: `12 equivalent, 3 undecided of 15`. */
export function tally(group: readonly Comparison[]): string {
  const of = distinct(group);
  const parts = DECIDED.map((name) => ({
    name,
    count: of.filter(({ verdict }) => verdict === name).length,
  }));
  const told = parts.filter(({ count }) => count > 0).map(({ name, count }) => `${count} ${name}`);
  const open = of.filter(({ verdict }) => verdict === 'undecided').length;
  if (open > 0) told.push(`${open} undecided`);
  return `${told.join(', ')} of ${of.length}`;
}

/** Why comparisons are undecided, and what would settle them; empty if none is. */
export function undecidedText(group: readonly Comparison[]): string {
  const open = distinct(group).filter(({ verdict }) => verdict === 'undecided');
  return open.length === 0 ? '' : `undecided: ${reasons(open)}${settling(open)}`;
}

function reasons(open: readonly Comparison[]): string {
  const told = (Object.keys(WHY) as Undecided[]).flatMap((why) => {
    const count = open.filter((compared) => compared.why === why).length;
    if (count === 0) return [];
    return [count === open.length ? WHY[why] : `${count}: ${WHY[why]}`];
  });
  return told.join('; ');
}

/** For each verdict that is not everywhere: the levels of factors that all its settings share. */
export function where(group: readonly Comparison[], { factors }: Experiment): string {
  const verdicts = [...new Set(group.map(({ verdict }) => verdict))];
  if (verdicts.length === 1) return 'everywhere';
  return verdicts
    .map((verdict) => {
      const cells = group.filter((compared) => compared.verdict === verdict);
      const shared = factors.flatMap(({ name, levels }) => {
        const here = levels.filter((level) =>
          cells.some(({ cell }) => levelOf(cell, name) === level),
        );
        const all = levels.filter((level) =>
          group.some(({ cell }) => levelOf(cell, name) === level),
        );
        return here.length < all.length ? [`${name}=${here.join(' or ')}`] : [];
      });
      return `${verdict}: ${shared.length > 0 ? shared.join(', ') : 'elsewhere'}`;
    })
    .join('; ');
}

function levelOf({ cell }: CellResult, factor: string): string | undefined {
  return cell.levels[factor];
}

/** The comparison with the largest difference, of those that have one. */
export function largest(group: readonly Comparison[]): Comparison | undefined {
  return group.reduce<Comparison | undefined>((most, next) => {
    const size = Math.abs(next.difference.estimate);
    if (!Number.isFinite(size)) return most;
    return most === undefined || size > Math.abs(most.difference.estimate) ? next : most;
  }, undefined);
}

/** A difference with its interval, what it is of, and the margin; or how many replications differ, where that is all that is known. */
export function differenceText(compared: Comparison): string {
  const { baseline, kind, metric, difference, margin, why, pairs, diverged } = compared;
  if (!Number.isFinite(difference.estimate)) return '-';
  const of = `of ${timeText(baseline.statistic(kind, metric).estimate)} (margin ${timeText(margin)})`;
  if (why === 'few differ') {
    const { hi } = rateInterval(diverged, pairs);
    const known = `${diverged} of ${counted(pairs, 'replication')} differ, so at most ${percent(hi)} of all do`;
    return diverged === 0 ? known : `${known}; ${signed(difference.estimate)} ${of}`;
  }
  const { lo, hi } = shownInterval(compared);
  const interval = Number.isFinite(lo) ? ` [${signed(lo)}, ${signed(hi)}]` : '';
  return `${signed(difference.estimate)}${interval} ${of}`;
}

/** A row for one statistic: verdicts, where they differ, the span of the differences, and what they rest on. */
export function verdictRow(
  metric: Metric,
  group: readonly Comparison[],
  experiment: Experiment,
): string[] {
  const sorted = [...group]
    .filter(({ difference }) => Number.isFinite(difference.estimate))
    .sort((a, b) => a.difference.estimate - b.difference.estimate);
  const ends = [sorted[0], sorted[sorted.length - 1]];
  const counts = group.flatMap(({ cell, baseline, kind }) =>
    [cell, baseline].map((side) => totalSamples(side, kind)),
  );
  return [
    metric,
    [tally(group), undecidedText(group)].filter((text) => text !== '').join('; '),
    where(group, experiment),
    ...ends.map((end) => (end === undefined ? '-' : differenceText(end))),
    [...new Set([Math.min(...counts), Math.max(...counts)])].join(' to '),
  ];
}

/** The columns of such rows, behind that of the statistic. */
export const VERDICT_COLUMNS = [
  'verdicts',
  'where',
  'smallest difference',
  'largest difference',
  'samples per cell',
];

/** How many replications more would settle those comparisons that more replications can settle, to two digits. */
function settling(group: readonly Comparison[]): string {
  const open = group.filter(({ verdict }) => verdict === 'undecided');
  const more = open.map(settledBy).filter(Number.isFinite);
  if (more.length === 0) return '';
  const which = more.length === open.length ? 'all' : `${more.length} of them`;
  return `; replications needed to settle ${which}: about ${Number(Math.max(...more).toPrecision(2))} more`;
}

export function signed(ns: number): string {
  return ns > 0 ? `+${timeText(ns)}` : timeText(ns);
}

function percent(part: number): string {
  return `${Number((100 * part).toPrecision(2))} %`;
}
