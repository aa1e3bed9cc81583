import type { Interval } from '../src/stats/interval.ts';

/**
 * A value and its interval as the documents have them: half the width with two digits, the value with as many decimals.
 * @param unit - in which they are written [ns]
 */
export function plusMinus({ estimate, lo, hi }: Omit<Interval, 'n'>, unit: number): string {
  const half = (hi - lo) / 2 / unit;
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(half)));
  return `${(estimate / unit).toFixed(decimals)} ± ${half.toFixed(decimals)}`;
}
