import { timeText } from '../../analysis/time-text.ts';
import type { BucketStep } from '../../stats/bucket-counts.ts';
import { axisBelow, axisLeft } from './axes.ts';
import { type AxisScale, type Extent, partScale, timeScale } from './scales.ts';
import type { PolicySeries } from './series.ts';
import { px, seriesGroup, svgChart, svgMark, WIDTH } from './svg.ts';

/** The samples of one policy. */
export interface PolicySamples {
  readonly series: PolicySeries;
  /** Ascending, at least one. */
  readonly steps: readonly BucketStep[];
}

/** `part` of the samples are up to, or at least, `value`. */
interface Point {
  readonly value: number;
  readonly part: number;
}

/** Parts of the samples that are marked, as far as there are so many. */
const MARKED = [0.5, 0.1, 0.01, 0.001, 0.0001, 0.00001];
const X: Extent = [62, WIDTH - 26];
const Y: Extent = [258, 30];
const HEIGHT = 302;

/** What an axis of such a kind shows. */
export function axisName(kind: string): string {
  return kind === 'slowdown' ? 'slowdown (1 us = 1000 = none)' : 'latency';
}

/** What part of the samples is up to a latency, by policy, on a logarithmic axis of times. */
export function distributionSvg(kind: string, all: readonly PolicySamples[]): string {
  const x = timeScale(valuesOf(all), X);
  const y: AxisScale = {
    at: (part) => Y[0] + (Y[1] - Y[0]) * part,
    ticks: [0, 0.25, 0.5, 0.75, 1].map((part) => ({
      at: Y[0] + (Y[1] - Y[0]) * part,
      label: `${100 * part} %`,
    })),
  };
  const curves = all.map(({ series, steps }) => {
    const points = partsUpTo(steps);
    const path = points.map(({ value, part }) => `H${px(x.at(value))}V${px(y.at(part))}`).join('');
    const chosen = MARKED.map((part) => points.find((point) => point.part >= 1 - part));
    return curveSvg(series, `M${X[0]} ${Y[0]}${path}H${X[1]}`, [
      ...marks([...chosen, points.at(-1)], x, y, ({ value, part }) =>
        told(series, steps, `${percent(part)} of`, `up to ${timeText(value)}`),
      ),
    ]);
  });
  return frame(
    `Distribution function of ${kind} by policy`,
    'samples up to it',
    kind,
    x,
    y,
    curves,
  );
}

/** What part of the samples is at least a latency, by policy, on logarithmic axes: it shows the tail. */
export function tailSvg(kind: string, all: readonly PolicySamples[]): string {
  const x = timeScale(valuesOf(all), X);
  const least = Math.min(...all.map(({ steps }) => partsAtLeast(steps).at(-1)?.part ?? 1));
  const y = partScale(least, [Y[1], Y[0]]);
  const curves = all.map(({ series, steps }) => {
    const points = partsAtLeast(steps);
    const path = points.map(({ value, part }) => `V${px(y.at(part))}H${px(x.at(value))}`).join('');
    const chosen = MARKED.map((part) => points.findLast((point) => point.part >= part));
    return curveSvg(series, `M${X[0]} ${Y[1]}${path}`, [
      ...marks([...chosen, points.at(-1)], x, y, ({ value, part }) =>
        told(series, steps, `${percent(part)} of`, `at least ${timeText(value)}`),
      ),
    ]);
  });
  const name = 'samples that are at least so long';
  return frame(
    `Complementary distribution function of ${kind} by policy`,
    name,
    kind,
    x,
    y,
    curves,
  );
}

function frame(
  label: string,
  name: string,
  kind: string,
  x: AxisScale,
  y: AxisScale,
  curves: readonly string[],
): string {
  const axes = [axisLeft(y, X, Y[1], name), axisBelow(x, X, Y[1], Y[0], axisName(kind))];
  return svgChart(label, HEIGHT, [...axes, ...curves]);
}

function curveSvg(
  { key, color, dash, fill }: PolicySeries,
  path: string,
  marked: string[],
): string {
  const dashed = dash === 'none' ? '' : ` stroke-dasharray="${dash}"`;
  return seriesGroup(key, `stroke="${color}" fill="none" stroke-width="1.5"`, [
    `<path d="${path}"${dashed}/>`,
    `<g fill="${fill}">${marked.join('')}</g>`,
  ]);
}

/** Points that are marked, each once. */
function marks(
  points: readonly (Point | undefined)[],
  x: AxisScale,
  y: AxisScale,
  titleOf: (point: Point) => [series: PolicySeries, title: string],
): string[] {
  return [...new Set(points)].flatMap((point) => {
    if (point === undefined) return [];
    const [{ shape }, title] = titleOf(point);
    return svgMark(shape, [x.at(point.value), y.at(point.part)], 4, title);
  });
}

function told(
  series: PolicySeries,
  steps: readonly BucketStep[],
  part: string,
  where: string,
): [PolicySeries, string] {
  const count = steps.at(-1)?.upTo ?? 0;
  return [
    series,
    `${series.name}: ${part} ${count} ${count === 1 ? 'sample' : 'samples'}: ${where}`,
  ];
}

function partsUpTo(steps: readonly BucketStep[]): Point[] {
  const count = steps.at(-1)?.upTo ?? 0;
  return steps.map(({ value, upTo }) => ({ value, part: upTo / count }));
}

function partsAtLeast(steps: readonly BucketStep[]): Point[] {
  const count = steps.at(-1)?.upTo ?? 0;
  return steps.map(({ value }, i) => ({
    value,
    part: (count - (steps[i - 1]?.upTo ?? 0)) / count,
  }));
}

function valuesOf(all: readonly PolicySamples[]): number[] {
  return all.flatMap(({ steps }) => steps.map(({ value }) => value));
}

function percent(part: number): string {
  // Of nearly all it matters how many are missing.
  return `${Number((100 * part).toPrecision(part > 0.99 ? 6 : 3))} %`;
}
