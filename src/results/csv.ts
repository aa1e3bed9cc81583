import { stringify } from 'csv-stringify/sync';
import { csvNumber } from './csv-number.ts';

const ROWS_PER_CHUNK = 4096;

/** A value of a table: text, a number, or nothing. */
export type CsvValue = string | number | undefined;

/**
 * A table as CSV (RFC 4180) in pieces, so that a table of any length can be written: a header line, then a line per
 * row, CRLF-free. Numbers are written with at most three decimals; nothing, NaN and the infinite as empty fields.
 */
export function* csvChunks(
  columns: readonly string[],
  rows: Iterable<readonly CsvValue[]>,
): Generator<string> {
  let block: (readonly CsvValue[])[] = [columns];
  for (const row of rows) {
    block.push(row);
    if (block.length < ROWS_PER_CHUNK) continue;
    yield csvLines(block);
    block = [];
  }
  if (block.length > 0) yield csvLines(block);
}

/** Rows as lines of such a table. */
export function csvLines(rows: readonly (readonly CsvValue[])[]): string {
  return stringify(rows as CsvValue[][], { cast: { number: csvNumber } });
}

/** A row as the line of such a table without its line end. */
export function csvFields(row: readonly CsvValue[]): string {
  return csvLines([row]).slice(0, -1);
}
