/** What a column has where there is no value. */
const NOTHING = new Set(['', '-']);
const GAP = '  ';

/**
 * Rows as the lines of a table of at most `width` characters: without columns that have no value, and, if it were too wide, in several tables one
 * below the other, each of which begins with the first column.
 * @param rows - the names of the columns, then their values
 */
export function tableLines(rows: readonly (readonly string[])[], width: number): string[] {
  const [head, ...body] = rows;
  const columns = head.flatMap((_, column) => {
    const isEmpty = column > 0 && body.every((row) => NOTHING.has(row[column]));
    if (isEmpty) return [];
    const texts = rows.map((row) => row[column]);
    return [{ texts, width: Math.max(...texts.map((text) => text.length)) }];
  });
  const [first, ...others] = columns;
  let table = [first];
  let used = first.width;
  const tables = [table];
  for (const column of others) {
    const needed = GAP.length + column.width;
    if (used + needed > width && table.length > 1) {
      table = [first];
      used = first.width;
      tables.push(table);
    }
    table.push(column);
    used += needed;
  }
  return tables.flatMap((part, i) => [...(i > 0 ? [''] : []), ...linesOf(part)]);
}

function linesOf(
  columns: readonly { readonly texts: readonly string[]; readonly width: number }[],
) {
  return columns[0].texts.map((_, row) =>
    columns
      .map(({ texts, width }) => texts[row].padEnd(width))
      .join(GAP)
      .trimEnd(),
  );
}

/** How wide tables on standard output may be: any width, if it is no terminal. */
export function outputWidth(): number {
  return process.stdout.columns ?? Number.POSITIVE_INFINITY;
}
