import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom/worker';
import { firstSetting, isAt, settingText } from '../analysis/first-setting.ts';
import { estimate } from '../analysis/summary.ts';
import { timeText } from '../analysis/time-text.ts';
import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import type { Metric } from '../measure/metrics.ts';

/** One point of a plot: a statistic of a cell, with its interval if it has one. */
interface Point {
  readonly policy: string;
  readonly metric: Metric;
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
}

/** What is drawn for each policy, colour-blind safe (Okabe and Ito) and told apart by shape too. */
const MARKS = [
  { metric: 'mean', symbol: 'circle', color: '#0072b2', label: { textAnchor: 'end', dx: -9 } },
  { metric: 'p99', symbol: 'triangle', color: '#b04a00', label: { dy: 14 } },
  { metric: 'max', symbol: 'square', color: '#000000', label: { textAnchor: 'start', dx: 9 } },
] as const;

/** Latencies of zero are drawn here, as a logarithmic axis has no zero [ns]. */
const LEAST = 1;

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
  const shown = results.filter((result) => isAt(first, result));
  const points = shown.flatMap((result) => pointsOf(result, kind));
  if (points.length === 0) return undefined;
  const { document } = parseHTML('<html><body></body></html>');
  const setting = settingText(first);
  const svg = Plot.plot({
    document,
    ariaLabel: `Latencies of kind ${kind} by policy: mean, 99th percentile, maximum`,
    width: 760,
    height: 110 + 34 * shown.length,
    marginLeft: 20 + 8 * Math.max(...shown.map(({ cell }) => cell.policy.length)),
    marginTop: 70,
    marginRight: 40,
    style: { background: 'white', color: 'black', fontFamily: 'sans-serif', fontSize: '13px' },
    x: {
      type: 'log',
      axis: 'top',
      ticks: 8,
      grid: true,
      domain: span(points),
      label: kind === 'slowdown' ? 'slowdown [ns per us of service]' : `${kind} [ns]`,
    },
    y: { domain: shown.map(({ cell }) => cell.policy), label: null },
    marks: [
      Plot.link(points, {
        filter: ({ lo, hi }: Point) => lo > 0 && hi > lo,
        x1: 'lo',
        x2: 'hi',
        y1: 'policy',
        y2: 'policy',
        stroke: '#888888',
        strokeWidth: 2,
      }),
      ...MARKS.flatMap(({ metric, symbol, color, label }) => {
        const of = points.filter((point) => point.metric === metric);
        const position = { x: 'value', y: 'policy', fill: color };
        return [
          Plot.dot(of, { ...position, symbol, r: 5 }),
          Plot.text(of, {
            ...position,
            text: ({ value }: Point) => `${metric} ${timeText(value)}`,
            ...label,
          }),
        ];
      }),
      Plot.text([setting], {
        frameAnchor: 'bottom-left',
        text: (text) => text,
        dy: 30,
        fill: '#666666',
      }),
    ],
    marginBottom: 40,
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}

function pointsOf(result: CellResult, kind: LatencyKind): Point[] {
  return MARKS.map(({ metric }) => {
    const { estimate: value, lo, hi } = estimate(result, kind, metric);
    return { policy: result.cell.policy, metric, value: Math.max(LEAST, value), lo, hi };
  }).filter(({ value }) => Number.isFinite(value));
}

/** Whole decades around the points, with room for labels on both sides [ns]. */
function span(points: readonly Point[]): [number, number] {
  const values = points.map(({ value }) => value);
  const low = Math.floor(Math.log10(Math.min(...values)));
  return [10 ** (low - 1), 10 ** (Math.floor(Math.log10(Math.max(...values))) + 2)];
}
