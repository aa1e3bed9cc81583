import { timeText } from '../../analysis/time-text.ts';
import type { Verdict } from '../../stats/equivalence.ts';
import { axisBelow } from './axes.ts';
import type { Bounds } from './data.ts';
import { boundsText } from './percentiles.ts';
import { type AxisScale, type Extent, symmetricScale } from './scales.ts';
import { VERDICT_NAMES, VERDICTS } from './series.ts';
import {
  fitted,
  labelRoom,
  px,
  seriesGroup,
  svgChart,
  svgLine,
  svgMark,
  svgText,
  WIDTH,
} from './svg.ts';

/** A difference as it is drawn. */
export interface DrawnDifference {
  readonly difference: Bounds;
  readonly margin: number;
  readonly verdict: Verdict;
  /** Which two are compared, in words. */
  readonly name: string;
}

/** Differences side by side: large ones with intervals, and small ones of other settings. */
export interface DifferenceRow {
  readonly name: string;
  readonly large: readonly DrawnDifference[];
  readonly small: readonly DrawnDifference[];
}

/** Differences are drawn up to so many margins. */
const MARGINS_MAX = 1e6;
const ROW = 26;
const TOP = 6;

/** Paired differences in multiples of their margins, a row for each name, on a symmetric logarithmic axis. */
export function differencesSvg(kind: string, rows: readonly DifferenceRow[]): string {
  const left = labelRoom(rows.map(({ name }) => name));
  const x: Extent = [left, WIDTH - 24];
  const all = rows.flatMap(({ large, small }) => [...large, ...small]);
  const reach = all.flatMap((each) => each.difference.map((ns) => inMargins(each, ns ?? 0)));
  const scale = symmetricScale(reach, 1, x, powerText);
  const bottom = TOP + ROW * rows.length;
  const names = rows.map(({ name }, i) =>
    svgText(left - 8, TOP + (i + 0.5) * ROW + 4, fitted(name), { anchor: 'end' }),
  );
  const verdicts = VERDICT_NAMES.map((verdict) => {
    const parts = rows.flatMap((row, i) => rowOf(row, verdict, TOP + (i + 0.5) * ROW, scale));
    return seriesGroup(verdict, `stroke="${VERDICTS[verdict].color}"`, parts);
  });
  return svgChart(`Differences of ${kind} to the baseline`, bottom + 42, [
    bandSvg(scale.at(-1), scale.at(1), TOP, bottom),
    axisBelow(scale, x, TOP, bottom, 'difference / margin'),
    ...names,
    ...verdicts,
  ]);
}

/** A power of ten with its sign. */
function powerText(value: number): string {
  const size = Math.abs(value);
  const digits = [...String(Math.round(Math.log10(size)))].map(
    (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)],
  );
  return `${value > 0 ? '+' : '−'}${size < 10_000 ? size : `10${digits.join('')}`}`;
}

function rowOf(
  { large, small }: DifferenceRow,
  verdict: Verdict,
  y: number,
  scale: AxisScale,
): string[] {
  const { color, shape } = VERDICTS[verdict];
  const others = small.filter((each) => each.verdict === verdict);
  const places = new Set(others.map((each) => px(scale.at(inMargins(each, each.difference[0])))));
  const ticks = [...places].map((at) => `M${at} ${px(y + 4)}v6`).join('');
  const parts = ticks === '' ? [] : [`<path d="${ticks}" stroke-opacity="0.8"/>`];
  for (const each of large) {
    if (each.verdict !== verdict) continue;
    const [estimate, lo, hi] = each.difference;
    if (lo !== null && hi !== null) {
      const ends = [lo, hi].map((ns) => scale.at(inMargins(each, ns)));
      parts.push(svgLine(ends[0], y, ends[1], y, 'stroke-width="2.5"'));
    }
    const title = `${each.name}: ${differenceTitle(each)}`;
    const at = scale.at(inMargins(each, estimate));
    parts.push(svgMark(shape, [at, y], 5, title, `fill="${color}"`));
  }
  return parts;
}

/** What is known of a difference, in words. */
export function differenceTitle({ difference, margin, verdict }: DrawnDifference): string {
  return `${boundsText(difference)}, margin ${timeText(margin)}: ${verdict}`;
}

/** The band within which differences do not matter, and its middle. */
export function bandSvg(from: number, to: number, top: number, bottom: number): string {
  const band = `<rect x="${px(from)}" y="${top}" width="${px(to - from)}" height="${px(bottom - top)}" fill="currentColor" fill-opacity="0.1"/>`;
  const middle = (from + to) / 2;
  return band + svgLine(middle, top, middle, bottom, 'stroke="currentColor" stroke-opacity="0.5"');
}

function inMargins({ margin }: DrawnDifference, ns: number): number {
  const margins = margin > 0 ? ns / margin : Math.sign(ns) * 10;
  return Math.max(-MARGINS_MAX, Math.min(MARGINS_MAX, margins));
}
