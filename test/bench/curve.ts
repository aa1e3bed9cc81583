import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** A point of a curve. */
export interface Point {
  /** What grows: the name of the plot. */
  readonly dimension: string;
  /** Which curve it is of. */
  readonly variant: string;
  readonly x: number;
  readonly y: number;
}

/** Colour-blind safe (Okabe and Ito, the light ones darkened). */
const COLORS = ['#0072b2', '#b04a00', '#007a5a', '#000000', '#a03f7a', '#8a6d00'];

/** Of a label, in heights of the plot. */
const LABEL_HEIGHT = 0.055;

/** Curves on logarithmic axes as SVG: what does not grow is level, what grows in proportion rises by a decade each. */
export function curves(points: readonly Point[], xLabel: string, yLabel: string): string {
  const { document } = parseHTML('<html><body></body></html>');
  const variants = [...new Set(points.map(({ variant }) => variant))];
  const [low, high] = range(points.map(({ y }) => y));
  const ends = variants.map((variant) =>
    points.filter((point) => point.variant === variant).at(-1),
  );
  const svg = Plot.plot({
    document,
    ariaLabel: `${yLabel} by ${xLabel}`,
    width: 640,
    height: 320,
    marginRight: 150,
    marginLeft: 60,
    style: { background: 'white', color: 'black', fontFamily: 'sans-serif', fontSize: '12px' },
    x: { type: 'log', grid: true, label: xLabel },
    y: { type: 'log', grid: true, label: yLabel, domain: [low, high] },
    color: { domain: variants, range: COLORS },
    marks: [
      Plot.line(points, { x: 'x', y: 'y', stroke: 'variant', strokeWidth: 2 }),
      Plot.dot(points, { x: 'x', y: 'y', fill: 'variant', symbol: 'variant', r: 3 }),
      Plot.text(
        spread(
          ends.flatMap((end) => end ?? []),
          (high / low) ** LABEL_HEIGHT,
        ),
        {
          x: 'x',
          y: 'at',
          text: 'variant',
          fill: 'variant',
          textAnchor: 'start',
          dx: 8,
        },
      ),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}

/** Whole decades around the values. */
function range(values: readonly number[]): [number, number] {
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  return [low, 10 ** Math.ceil(Math.log10(Math.max(...values) * 1.001))];
}

/** Labels of curves that end close to each other, moved apart by `factor` at least. */
function spread(ends: readonly Point[], factor: number): (Point & { at: number })[] {
  let last = 0;
  return [...ends]
    .sort((a, b) => a.y - b.y)
    .map((end) => {
      last = Math.max(end.y, last * factor);
      return { ...end, at: last };
    });
}
