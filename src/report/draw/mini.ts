import { timeText } from '../../analysis/time-text.ts';
import type { Bounds } from './data.ts';
import { bandSvg, type DrawnDifference } from './differences.ts';
import { type AxisScale, type Extent, plainScale, symmetricScale, timeScale } from './scales.ts';
import { VERDICT_NAMES, VERDICTS } from './series.ts';
import { fitted, GRID, px, svgChart, svgLine, svgMark, svgText, textWidth, WIDTH } from './svg.ts';

/** A value of a cell. */
export interface MiniRow {
  readonly name: string;
  readonly value: Bounds;
  /** The value in words. */
  readonly text: string;
}

const ROW = 22;
const TOP = 4;
/** Room for names at most [px]. */
const NAMES_MAX = 210;

/** Values of a few cells with their intervals, a row each: times on a logarithmic axis, others on a linear one. */
export function valuesSvg(label: string, rows: readonly MiniRow[], isTime: boolean): string {
  const names = Math.min(NAMES_MAX, 12 + Math.max(...rows.map(({ name }) => textWidth(name))));
  const texts = 12 + Math.max(...rows.map(({ text }) => textWidth(text)));
  const x: Extent = [names, Math.max(names + 90, WIDTH - texts)];
  const ends = rows.flatMap(({ value }) => value.filter((each) => each !== null));
  const isLogarithmic = isTime && ends.every((ns) => ns >= 0);
  const scale = isLogarithmic
    ? timeScale(ends, x)
    : plainScale(ends, x, isTime ? timeText : (value) => String(value));
  const bottom = TOP + ROW * rows.length;
  const color = 'var(--s0)';
  const drawn = rows.map(({ name, value: [estimate, lo, hi], text }, i) => {
    const y = TOP + (i + 0.5) * ROW;
    const interval =
      lo === null || hi === null
        ? ''
        : svgLine(
            scale.at(lo),
            y,
            scale.at(hi),
            y,
            `stroke="${color}" stroke-width="3" stroke-opacity="0.5"`,
          );
    const room = names - 8;
    return (
      svgText(0, y + 4, fitted(name, room)) +
      interval +
      svgMark('circle', [scale.at(estimate), y], 4.5, `${name}: ${text}`, `fill="${color}"`) +
      svgText(WIDTH, y + 4, text, { anchor: 'end' })
    );
  });
  return svgChart(label, bottom + 20, [sparseAxis(scale, TOP, bottom), ...drawn]);
}

/**
 * A difference with its interval on a symmetric logarithmic axis of times, and below it those of other settings; within the
 * shaded band it does not matter.
 */
export function differenceSvg(
  label: string,
  compared: DrawnDifference,
  others: readonly DrawnDifference[],
): string {
  const { difference, margin, verdict, name } = compared;
  const [estimate, lo, hi] = difference;
  const { color, shape } = VERDICTS[verdict];
  const unit = margin > 0 ? margin : Math.abs(estimate) / 100 || 1;
  const x: Extent = [26, WIDTH - 26];
  const all = [compared, ...others].flatMap((each) => each.difference.map((ns) => ns ?? 0));
  const scale = symmetricScale(all, unit, x, (units) => {
    const text = timeText(units * unit, 2);
    return units > 0 ? `+${text}` : text.replace('-', '−');
  });
  const rows = others.length === 0 ? 1 : 2;
  const top = 18;
  const bottom = top + rows * ROW + 4;
  const y = top + ROW / 2;
  const interval =
    lo === null || hi === null
      ? ''
      : svgLine(scale.at(lo), y, scale.at(hi), y, `stroke="${color}" stroke-width="3"`);
  const strips = VERDICT_NAMES.map((each) => {
    const of = others.filter((other) => other.verdict === each);
    const places = new Set(of.map((other) => px(scale.at(other.difference[0]))));
    if (places.size === 0) return '';
    const ticks = [...places].map((at) => `M${at} ${y + 15}v12`).join('');
    return `<path d="${ticks}" stroke="${VERDICTS[each].color}" stroke-width="1.5" stroke-opacity="0.8"/>`;
  });
  return svgChart(label, bottom + 20, [
    bandSvg(scale.at(-unit), scale.at(unit), top, bottom),
    sparseAxis(scale, top, bottom),
    svgText(0, 11, fitted(name, WIDTH)),
    interval,
    svgMark(shape, [scale.at(estimate), y], 5.5, `${name}: ${verdict}`, `fill="${color}"`),
    ...strips,
  ]);
}

/** An axis without name. */
function sparseAxis(scale: AxisScale, top: number, bottom: number): string {
  let end = Number.NEGATIVE_INFINITY;
  const ticks = scale.ticks.map(({ at, label }) => {
    const half = textWidth(label) / 2;
    const line = svgLine(at, top, at, bottom, GRID);
    // A label that would run into the one before is left out.
    if (label === '' || at - half < end) return line;
    end = at + half + 6;
    const shift = Math.min(0, WIDTH - (at + half));
    return line + svgText(at + shift, bottom + 15, label, { anchor: 'middle' });
  });
  return `<g class="axis">${ticks.join('')}</g>`;
}
