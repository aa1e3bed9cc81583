import { sum } from 'simple-statistics';

/**
 * The arithmetic mean, by a compensated sum (Kahan and Babuska); NaN when there are no values.
 *
 * Never outside the values, so exact when all are equal; correctly rounded for whole numbers whose
 * sum is at most 2^53.
 */
export function mean(values: ArrayLike<number>): number {
  if (values.length === 0) return Number.NaN;
  let min = values[0];
  let max = values[0];
  for (let i = 1; i < values.length; i++) {
    min = Math.min(min, values[i]);
    max = Math.max(max, values[i]);
  }
  // The library reads length and elements only; its type asks for an array.
  const rounded = sum(values as readonly number[]) / values.length;
  return Math.min(Math.max(rounded, min), max);
}
