import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvLines } from '../../src/results/csv.ts';
import { CsvBytes } from '../../src/results/csv-bytes.ts';

const value = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc.integer(),
  fc.constantFrom(0, -0, 999_999_999, 1e9, 1e9 + 1, 2 ** 53 - 1, 1e300, Number.NaN),
);

it('writes the bytes of the general table', () => {
  fc.assert(
    fc.property(fc.array(fc.array(value, { minLength: 1 }), { maxLength: 50 }), (rows) => {
      const ours = new CsvBytes();
      const head = new TextEncoder().encode('a,"b,c"');
      for (const row of rows) ours.line(head, Float64Array.from(row), 0, row.length);
      const text = new TextDecoder().decode(ours.bytes());
      expect(text).toBe(csvLines(rows.map((row) => ['a', 'b,c', ...row])));
    }),
  );
});

it('grows, and begins anew', () => {
  const ours = new CsvBytes();
  const numbers = new Float64Array(100).fill(123_456_789_012);
  for (let i = 0; i < 1000; i++) ours.line(new Uint8Array(0), numbers, 10, 12);
  expect(ours.length).toBe(1000 * 27);
  ours.clear();
  ours.line(Uint8Array.of(65), numbers, 0, 1);
  expect(new TextDecoder().decode(ours.bytes())).toBe('A,123456789012\n');
});
