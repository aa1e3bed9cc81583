import { firstSetting, isAt, settingText } from '../analysis/first-setting.ts';
import { estimate } from '../analysis/summary.ts';
import { timeText } from '../analysis/time-text.ts';
import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import type { Metric } from '../measure/metrics.ts';
import { type AxisScale, timeScale } from './draw/scales.ts';
import { GRID, labelRoom, svgLine, svgMark, svgText, textWidth } from './draw/svg.ts';
import { escapeHtml } from './html/escape.ts';

/** One point of a plot: a statistic of a cell, with its interval if it has one [ns]. */
interface Point {
  readonly metric: Metric;
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
}

/** What is drawn for each policy, colour-blind safe (Okabe and Ito) and told apart by shape too; and where its label stands. */
const MARKS = [
  { metric: 'mean', shape: 'circle', color: '#0072b2', label: { anchor: 'end', dx: -9, dy: 4 } },
  {
    metric: 'p99',
    shape: 'triangle',
    color: '#b04a00',
    label: { anchor: 'middle', dx: 0, dy: 19 },
  },
  { metric: 'max', shape: 'square', color: '#000000', label: { anchor: 'start', dx: 9, dy: 4 } },
] as const;

const WIDTH = 760;
const TOP = 60;
const ROW = 36;

/**
 * The latencies of one kind as SVG: mean, 99th percentile and maximum of each policy, at the first level of every
 * factor, on a logarithmic axis with 95 % intervals. undefined if there is no sample of the kind.
 */
export function latencyPlot(
  experiment: Experiment,
  results: readonly CellResult[],
  kind: LatencyKind,
): string | undefined {
  const first = firstSetting(experiment, results);
  const rows = results
    .filter((result) => isAt(first, result))
    .map((result) => ({ policy: result.cell.policy, points: pointsOf(result, kind) }));
  const points = rows.flatMap((row) => row.points);
  if (points.length === 0) return undefined;
  const left = labelRoom(rows.map(({ policy }) => policy));
  // Room for the labels beside the outermost marks: a decade each.
  const values = points.map(({ value }) => value);
  const around = [Math.min(...values.filter((ns) => ns > 0)) / 10, 10 * Math.max(...values)];
  const held = [...values, ...around].filter(Number.isFinite);
  // A label stands at the left of a mark, which of zero is at the beginning of the axis.
  const room = values.includes(0) ? 90 : 20;
  const scale = timeScale(held, [left + room, WIDTH - 40]);
  const bottom = TOP + ROW * rows.length;
  const setting = linesOf(settingText(first).split(', '));
  const name = kind === 'slowdown' ? 'slowdown (1 us = 1000 = none)' : kind;
  const parts = [
    '<rect width="100%" height="100%" fill="white"/>',
    svgText(left, 18, name, { more: 'font-style="italic"' }),
    ...scale.ticks.flatMap(({ at, label }) => [
      svgLine(at, TOP - 8, at, bottom, GRID),
      label === '' ? '' : svgText(at, TOP - 16, label, { anchor: 'middle' }),
    ]),
    ...rows.map((row, i) => rowOf(row, TOP + (i + 0.4) * ROW, left, scale)),
    ...setting.map((line, i) => svgText(8, bottom + 26 + 17 * i, line, { more: 'fill="#666666"' })),
  ];
  const label = `Latencies of kind ${kind} by policy: mean, 99th percentile, maximum`;
  const height = bottom + 24 + 17 * setting.length;
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  const style = 'font-family="sans-serif" font-size="13" color="black"';
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeHtml(label)}" ${size} ${style}>${parts.join('')}</svg>\n`;
}

/** Parts with commas between them, as many on a line as have room. */
function linesOf(parts: readonly string[]): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines[lines.length - 1];
    if (last !== undefined && textWidth(`${last}, ${part}`) < WIDTH - 16)
      lines[lines.length - 1] = `${last}, ${part}`;
    else lines.push(part);
  }
  return lines;
}

function rowOf(
  { policy, points }: { readonly policy: string; readonly points: readonly Point[] },
  y: number,
  left: number,
  scale: AxisScale,
): string {
  const name = svgText(left - 8, y + 4, policy, { anchor: 'end' });
  const intervals = points
    .filter(({ lo, hi }) => hi > lo)
    .map(({ lo, hi }) =>
      svgLine(scale.at(lo), y, scale.at(hi), y, 'stroke="#888" stroke-width="2"'),
    );
  const marks = points.flatMap(({ metric, value }) => {
    const drawn = MARKS.find((mark) => mark.metric === metric);
    if (drawn === undefined) return [];
    const { shape, color, label } = drawn;
    const { anchor, dx, dy } = label;
    const place = [scale.at(value) + dx, y + dy] as const;
    const style = anchor === 'start' ? {} : { anchor };
    return [
      svgMark(shape, [scale.at(value), y], 5, '', `fill="${color}"`),
      svgText(...place, `${metric} ${timeText(value)}`, { ...style, more: `fill="${color}"` }),
    ];
  });
  return [name, ...intervals, ...marks].join('');
}

function pointsOf(result: CellResult, kind: LatencyKind): Point[] {
  return MARKS.map(({ metric }) => {
    const { estimate: value, lo, hi } = estimate(result, kind, metric);
    return { metric, value, lo, hi };
  }).filter(({ value }) => Number.isFinite(value));
}
