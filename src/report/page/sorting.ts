import { orderOf } from '../draw/table-order.ts';
import { copyButton } from './copying.ts';

/** Tables with fewer rows are not filtered. */
const FILTERED_FROM = 8;

/** Makes tables sort by any column, filter by words, and be copied. */
export function enlivenTables(): void {
  for (const table of document.querySelectorAll('table')) {
    const body = table.tBodies[0];
    const around = table.closest('.scroll');
    if (body === undefined || around === null) continue;
    const rows = [...body.rows];
    for (const [column, head] of [...(table.tHead?.rows[0]?.cells ?? [])].entries()) {
      addSorting(head, column, body, rows);
    }
    const tools = document.createElement('div');
    tools.className = 'tools';
    if (rows.length >= FILTERED_FROM) tools.append(...filterOf(rows));
    tools.append(copyButton(() => separated(table), 'Copy this table'));
    around.before(tools);
  }
}

function addSorting(
  head: HTMLTableCellElement,
  column: number,
  body: HTMLTableSectionElement,
  rows: readonly HTMLTableRowElement[],
): void {
  const button = document.createElement('button');
  button.type = 'button';
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener('click', () => {
    const isUp = head.getAttribute('aria-sort') === 'ascending';
    for (const other of head.parentElement?.children ?? []) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', isUp ? 'descending' : 'ascending');
    const texts = rows.map((row) => row.cells[column]?.textContent ?? '');
    body.append(...orderOf(texts, isUp).map((i) => rows[i]));
  });
}

/** A field for words all of which a row has to have, and how many rows do. */
function filterOf(rows: readonly HTMLTableRowElement[]): Node[] {
  const label = document.createElement('label');
  const field = document.createElement('input');
  field.type = 'search';
  label.append('Rows with ', field);
  const output = document.createElement('output');
  const texts = rows.map((row) => (row.textContent ?? '').toLowerCase());
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(/\s+/);
    let shown = 0;
    rows.forEach((row, i) => {
      const is = words.every((word) => texts[i].includes(word));
      row.hidden = !is;
      if (is) shown++;
    });
    output.textContent = `${shown} of ${rows.length}`;
  });
  return [label, output];
}

/** The rows that are shown, with tabs between their cells. */
function separated(table: HTMLTableElement): string {
  const rows = [...table.rows].filter((row) => !row.hidden);
  const text = (cell: Element) => (cell.querySelector('code') ?? cell).textContent ?? '';
  return rows.map((row) => [...row.cells].map(text).join('\t')).join('\n');
}
