import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RangeSet } from '../../src/memory/range-set.ts';

const steps = fc.array(fc.record({ adds: fc.boolean(), first: fc.nat(40), length: fc.nat(15) }));

it('a RangeSet is a set of numbers, whatever is added and deleted', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const ranges = new RangeSet();
      const plain = new Set<number>();
      for (const { adds, first, length } of all) {
        const end = first + length;
        let deleted = 0;
        for (let n = first; n < end; n++) {
          if (adds) plain.add(n);
          else if (plain.delete(n)) deleted++;
        }
        if (adds) ranges.add(first, end);
        else expect(ranges.delete(first, end)).toBe(deleted);
      }
      for (let n = -1; n < 60; n++) expect(ranges.has(n)).toBe(plain.has(n));
    }),
  );
});

it('its members may be many', () => {
  const ranges = new RangeSet();
  ranges.add(0, 2 ** 40);
  ranges.add(2 ** 40, 2 ** 41);
  expect(ranges.delete(5, 6)).toBe(1);
  expect(ranges.has(5)).toBe(false);
  expect(ranges.delete(0, 2 ** 42)).toBe(2 ** 41 - 1);
});
