import { timeText } from '../../analysis/time-text.ts';
import { axisLeft } from './axes.ts';
import type { Bounds } from './data.ts';
import { axisName } from './distributions.ts';
import { type Extent, timeScale } from './scales.ts';
import type { PolicySeries } from './series.ts';
import { px, seriesGroup, svgChart, svgLine, svgMark, svgText, WIDTH } from './svg.ts';

const METRICS = ['p50', 'p90', 'p99', 'p999', 'max'] as const;

/** The statistics of one policy. */
export interface Percentiles {
  readonly series: PolicySeries;
  readonly statistics: Readonly<Record<string, Bounds>>;
}

const X: Extent = [62, WIDTH - 10];
const Y: Extent = [266, 30];
const HEIGHT = 296;
/** All policies side by side take so much of the room of a percentile [px]. */
const SPREAD = 56;

/** Percentiles and the maximum by policy, with their intervals, on a logarithmic axis. */
export function percentileSvg(kind: string, lines: readonly Percentiles[]): string {
  const shown = lines.flatMap(({ statistics }) =>
    METRICS.flatMap((metric) => (statistics[metric] ?? []).filter((ns) => ns !== null)),
  );
  const y = timeScale(shown, Y);
  const column = (X[1] - X[0]) / METRICS.length;
  const gap = Math.min(6, SPREAD / lines.length);
  const drawn = lines.map(({ series, statistics }, i) => {
    const { key, color, fill, shape, dash, name } = series;
    const dx = gap * (i - (lines.length - 1) / 2);
    const points = METRICS.flatMap((metric, column_) => {
      const bounds = statistics[metric];
      if (bounds === undefined) return [];
      return { metric, bounds, x: X[0] + (column_ + 0.5) * column + dx };
    });
    const line = points.map(({ x, bounds }) => `${px(x)} ${px(y.at(bounds[0]))}`).join('L');
    const dashed = dash === 'none' ? '' : ` stroke-dasharray="${dash}"`;
    return seriesGroup(key, `stroke="${color}" fill="none" stroke-width="1.5"`, [
      `<path d="M${line}"${dashed}/>`,
      ...points.flatMap(({ bounds: [, lo, hi], x }) =>
        lo === null || hi === null || !(hi > lo)
          ? []
          : svgLine(x, y.at(lo), x, y.at(hi), 'stroke-width="4" stroke-opacity="0.4"'),
      ),
      `<g fill="${fill}">`,
      ...points.map(({ metric, bounds, x }) =>
        svgMark(shape, [x, y.at(bounds[0])], 4, `${name}, ${metric}: ${boundsText(bounds)}`),
      ),
      '</g>',
    ]);
  });
  const names = METRICS.map((metric, i) =>
    svgText(X[0] + (i + 0.5) * column, Y[0] + 20, metric, { anchor: 'middle' }),
  );
  const axis = axisLeft(y, X, Y[1], axisName(kind));
  return svgChart(`Percentiles of ${kind} by policy`, HEIGHT, [axis, ...names, ...drawn]);
}

/** An estimate with its interval, if it has one. */
export function boundsText([value, lo, hi]: Bounds, text = (ns: number) => timeText(ns)): string {
  return lo === null || hi === null || !(hi > lo)
    ? text(value)
    : `${text(value)} [${text(lo)}, ${text(hi)}]`;
}
