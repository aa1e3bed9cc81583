import { escapeHtml } from './escape.ts';

/** Text, a number, or a command. */
export type Content = string | number | { readonly code: string };

/** A table that scrolls if it is too wide. Its texts are escaped here. */
export function htmlTable(
  columns: readonly string[],
  rows: readonly (readonly Content[])[],
): string {
  const head = columns.map((name) => `<th>${escapeHtml(name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

function cell(content: Content): string {
  if (typeof content === 'number') return `<td class="number">${content}</td>`;
  if (typeof content === 'string') {
    const isNumber = /^[+-]?\d/.test(content) && / (ns|us|ms)$/.test(content);
    return `<td${isNumber ? ' class="number"' : ''}>${escapeHtml(content)}</td>`;
  }
  return `<td><code>${escapeHtml(content.code)}</code></td>`;
}
