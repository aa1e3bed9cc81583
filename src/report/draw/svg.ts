import { escapeHtml } from '../html/escape.ts';

/** Width of all charts: they are drawn for a narrow column, and scale [px]. On a screen of 420 px their text is still more than 10 px. */
export const WIDTH = 480;

/** About how wide a letter in charts is [px]. */
const LETTER = 7;

/** Longer labels are shortened in their middle [letters]. */
const LABEL_MAX = 34;

/** Room for labels at the left of a chart [px]. */
export function labelRoom(labels: readonly string[]): number {
  return 20 + LETTER * Math.min(LABEL_MAX, Math.max(0, ...labels.map(({ length }) => length)));
}

/** About how wide a text is [px]. */
export function textWidth(text: string): number {
  return LETTER * text.length;
}

/** A label in the room that there is for it [px]. */
export function fitted(label: string, room = LETTER * LABEL_MAX): string {
  const letters = Math.max(2, Math.floor(room / LETTER));
  if (label.length <= letters) return label;
  const end = Math.floor((letters - 1) / 2);
  return `${label.slice(0, letters - 1 - end)}…${label.slice(label.length - end)}`;
}

/** A coordinate with one decimal: a tenth of a pixel is not seen. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}

/** How a text stands: by its start, unless told otherwise. */
export interface TextStyle {
  readonly anchor?: 'middle' | 'end';
  /** Further attributes, as they are. */
  readonly more?: string;
}

/** A text, escaped here. */
export function svgText(
  x: number,
  y: number,
  text: string,
  { anchor, more = '' }: TextStyle = {},
): string {
  const stands = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${px(x)}" y="${px(y)}"${stands}${more === '' ? '' : ` ${more}`}>${escapeHtml(text)}</text>`;
}

/** A straight line with these attributes. */
export function svgLine(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  attributes: string,
): string {
  return `<path d="M${px(x1)} ${px(y1)}L${px(x2)} ${px(y2)}" ${attributes}/>`;
}

/** A line of the grid behind marks. */
export const GRID = 'stroke="currentColor" stroke-opacity="0.15"';

/** A whole chart. @param label - what it is, for whoever cannot see it */
export function svgChart(label: string, height: number, parts: readonly string[]): string {
  return `<svg role="img" aria-label="${escapeHtml(label)}" viewBox="0 0 ${WIDTH} ${px(height)}">${parts.join('')}</svg>`;
}

/** A group whose members a legend's entry switches. */
export function seriesGroup(key: string, attributes: string, parts: readonly string[]): string {
  return `<g class="s-${escapeHtml(key)}" ${attributes}>${parts.join('')}</g>`;
}

/** Shapes of marks, about as large as a circle of radius 1, around 0 0. */
const SHAPES = {
  circle: 'M-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0Z',
  triangle: 'M0-1.25L1.1.8H-1.1Z',
  square: 'M-.9-.9H.9V.9H-.9Z',
  diamond: 'M0-1.35L1 0L0 1.35L-1 0Z',
  cross: 'M-.4-1.2H.4V-.4H1.2V.4H.4V1.2H-.4V.4H-1.2V-.4H-.4Z',
  star: 'M0-1.4L.33-.45L1.33-.43L.53.17L.82 1.13L0 .56L-.82 1.13L-.53.17L-1.33-.43L-.33-.45Z',
  wedge: 'M0 1.25L1.1-.8H-1.1Z',
} as const;

/** The shape of a mark. `wedge`: a triangle that stands on its head. */
export type Shape = keyof typeof SHAPES;

/** A mark of radius `r` [px]. @param title - what it is, read out by the page's script; none: '' */
export function svgMark(
  shape: Shape,
  [x, y]: readonly [x: number, y: number],
  r: number,
  title: string,
  attributes = '',
): string {
  const told = title === '' ? '' : `<title>${escapeHtml(title)}</title>`;
  const more = attributes === '' ? '' : ` ${attributes}`;
  return `<path class="mark" transform="translate(${px(x)} ${px(y)}) scale(${r})" d="${SHAPES[shape]}"${more}>${told}</path>`;
}
