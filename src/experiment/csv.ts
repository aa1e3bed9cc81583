import { stringify } from 'csv-stringify/sync';

/** A value of a table: text, a number, or nothing. */
export type CsvValue = string | number | undefined;

/**
 * A table as CSV (RFC 4180): a header line, then a line per row, CRLF-free, UTF-8. Numbers are written with at
 * most three decimals; nothing, NaN and the infinite as empty fields.
 */
export function csvText(columns: readonly string[], rows: Iterable<readonly CsvValue[]>): string {
  return stringify([...rows] as CsvValue[][], {
    header: true,
    columns: [...columns],
    cast: { number: csvNumber },
  });
}

/** A number to the thousandth, without trailing zeros; empty if it is not finite. */
export function csvNumber(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 1000) / 1000) : '';
}
