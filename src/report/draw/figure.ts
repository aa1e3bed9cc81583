import { escapeHtml } from '../html/escape.ts';
import type { Series } from './series.ts';

/** Charts side by side where there is room. */
export function charts(figures: readonly string[]): string {
  return figures.length === 0 ? '' : `<div class="charts">\n${figures.join('\n')}\n</div>`;
}

/** What a figure consists of. */
export interface Figure {
  readonly title: string;
  readonly svg: string;
  /** What it shows in words. */
  readonly caption: string;
  readonly series?: readonly Series[];
  /** What else is to be explained, as HTML. */
  readonly legend?: string;
  /** Further classes. */
  readonly kind?: string;
}

/** A chart with title, by which it can be referred to, legend and what it shows in words. */
export function figure({
  title,
  svg,
  caption,
  series = [],
  legend = '',
  kind = '',
}: Figure): string {
  return [
    `<figure class="chart${kind === '' ? '' : ` ${kind}`}" id="${anchorOf(title)}">`,
    `<h4>${escapeHtml(title)} <a class="anchor" href="#${anchorOf(title)}" aria-label="Link to ${escapeHtml(title)}">#</a></h4>`,
    legendOf(series),
    legend,
    svg,
    `<figcaption>${escapeHtml(caption)}</figcaption>`,
    '</figure>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** How a title is referred to: its letters and digits. */
export function anchorOf(title: string): string {
  return `chart-${title.toLowerCase().replace(/[^a-z0-9@_]+/g, '-')}`;
}

/** A legend, whose entries the script makes buttons. */
function legendOf(series: readonly Series[]): string {
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
