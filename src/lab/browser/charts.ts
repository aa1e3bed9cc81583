import * as Plot from '@observablehq/plot';
import { timeText } from '../../analysis/time-text.ts';
import { policySeries } from '../../report/draw/series.ts';
import type { LabSide, PolicyRow, Shown } from '../messages.ts';
import { byId, element } from './elements.ts';

const HEIGHT = 300;
/** Latencies of zero are drawn here, as a logarithmic axis has no zero [ns]. */
const LEAST = 1;
/** Labels that an axis of times has room for. */
const LABELS_MAX = 6;

interface Point {
  readonly x: number;
  readonly part: number;
}

type Curve = { readonly points: readonly Point[] } & ReturnType<typeof policySeries> & {
    readonly isTheory: boolean;
    readonly isOther: boolean;
  };

/** Which part of the samples is up to a latency, and which part at least so long. */
const CHARTS = [
  {
    id: 'up-to',
    label:
      'Part of the samples that are up to a latency, by policy; the numbers are in the table below',
    pointsOf: ({ values, upTo }: PolicyRow) =>
      values.map((value, i) => ({ x: drawn(value), part: upTo[i] })),
    theoryOf: (beyond: number) => 1 - beyond,
    curve: 'step-after',
  },
  {
    id: 'at-least',
    label:
      'Part of the samples that are at least so long, by policy; the numbers are in the table below',
    pointsOf: ({ values, upTo }: PolicyRow) =>
      values.map((value, i) => ({ x: drawn(value), part: 1 - (upTo[i - 1] ?? 0) })),
    theoryOf: (beyond: number) => beyond,
    curve: 'step-before',
  },
] as const;

function drawn(value: number): number {
  return Math.max(LEAST, value);
}

/** Draws each of the charts. */
export const DRAWINGS = CHARTS.map((chart) => (shown: Shown) => drawChart(chart, shown));

function drawChart(chart: (typeof CHARTS)[number], { sides, kind }: Shown): void {
  const place = byId(chart.id);
  const curves = sides.flatMap(({ rows }, side) =>
    rows.flatMap((row) => curvesOf(chart, row, side > 0)),
  );
  if (curves.length === 0) {
    place.replaceChildren(element('p', { class: 'soft' }, `No ${kind} yet.`));
    return;
  }
  const axis = timeAxis(
    curves.filter(({ isTheory }) => !isTheory).flatMap(({ points }) => points.map(({ x }) => x)),
  );
  const isTail = chart.id === 'at-least';
  const figure = Plot.plot({
    width: Math.max(300, place.clientWidth),
    height: HEIGHT,
    marginLeft: 62,
    marginRight: 26,
    marginTop: 12,
    marginBottom: 42,
    style: { background: 'transparent', color: 'inherit', fontSize: '13px' },
    x: { ...axis, label: `${kind}`, labelAnchor: 'center', clamp: true },
    y: isTail ? tailAxis(curves, sides) : UP_TO_AXIS,
    marks: curves.flatMap((curve) => marksOf(curve, chart.curve, axis.domain, isTail)),
  });
  // It is one picture: its parts have no names of their own.
  for (const part of figure.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  figure.setAttribute('role', 'img');
  figure.setAttribute('aria-label', chart.label);
  place.replaceChildren(figure);
}

/** A logarithmic axis of times in whole decades that hold all `values` [ns]. */
function timeAxis(values: readonly number[]) {
  const first = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  const step = Math.ceil(ticks.length / LABELS_MAX);
  const isLabelled = (ns: number) => (Math.round(Math.log10(ns)) - first) % step === 0;
  return {
    type: 'log' as const,
    domain: [10 ** first, 10 ** last],
    ticks,
    tickFormat: (ns: number) => (isLabelled(ns) ? timeText(ns) : ''),
    grid: true,
    labelArrow: 'none' as const,
  };
}

const UP_TO_AXIS = {
  domain: [0, 1],
  ticks: [0, 0.25, 0.5, 0.75, 1],
  tickFormat: (part: number) => `${100 * part} %`,
  grid: true,
  label: null,
};

/** In decades, as far down as the samples go: one that counts little, as it is drawn more often than it occurs, may lie below. */
function tailAxis(curves: readonly Curve[], sides: readonly LabSide[]): Plot.ScaleOptions {
  const ends = curves
    .filter(({ isTheory }) => !isTheory)
    .map(({ points }) => points[points.length - 1]?.part ?? 1);
  const samples = sides.flatMap(({ rows }) => rows.map((row) => row.samples));
  const least = Math.max(1 / Math.max(...samples), Math.min(...ends.filter((part) => part > 0), 1));
  const decades = Math.max(1, Math.ceil(-Math.log10(least) - 1e-9));
  return {
    type: 'log',
    domain: [10 ** -decades, 1],
    ticks: Array.from({ length: decades + 1 }, (_, i) => 10 ** -i),
    tickFormat: (part: number) => `${Number((100 * part).toPrecision(3))} %`,
    grid: true,
    label: null,
    clamp: true,
  };
}

function curvesOf(chart: (typeof CHARTS)[number], row: PolicyRow, isOther: boolean): Curve[] {
  if (row.values.length === 0) return [];
  const series = policySeries(row.policy, row.index);
  const own = { ...series, points: chart.pointsOf(row), isTheory: false, isOther };
  const { theory } = row;
  if (theory === undefined || isOther) return [own];
  const points = theory.values.map((x, i) => ({
    x: drawn(x),
    part: chart.theoryOf(theory.beyond[i]),
  }));
  return [{ ...series, points, isTheory: true, isOther }, own];
}

function marksOf(
  { points, color, dash, isTheory, isOther }: Curve,
  curve: 'step-after' | 'step-before',
  [low, high]: readonly number[],
  isTail: boolean,
): Plot.Markish[] {
  const start = { x: low, part: isTail ? 1 : 0 };
  const inside = points.filter(({ x, part }) => x >= low && x <= high && (!isTail || part > 0));
  const end = isTail || isTheory ? [] : [{ x: high, part: 1 }];
  const strokeOpacity = isTheory ? 0.8 : isOther ? 0.45 : 1;
  return [
    Plot.line([start, ...inside, ...end], {
      x: 'x',
      y: 'part',
      curve: isTheory ? 'linear' : curve,
      stroke: color,
      strokeWidth: isTheory ? 1 : isOther ? 4 : 2,
      strokeOpacity,
      strokeDasharray: isTheory ? '1 3' : dash,
    }),
  ];
}
