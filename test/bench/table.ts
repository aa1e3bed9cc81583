import type { Figure } from './figures.ts';
import { rounded } from './measure.ts';

/** A row of the table. */
export type Row = Pick<Figure, 'name' | 'unit' | 'better' | 'floor' | 'aim'> & {
  readonly value: number;
  /** How far apart the rounds were, if there were several. */
  readonly spread?: string;
};

/** Rows as a Markdown table, which can be read as it is, too. */
export function markdown(rows: readonly Row[]): string {
  const lines = [
    ['figure', 'measured', 'unit', 'floor', 'aim', 'is'],
    ...rows.map((row) => [
      row.name,
      `${rounded(row.value)}${row.spread === undefined ? '' : ` (${row.spread})`}`,
      row.unit,
      bound(row, row.floor),
      bound(row, row.aim),
      verdict(row),
    ]),
  ];
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const text = lines.map(
    (line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`,
  );
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [text[0], rule, ...text.slice(1)].join('\n');
}

function bound({ better }: Row, value: number | undefined): string {
  if (value === undefined) return '';
  return `${better === 'higher' ? '>=' : '<='} ${rounded(value)}`;
}

function verdict({ value, better, floor, aim }: Row): string {
  const reaches = (limit: number) => (better === 'higher' ? value >= limit : value <= limit);
  if (floor !== undefined && !reaches(floor)) return 'below the floor';
  if (aim !== undefined) return reaches(aim) ? 'at the aim' : 'short of the aim';
  return floor === undefined ? '' : 'above the floor';
}
