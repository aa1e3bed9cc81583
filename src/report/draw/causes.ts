import { timeText } from '../../analysis/time-text.ts';
import { causesOf } from '../../measure/causes.ts';
import { escapeHtml } from '../html/escape.ts';
import { axisBelow } from './axes.ts';
import { causeFill } from './cause-style.ts';
import { type Extent, plainScale } from './scales.ts';
import { fitted, labelRoom, px, seriesGroup, svgChart, svgText, WIDTH } from './svg.ts';

/** What some samples were made of together. */
export interface CauseBar {
  readonly name: string;
  /** By cause, in the order of causesOf [ns]. */
  readonly sums: readonly number[];
  /** How many samples. */
  readonly count: number;
}

const ROW = 28;
const TOP = 4;

/** Bars of 100 % each, with the parts of the causes. @param bars - with a sum above zero */
export function causesSvg(
  kind: string,
  bars: readonly CauseBar[],
  jobs: readonly string[],
): string {
  const left = labelRoom(bars.map(({ name }) => name));
  const x: Extent = [left, WIDTH - 82];
  const scale = plainScale([0, 100], x, String);
  const bottom = TOP + ROW * bars.length;
  const at = bars.map(({ sums }) => {
    const total = sum(sums);
    let before = 0;
    return sums.map((ns) => {
      const from = before;
      before += (100 * ns) / total;
      return [from, before] as const;
    });
  });
  const parts = causesOf(jobs).map((cause, i) => {
    const rects = bars.flatMap(({ name, sums, count }, row) => {
      if (!(sums[i] > 0)) return [];
      const [from, to] = at[row][i];
      const title = `${name}: ${cause} ${Number((to - from).toPrecision(3))} %, ${timeText(sums[i] / count)} per sample`;
      const [x1, x2] = [scale.at(from), scale.at(to)];
      return `<rect x="${px(x1)}" y="${TOP + row * ROW + 3}" width="${px(x2 - x1)}" height="${ROW - 6}"><title>${escapeHtml(title)}</title></rect>`;
    });
    if (rects.length === 0) return '';
    const style = `fill="${causeFill(cause, jobs)}" stroke="currentColor" stroke-width="0.5"`;
    return seriesGroup(cause, style, rects);
  });
  const names = bars.flatMap(({ name, sums, count }, row) => [
    svgText(left - 8, TOP + (row + 0.5) * ROW + 4, fitted(name), { anchor: 'end' }),
    svgText(x[1] + 6, TOP + (row + 0.5) * ROW + 4, meanText(sums, count)),
  ]);
  return svgChart(`Causes of ${kind} by policy`, bottom + 42, [
    axisBelow(scale, x, TOP, bottom, 'part of the time [%]'),
    ...parts,
    ...names,
  ]);
}

function meanText(sums: readonly number[], count: number): string {
  return timeText(Number((sum(sums) / count).toPrecision(3)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
