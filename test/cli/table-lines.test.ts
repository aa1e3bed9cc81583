import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tableLines } from '../../src/cli/table-lines.ts';

const ROWS = [
  ['cell', 'flush', 'virq', 'stall', 'wakeup'],
  ['upstream', '1 us', '-', '', '30 us'],
  ['never', '200 us', '-', '-', '-'],
];

describe('tableLines', () => {
  it('leaves columns without values out', () => {
    expect(tableLines(ROWS, 80)).toEqual(tableLines(ROWS, Number.POSITIVE_INFINITY));
    expect(tableLines(ROWS, 80)).toEqual([
      'cell      flush   wakeup',
      'upstream  1 us    30 us',
      'never     200 us  -',
    ]);
  });

  it('makes several tables where one would be too wide', () => {
    expect(tableLines(ROWS, 20)).toEqual([
      'cell      flush',
      'upstream  1 us',
      'never     200 us',
      '',
      'cell      wakeup',
      'upstream  30 us',
      'never     -',
    ]);
  });

  it('keeps the first column where nothing else has a value', () => {
    expect(tableLines([ROWS[0], ['upstream', '-', '', '-', '']], 80)).toEqual(['cell', 'upstream']);
    expect(tableLines([ROWS[0]], 80)).toEqual(['cell']);
  });

  it('has every value once, in lines as wide as they may be if two columns can be', () => {
    const text = fc.stringMatching(/^[a-z]{1,12}$/);
    const rows = fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 2, max: 4 }))
      .chain(([columns, count]) =>
        fc.array(fc.array(text, { minLength: columns, maxLength: columns }), {
          minLength: count,
          maxLength: count,
        }),
      );
    fc.assert(
      fc.property(rows, fc.integer({ min: 30, max: 80 }), (table, width) => {
        const lines = tableLines(table, width);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        const words = lines.flatMap((line) => line.split(/\s+/)).filter((word) => word !== '');
        const tables = lines.filter((line) => line === '').length + 1;
        const first = table.map((row) => row[0]);
        const others = table.flatMap((row) => row.slice(1));
        const expected = [...Array.from({ length: tables }, () => first).flat(), ...others];
        expect(words.sort()).toEqual(expected.sort());
      }),
    );
  });
});
