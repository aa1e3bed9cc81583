import * as Plot from '@observablehq/plot';
import type { Digest } from '../../analysis/digest.ts';
import { timeText } from '../../analysis/time-text.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';
import { type BucketStep, COUNTS_ERROR_MAX } from '../../stats/bucket-counts.ts';
import { chart, figure, LEAST, policySeries, timeAxis } from './chart.ts';
import { axisLabel } from './percentiles.ts';

/** A step of a curve: `part` of the samples are up to, or at least, `value`. */
interface Point {
  readonly value: number;
  readonly part: number;
}

interface Curve extends ReturnType<typeof policySeries> {
  readonly points: readonly Point[];
  readonly marks: readonly (Point & { readonly title: string })[];
}

type TimeAxis = ReturnType<typeof timeAxis>;

/** Parts of the samples that are marked, as far as there are so many. */
const MARKED = [0.5, 0.1, 0.01, 0.001, 0.0001, 0.00001];
/** Steps that lie closer than this are drawn as one [px], in a chart of about this size [px]. */
const NEAR = 0.5;
const [DRAWN_WIDTH, DRAWN_HEIGHT] = [400, 240];
const HEIGHT = 300;

/**
 * Two charts of all samples of one kind by policy: what part of them is up to a latency (the distribution function), and
 * what part is at least a latency (its complement, which shows the tail). None without a sample.
 * @param digests - one cell per policy, with their samples
 */
export function distributionFigures(
  kind: LatencyKind,
  digests: readonly Digest[],
  setting: string,
): string[] {
  const all = digests.map(({ cell, kinds }, i) => ({
    series: policySeries(cell.policy, i),
    steps: kinds.get(kind)?.samples?.steps() ?? [],
  }));
  const present = all.filter(({ steps }) => steps.length > 0);
  if (present.length === 0) return [];
  const axis = timeAxis(present.flatMap(({ steps }) => steps.map(({ value }) => value)));
  const error = `Values within ${Number((100 * COUNTS_ERROR_MAX).toFixed(1))} %, extremes exact. ${setting}`;
  const upTo = present.map(({ series, steps }) => ({
    ...series,
    ...upToCurve(series.name, steps),
  }));
  const atLeast = present.map(({ series, steps }) => ({
    ...series,
    ...atLeastCurve(series.name, steps),
  }));
  return [
    figure(
      `${kind}: distribution function`,
      upToChart(kind, upTo, axis),
      `What part of all samples of all replications is up to a latency. ${error}`,
      upTo,
    ),
    figure(
      `${kind}: complementary distribution function`,
      atLeastChart(kind, atLeast, axis),
      `What part of all samples of all replications is at least a latency; each curve ends at its largest. ${error}`,
      atLeast,
    ),
  ];
}

function upToCurve(name: string, steps: readonly BucketStep[]): Pick<Curve, 'points' | 'marks'> {
  const count = steps[steps.length - 1].upTo;
  const points = steps.map(({ value, upTo }) => ({ value, part: upTo / count }));
  const chosen = MARKED.map((part) => points.find((point) => point.part >= 1 - part));
  return {
    points: [{ value: points[0].value, part: 0 }, ...points],
    marks: marksOf([...chosen, points[points.length - 1]], (point) => {
      return `${name}: ${percent(point.part)} of ${count} samples are up to ${timeText(point.value)}`;
    }),
  };
}

function atLeastCurve(name: string, steps: readonly BucketStep[]): Pick<Curve, 'points' | 'marks'> {
  const count = steps[steps.length - 1].upTo;
  const points = steps.map(({ value }, i) => ({
    value,
    part: (count - (steps[i - 1]?.upTo ?? 0)) / count,
  }));
  const chosen = MARKED.map((part) => points.findLast((point) => point.part >= part));
  return {
    points,
    marks: marksOf([...chosen, points[points.length - 1]], (point) => {
      return `${name}: ${percent(point.part)} of ${count} samples are at least ${timeText(point.value)}`;
    }),
  };
}

/** The points that are marked, each once. */
function marksOf(points: readonly (Point | undefined)[], titleOf: (point: Point) => string) {
  const chosen = new Set(points.filter((point) => point !== undefined));
  return [...chosen].map((point) => ({ ...point, title: titleOf(point) }));
}

function percent(part: number): string {
  // Of nearly all it matters how many are missing.
  return `${Number((100 * part).toPrecision(part > 0.99 ? 6 : 3))} %`;
}

function upToChart(kind: LatencyKind, curves: readonly Curve[], axis: TimeAxis): string {
  const y = {
    domain: [0, 1],
    ticks: [0, 0.25, 0.5, 0.75, 1],
    tickFormat: (part: number) => `${100 * part} %`,
    grid: true,
    label: 'samples up to it',
    labelArrow: 'none' as const,
  };
  const first = axis.domain[0];
  const marks = curves.flatMap((curve) => {
    const start = { value: first, part: 0 };
    const end = { value: axis.domain[1], part: 1 };
    const points = thinned(curve.points, axis, (part) => part);
    return marksOfCurve(curve, [start, ...points, end], 'step-after');
  });
  return chart(`Distribution function of ${kind} by policy`, options(kind, axis, y, marks));
}

function atLeastChart(kind: LatencyKind, curves: readonly Curve[], axis: TimeAxis): string {
  const least = Math.min(...curves.map(({ points }) => points[points.length - 1].part));
  const decades = Math.max(1, Math.ceil(-Math.log10(least) - 1e-9));
  const y = {
    type: 'log' as const,
    domain: [10 ** -decades, 1],
    ticks: Array.from({ length: decades + 1 }, (_, i) => 10 ** -i),
    tickFormat: (part: number) => `${Number((100 * part).toPrecision(3))} %`,
    grid: true,
    label: 'samples that are at least so long',
    labelArrow: 'none' as const,
  };
  const marks = curves.flatMap((curve) => {
    const start = { value: axis.domain[0], part: 1 };
    const points = thinned(curve.points, axis, (part) => -Math.log10(part) / decades);
    return marksOfCurve(curve, [start, ...points], 'step-before');
  });
  return chart(
    `Complementary distribution function of ${kind} by policy`,
    options(kind, axis, y, marks),
  );
}

function options(kind: LatencyKind, axis: TimeAxis, y: Plot.ScaleOptions, marks: Plot.Markish[]) {
  return {
    height: HEIGHT,
    marginLeft: 62,
    marginRight: 26,
    marginTop: 30,
    marginBottom: 42,
    x: { ...axis, label: axisLabel(kind), labelAnchor: 'center' as const },
    y,
    marks,
  };
}

function marksOfCurve(
  { key, color, fill, symbol, rotate, dash, marks }: Curve,
  points: readonly Point[],
  curve: 'step-after' | 'step-before',
): Plot.Markish[] {
  const common = { className: `s-${key}`, x: drawnAt, y: 'part', stroke: color };
  return [
    Plot.line(points, { ...common, curve, strokeWidth: 1.5, strokeDasharray: dash }),
    Plot.dot(marks, { ...common, symbol, rotate, fill, r: 4, title: 'title' }),
  ];
}

function drawnAt({ value }: Point): number {
  return Math.max(LEAST, value);
}

/** The points without those that lie so near another that no eye can tell. */
function thinned(
  points: readonly Point[],
  { domain: [low, high] }: TimeAxis,
  heightOf: (part: number) => number,
): Point[] {
  const scale = DRAWN_WIDTH / Math.log10(high / low);
  let [x, y] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return points.filter((point, i) => {
    const ownX = Math.log10(drawnAt(point)) * scale;
    const ownY = heightOf(point.part) * DRAWN_HEIGHT;
    const isNear = Math.abs(ownX - x) < NEAR && Math.abs(ownY - y) < NEAR;
    if (isNear && i < points.length - 1) return false;
    [x, y] = [ownX, ownY];
    return true;
  });
}
