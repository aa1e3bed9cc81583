import * as Plot from '@observablehq/plot';
import { estimate } from '../../analysis/summary.ts';
import { timeText } from '../../analysis/time-text.ts';
import type { CellResult } from '../../experiment/outcome.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';
import { chart, figure, LEAST, policySeries, timeAxis } from './chart.ts';

const METRICS = ['p50', 'p90', 'p99', 'p999', 'max'] as const;

interface Point {
  readonly metric: string;
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
  readonly title: string;
}

interface Line extends ReturnType<typeof policySeries> {
  readonly points: readonly Point[];
}

/**
 * The percentiles of one kind by policy; none without a sample.
 * @param results - one cell per policy
 */
export function percentileFigure(
  kind: LatencyKind,
  results: readonly CellResult[],
  setting: string,
): string[] {
  const lines = results
    .map((result, i): Line => {
      const series = policySeries(result.cell.policy, i);
      return { ...series, points: pointsOf(result, kind) };
    })
    .filter(({ points }) => points.length > 0);
  if (lines.length === 0) return [];
  return [
    figure(
      `${kind}: percentiles`,
      percentileChart(kind, lines),
      `Of the samples of all replications together, with 95 % intervals; max: without. ${setting}`,
      lines,
    ),
  ];
}

function pointsOf(result: CellResult, kind: LatencyKind): Point[] {
  return METRICS.flatMap((metric) => {
    const { estimate: value, lo, hi } = estimate(result, kind, metric);
    if (!Number.isFinite(value)) return [];
    const interval = hi > lo ? ` [${timeText(lo)}, ${timeText(hi)}]` : '';
    const title = `${result.cell.policy}, ${metric}: ${timeText(value)}${interval}`;
    return { metric, value: Math.max(LEAST, value), lo, hi, title };
  });
}

/** What an axis of such a kind shows. */
export function axisLabel(kind: LatencyKind): string {
  return kind === 'slowdown' ? 'slowdown (1 us = 1000 = none)' : 'latency';
}

/** All policies side by side take so much of the room of a percentile [px]. */
const SPREAD = 56;

function percentileChart(kind: LatencyKind, lines: readonly Line[]): string {
  const shown = lines.flatMap(({ points }) =>
    points.flatMap(({ value, lo, hi }) => [value, lo, hi].filter((ns) => ns >= LEAST)),
  );
  const gap = Math.min(6, SPREAD / lines.length);
  return chart(`Percentiles of ${kind} by policy`, {
    height: 300,
    marginLeft: 62,
    marginTop: 30,
    x: { type: 'point', domain: METRICS, label: null, padding: 0.4 },
    y: { ...timeAxis(shown), label: axisLabel(kind) },
    marks: lines.flatMap(({ key, color, fill, symbol, rotate, dash, points }, i) => {
      const dx = gap * (i - (lines.length - 1) / 2);
      const common = { className: `s-${key}`, x: 'metric', stroke: color, dx };
      return [
        Plot.line(points, { ...common, y: 'value', strokeWidth: 1.5, strokeDasharray: dash }),
        Plot.ruleX(points, {
          ...common,
          filter: ({ lo, hi }: Point) => lo > 0 && hi > lo,
          y1: 'lo',
          y2: 'hi',
          strokeWidth: 4,
          strokeOpacity: 0.4,
        }),
        Plot.dot(points, { ...common, y: 'value', symbol, rotate, fill, r: 4, title: 'title' }),
      ];
    }),
  });
}
