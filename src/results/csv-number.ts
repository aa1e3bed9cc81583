/** A row of nothing but numbers as such a line. */
export function csvNumbers(row: readonly number[]): string {
  return row.map(csvNumber).join(',');
}

/** A number to the thousandth, without trailing zeros; empty if it is not finite. */
export function csvNumber(value: number): string {
  if (!Number.isFinite(value)) return '';
  // Large whole numbers are none any more after multiplying.
  return String(Number.isInteger(value) ? value : Math.round(value * 1000) / 1000);
}

/** A number to its last digit, for what is no time: chances and ratios; empty if it is not finite. */
export function fullNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : '';
}
