import { meanInterval, standardError } from '../../src/stats/interval.ts';
import { studentTQuantile } from '../../src/stats/student-t.ts';

/** Levels of the study, in the order of the table. */
export const LOADS = ['0.5', '0.7', '0.8', '0.9', '0.95'] as const;
export const COLUMNS = ['none', 'exact', 'late-1us', 'late-2us', 'cost-1us'] as const;

/**
 * 99th percentile of the slowdown in the simulator of Concord's artifact, one run of 1 s of each, by load and in the order
 * of COLUMNS. Run to completion; turns of 5 us at 0.1 us, exact, late by |N(0, 1 us)|, by |N(0, 2 us)|; turns at 1 us.
 */
export const THEIRS: Readonly<Record<(typeof LOADS)[number], readonly number[]>> = {
  '0.5': [1.08, 1.07, 1.02, 1.09, 3.61],
  '0.7': [226.5, 8.08, 7.15, 7.31, 15.2],
  '0.8': [480.5, 12.8, 11.1, 11.0, 55.0],
  '0.9': [948, 22.8, 41.7, 42.0, 2003],
  '0.95': [2816, 79.7, 76.8, 62.4, 4742],
};

/** Where one more value like these will lie, with 95 %, if they are about normal. */
export function predictionInterval(values: readonly number[]): { lo: number; hi: number } {
  const n = values.length;
  const { estimate } = meanInterval(values);
  const deviation = standardError(values) * Math.sqrt(n);
  const half = studentTQuantile(0.975, n - 1) * deviation * Math.sqrt(1 + 1 / n);
  return { lo: estimate - half, hi: estimate + half };
}

/** A row of the table in docs/validation.md: for each cell theirs, then our mean with its 95 % interval. */
export function rowText(
  load: (typeof LOADS)[number],
  cells: readonly (readonly number[])[],
): string {
  const texts = cells.map((values, i) => {
    const { estimate, lo, hi } = meanInterval(values);
    return `${THEIRS[load][i]} / ${digits(estimate)} [${digits(lo)}, ${digits(hi)}]`;
  });
  return `| ${load} | ${texts.join(' | ')} |`;
}

/** Three digits. */
function digits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
