import { escapeHtml } from './escape.ts';
import { scrolling } from './table.ts';

/** Lines of one kind that belong together, from their first line on. */
type Block = readonly [length: number, html: string];

/**
 * The Markdown that answer.md consists of as HTML: headings, quotations, tables, numbered lists, lists of two levels, bold, emphasis
 * and code. Everything else stays the text that it is.
 */
export function markdownHtml(text: string): string {
  const lines = text.split('\n');
  const html: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const [length, block] = blockAt(lines.slice(at));
    html.push(block);
    at += length;
  }
  return html.filter((block) => block !== '').join('\n');
}

function blockAt(lines: readonly string[]): Block {
  const [first] = lines;
  if (first.trim() === '') return [1, ''];
  const heading = /^(#{1,3}) (.*)$/.exec(first);
  if (heading !== null) {
    const level = heading[1].length + 1;
    return [1, `<h${level}>${inlineHtml(heading[2])}</h${level}>`];
  }
  if (first.startsWith('>')) return quotation(leading(lines, (line) => line.startsWith('>')));
  if (first.startsWith('| ')) return table(leading(lines, (line) => line.startsWith('|')));
  if (first.startsWith('- ')) return list(leading(lines, (line) => /^(- | {2})/.test(line)));
  if (NUMBERED.test(first)) return numbered(leading(lines, (line) => /^(\d+\. | {3})/.test(line)));
  const own = leading(lines.slice(1), (line) => !/^(#|>|\| |- |\d+\. |\s*$)/.test(line));
  return [1 + own.length, `<p>${inlineHtml([first, ...own].join('\n'))}</p>`];
}

function leading(lines: readonly string[], belongs: (line: string) => boolean): readonly string[] {
  const end = lines.findIndex((line) => !belongs(line));
  return end < 0 ? lines : lines.slice(0, end);
}

function quotation(lines: readonly string[]): Block {
  const paragraphs = lines.map((line) => `<p>${inlineHtml(line.slice(1).trim())}</p>`);
  return [lines.length, `<blockquote>${paragraphs.join('')}</blockquote>`];
}

/** A table, its second line says which columns are numbers. */
function table(lines: readonly string[]): Block {
  const [head, rule, ...rows] = lines.map((line) => line.slice(2, -2).split(' | '));
  const cells = (row: readonly string[], tag: string) =>
    row.map((cell, i) => {
      const style = rule?.[i]?.endsWith(':') ? ' class="n"' : '';
      return `<${tag}${style}>${inlineHtml(cell)}</${tag}>`;
    });
  const line = (row: readonly string[], tag: string) => `<tr>${cells(row, tag).join('')}</tr>`;
  const body = rows.map((row) => line(row, 'td')).join('\n');
  const html = `<table><thead>${line(head, 'th')}</thead><tbody>\n${body}\n</tbody></table>`;
  return [lines.length, scrolling('Table', html)];
}

const NUMBERED = /^\d+\. /;

/** Numbered items, and lines that go on with one. */
function numbered(lines: readonly string[]): Block {
  const items: string[] = [];
  for (const line of lines) {
    if (NUMBERED.test(line)) items.push(line.replace(NUMBERED, ''));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return [lines.length, `<ol>${items.map((item) => `<li>${inlineHtml(item)}</li>`).join('')}</ol>`];
}

/** Items, items of items, and lines that go on with one. */
function list(lines: readonly string[]): Block {
  let html = '<ul>';
  let depth = 0;
  for (const line of lines) {
    const item = /^( {2})?- (.*)$/.exec(line);
    if (item === null) {
      html += `<br>${inlineHtml(line.trim())}`;
      continue;
    }
    const wanted = item[1] === undefined ? 1 : 2;
    if (wanted > depth && depth > 0) html += '<ul>';
    if (wanted < depth) html += '</li></ul>';
    if (wanted <= depth) html += '</li>';
    html += `<li>${inlineHtml(item[2])}`;
    depth = wanted;
  }
  return [lines.length, `${html}${'</li></ul>'.repeat(depth)}`];
}

/** Bold, emphasis and code of a line as HTML. */
export function inlineHtml(text: string): string {
  const parts = text.split(/(`[^`]+`)/);
  return parts
    .map((part, i) =>
      i % 2 === 1
        ? `<code>${escapeHtml(part.slice(1, -1))}</code>`
        : escapeHtml(part)
            .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
            .replace(/\*([^*\s][^*]*)\*/g, '<em>$1</em>')
            // A number stays on the line of its unit.
            .replace(/(\d) (?=(?:[num]?s|[KMGT]iB)\b|%)/g, '$1\u00a0'),
    )
    .join('');
}
