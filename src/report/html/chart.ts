import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom/worker';
import { timeText } from '../../analysis/time-text.ts';
import { escapeHtml } from './escape.ts';
import { WIDTH } from './style.ts';

/** Size of text in charts [px], and about what a letter takes. */
const FONT = 13;
const LETTER = 6.6;

/** A series of a chart, as its legend shows it. */
export interface Series {
  /** What switches it: marks have the class `s-KEY`. */
  readonly key: string;
  readonly name: string;
  /** Any CSS colour. */
  readonly color: string;
  /** A sign that tells it apart without colour. */
  readonly sign: string;
  /** How its line is dashed, if it has one. */
  readonly dash?: string;
}

/** Colours are variables of the style sheet. */
const COLORS = 10;
const SIGNS = ['●', '▲', '■', '◆', '✚', '★', '▼'] as const;
/** The same, hollow. */
const HOLLOW_SIGNS = ['○', '△', '□', '◇', '✛', '☆', '▽'] as const;
const SYMBOLS = ['circle', 'triangle', 'square', 'diamond', 'cross', 'star', 'triangle'] as const;
const DASHES = ['none', '7 3', '2 3', '9 3 2 3', '12 4', '4 2', '1 2'] as const;

/**
 * How policy number `i` is drawn: the first 14 have a symbol each, which is hollow from the eighth; the first 70 differ
 * in symbol or colour.
 */
export function policySeries(name: string, i: number) {
  const turn = i % SYMBOLS.length;
  const color = `var(--s${i % COLORS})`;
  const isHollow = i % (2 * SYMBOLS.length) >= SYMBOLS.length;
  return {
    key: String(i),
    name,
    color,
    sign: (isHollow ? HOLLOW_SIGNS : SIGNS)[turn],
    symbol: SYMBOLS[turn],
    // The last is a triangle that stands on its head.
    rotate: turn === SYMBOLS.length - 1 ? 180 : 0,
    fill: isHollow ? 'var(--back)' : color,
    dash: DASHES[turn],
  };
}

/** Longer labels are shortened in their middle [letters]. */
const LABEL_MAX = 34;

/** Room for labels at the left of a chart [px]. */
export function labelRoom(labels: readonly string[]): number {
  return 20 + LETTER * Math.min(LABEL_MAX, Math.max(...labels.map(({ length }) => length)));
}

/** A label in the room that there is for it [px]. */
export function fitted(label: string, room = LETTER * LABEL_MAX): string {
  const letters = Math.max(2, Math.floor(room / LETTER));
  if (label.length <= letters) return label;
  const end = Math.floor((letters - 1) / 2);
  return `${label.slice(0, letters - 1 - end)}…${label.slice(label.length - end)}`;
}

/** Draws a chart as SVG. Its texts are escaped by the serialiser, and its coordinates have one decimal. */
export function chart(label: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>');
  const svg = Plot.plot({
    document,
    width: WIDTH,
    style: { background: 'transparent', color: 'inherit', fontSize: `${FONT}px` },
    ...options,
  });
  return svg.outerHTML
    .replace(/<style>[^<]*<\/style>/g, '')
    .replace(/^<svg /, () => `<svg role="img" aria-label="${escapeHtml(label)}" `)
    .replace(/ (cx|cy|x|y|x1|x2|y1|y2|d|transform|width|height)="[^"]*"/g, (attribute: string) =>
      attribute.replace(/\d+\.\d\d+/g, (number) => String(Math.round(Number(number) * 10) / 10)),
    );
}

/** Charts side by side where there is room. */
export function charts(figures: readonly string[]): string {
  return figures.length === 0 ? '' : `<div class="charts">\n${figures.join('\n')}\n</div>`;
}

/**
 * A chart with title, legend and what it shows in words.
 * @param scale - what else is to be explained, as HTML
 */
export function figure(
  title: string,
  svg: string,
  caption: string,
  series: readonly Series[] = [],
  scale = '',
): string {
  return [
    '<figure class="chart">',
    `<h4>${escapeHtml(title)}</h4>`,
    legend(series),
    scale,
    svg,
    `<figcaption>${escapeHtml(caption)}</figcaption>`,
    '</figure>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** A legend, whose entries the script makes buttons. */
function legend(series: readonly Series[]): string {
  if (series.length === 0) return '';
  const entries = series.map(
    ({ key, name, color, sign, dash }) =>
      `<li data-series="${escapeHtml(key)}">${lineOf(color, dash)}<span class="sign" style="color:${color}">${sign}</span> ${escapeHtml(name)}</li>`,
  );
  return `<ul class="legend">${entries.join('')}</ul>`;
}

function lineOf(color: string, dash: string | undefined): string {
  if (dash === undefined) return '';
  return `<svg class="line" viewBox="0 0 28 10" aria-hidden="true"><path d="M0 5H28" stroke="${color}" stroke-dasharray="${dash}"/></svg>`;
}

/** Latencies of zero are drawn here, as a logarithmic axis has no zero [ns]. */
export const LEAST = 1;
/** Labels that a horizontal axis of times has room for. */
const LABELS_MAX = 6;

/** A logarithmic axis of times in whole decades that hold all `values` [ns]. */
export function timeAxis(values: Iterable<number>) {
  let [low, high] = [Number.POSITIVE_INFINITY, LEAST];
  for (const value of values) {
    low = Math.min(low, Math.max(LEAST, value));
    high = Math.max(high, value);
  }
  const first = Math.floor(Math.log10(Math.min(low, high)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
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
