import { type Comparison, shownInterval } from '../../analysis/comparison.ts';
import { timeText } from '../../analysis/time-text.ts';
import { swatch } from '../draw/cause-style.ts';
import { VERDICTS } from '../draw/series.ts';
import { fitted, labelRoom, WIDTH } from '../draw/svg.ts';
import { escapeHtml } from './escape.ts';

/** A comparison and its place on a map. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly compared: Comparison;
}

/** The tiles of one policy. */
export interface Panel {
  readonly policy: string;
  readonly tiles: readonly Tile[];
}

/** A factor along a map. */
export interface Axis {
  readonly name: string;
  readonly levels: readonly string[];
}

const TITLE_HEIGHT = 24;
const TILE_HEIGHT = 38;
const AXIS_HEIGHT = 40;
/** A narrower tile has no room for the number beside its mark [px]. */
const NUMBER_WIDTH = 56;

/** A map as SVG: a panel per policy above the next, with a common axis. */
export function mapSvg(
  title: string,
  panels: readonly Panel[],
  [xs, ys]: readonly [Axis, Axis],
): string {
  const left = labelRoom([...ys.levels, ys.name]);
  const width = (WIDTH - left - 4) / xs.levels.length;
  const panelHeight = TITLE_HEIGHT + TILE_HEIGHT * ys.levels.length;
  const parts = panels.map((panel, i) => {
    const tiles = panel.tiles.map((tile) => tileSvg(tile, width));
    const borders = contour(panel.tiles).map(
      ([x1, y1, x2, y2]) =>
        `<path d="M${round(x1 * width)} ${y1 * TILE_HEIGHT}L${round(x2 * width)} ${y2 * TILE_HEIGHT}" stroke="currentColor" stroke-width="3" stroke-linecap="round"/>`,
    );
    const levels = ys.levels.map((level, y) =>
      textAt(-8, (y + 0.5) * TILE_HEIGHT + 4, fitted(level), 'end'),
    );
    return (
      `<g transform="translate(${round(left)} ${i * panelHeight + TITLE_HEIGHT})">` +
      `<text x="0" y="-7" font-weight="bold">${escapeHtml(panel.policy)}</text>` +
      `${levels.join('')}${tiles.join('')}${borders.join('')}</g>`
    );
  });
  const bottom = panels.length * panelHeight;
  const levels = xs.levels.map((level, x) =>
    textAt(left + (x + 0.5) * width, bottom + 16, fitted(level, width - 8), 'middle'),
  );
  const names = [
    textAt(left - 8, bottom + 16, fitted(ys.name), 'end', true),
    textAt(left + (WIDTH - left) / 2, bottom + 34, xs.name, 'middle', true),
  ];
  return `<svg role="img" aria-label="${escapeHtml(title)}" viewBox="0 0 ${WIDTH} ${bottom + AXIS_HEIGHT}">${parts.join('\n')}${levels.join('')}${names.join('')}</svg>`;
}

function textAt(x: number, y: number, text: string, anchor: string, isName = false): string {
  const style = isName ? ' font-style="italic"' : '';
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${style}>${escapeHtml(text)}</text>`;
}

function tileSvg({ x, y, compared }: Tile, width: number): string {
  const { difference, margin, verdict } = compared;
  const inMargins = margin > 0 ? difference.estimate / margin : 0;
  const { fill, opacity } = colorOf(inMargins);
  const { sign } = VERDICTS[verdict];
  const label = width < NUMBER_WIDTH ? sign : `${sign} ${differenceText(compared, width)}`;
  return (
    `<rect x="${round(x * width)}" y="${y * TILE_HEIGHT}" width="${round(width)}" height="${TILE_HEIGHT}" fill="${fill}" fill-opacity="${opacity}" ` +
    `stroke="currentColor" stroke-opacity="0.25"><title>${escapeHtml(titleOf(compared))}</title></rect>` +
    `<text x="${round((x + 0.5) * width)}" y="${(y + 0.5) * TILE_HEIGHT + 4}" text-anchor="middle" pointer-events="none">${label}</text>`
  );
}

/** Differences whose colours are explained, in margins. */
const EXPLAINED = [-1000, -100, -10, 0, 10, 100, 1000];

/** What the colours say. */
export function scaleLegend(): string {
  const swatches = EXPLAINED.map((inMargins) => {
    const text = `${inMargins > 0 ? '+' : ''}${inMargins}`.replace('-', '−');
    const { fill, opacity } = colorOf(inMargins);
    return `<li>${swatch(fill, opacity)} ${text}</li>`;
  });
  return `<ul class="legend scale"><li>better</li>${swatches.join('')}<li>worse</li></ul>`;
}

/** Colour by the side, its strength by the logarithm: none at no difference. */
function colorOf(inMargins: number) {
  const strength = Math.min(0.75, 0.25 * Math.log10(1 + Math.abs(inMargins)));
  return { fill: inMargins > 0 ? 'var(--worse)' : 'var(--better)', opacity: round(strength) };
}

/** The difference in as many digits as there is room for. */
function differenceText({ difference: { estimate } }: Comparison, width: number): string {
  const digits = width < 80 ? 2 : 3;
  const text = timeText(Number(estimate.toPrecision(digits)));
  const signed = `${estimate > 0 ? '+' : ''}${text}`.replace('-', '−');
  return width < 80 ? signed.replace(' ', '') : signed;
}

function titleOf(compared: Comparison): string {
  const { cell, baseline, difference, margin, verdict } = compared;
  const { estimate } = difference;
  const { lo, hi } = shownInterval(compared);
  return `${cell.cell.id} against ${baseline.cell.id}: ${timeText(estimate)} [${timeText(lo)}, ${timeText(hi)}], margin ${timeText(margin)}: ${verdict}`;
}

/** Whether the verdict changes anywhere on a panel. */
export function differs({ tiles }: Panel): boolean {
  return contour(tiles).length > 0;
}

/** The borders between tiles with different verdicts, by their ends. */
function contour(tiles: readonly Tile[]): [x1: number, y1: number, x2: number, y2: number][] {
  const at = (x: number, y: number) =>
    tiles.find((tile) => tile.x === x && tile.y === y)?.compared.verdict;
  return tiles.flatMap(({ x, y, compared: { verdict } }) => {
    const isOther = (other: string | undefined) => other !== undefined && other !== verdict;
    const borders: [number, number, number, number][] = [];
    if (isOther(at(x + 1, y))) borders.push([x + 1, y, x + 1, y + 1]);
    if (isOther(at(x, y + 1))) borders.push([x, y + 1, x + 1, y + 1]);
    return borders;
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
