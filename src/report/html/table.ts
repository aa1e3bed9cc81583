import { escapeHtml } from './escape.ts';

/** Text, a number, or a command. */
export type Content = string | number | { readonly code: string };

/** A table that scrolls if it is too wide, and that the script sorts and filters. Its texts are escaped here. */
export function htmlTable(
  name: string,
  columns: readonly string[],
  rows: readonly (readonly Content[])[],
): string {
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return scrolling(
    name,
    `<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`,
  );
}

/** What may be wider than the page scrolls by itself, by keys too. */
export function scrolling(name: string, table: string): string {
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(name)}">${table}</div>`;
}

function cell(content: Content): string {
  if (typeof content === 'number') return `<td class="n">${content}</td>`;
  if (typeof content === 'string') {
    const isNumber = /^[+-]?\d[\d.]*(?:e[+-]\d+)? (?:ns|us|ms)$|^-$/.test(content);
    return `<td${isNumber ? ' class="n"' : ''}>${escapeHtml(content)}</td>`;
  }
  return `<td><code>${escapeHtml(content.code)}</code></td>`;
}
