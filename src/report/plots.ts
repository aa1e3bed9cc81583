import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { LatencyKind } from '../experiment/latency-kinds.ts';
import type { Metric } from '../experiment/schema.ts';
import type { CellResult } from '../experiment/tasks.ts';
import { estimate } from './summary.ts';

/** One point of a plot: a statistic of a cell, with its interval if it has one. */
interface Point {
  readonly cell: string;
  readonly metric: Metric;
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
}

/** What is drawn for each cell, colour-blind safe (Okabe and Ito) and told apart by shape too. */
const MARKS = [
  { metric: 'mean', symbol: 'circle', color: '#0072b2' },
  { metric: 'p99', symbol: 'triangle', color: '#d55e00' },
  { metric: 'max', symbol: 'square', color: '#000000' },
] as const;

/** Latencies of zero are drawn here, as a logarithmic axis has no zero [ns]. */
const LEAST = 1;

/**
 * The latencies of one kind as SVG: mean, 99th percentile and maximum of each cell on a logarithmic axis, with
 * their 95 % intervals. undefined if there is no sample of the kind.
 */
export function latencyPlot(results: readonly CellResult[], kind: LatencyKind): string | undefined {
  const points = results.flatMap((result) => pointsOf(result, kind));
  if (points.length === 0) return undefined;
  const { document } = parseHTML('<html><body></body></html>');
  const cells = results.map(({ cell }) => cell.id);
  const first = points[0].cell;
  const svg = Plot.plot({
    document,
    width: 860,
    height: 90 + 18 * cells.length,
    marginLeft: 270,
    marginTop: 60,
    marginRight: 30,
    style: { background: 'white', color: 'black', fontFamily: 'sans-serif' },
    x: { type: 'log', axis: 'top', grid: true, label: `${kind} [ns]` },
    y: { domain: cells, label: null },
    marks: [
      Plot.link(
        points.filter(({ hi, lo }) => hi > lo),
        {
          x1: (point: Point) => Math.max(LEAST, point.lo),
          x2: (point: Point) => point.hi,
          y1: 'cell',
          y2: 'cell',
          stroke: '#888888',
        },
      ),
      ...MARKS.flatMap(({ metric, symbol, color }) => {
        const of = points.filter((point) => point.metric === metric);
        const label = of.filter((point) => point.cell === first);
        return [
          Plot.dot(of, { x: 'value', y: 'cell', symbol, fill: color, r: 4 }),
          Plot.text(label, { x: 'value', y: 'cell', text: 'metric', dy: -13, fill: color }),
        ];
      }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}

function pointsOf(result: CellResult, kind: LatencyKind): Point[] {
  return MARKS.map(({ metric }) => {
    const { estimate: value, lo, hi } = estimate(result, kind, metric);
    return { cell: result.cell.id, metric, value: Math.max(LEAST, value), lo, hi };
  }).filter(({ value }) => Number.isFinite(value));
}
