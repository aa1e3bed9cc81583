import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holm } from '../../src/stats/holm.ts';

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

describe('holm', () => {
  it('agrees with R, p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((p, i) => {
      expect(adjusted[i]).toBeCloseTo(p, 14);
    });
  });

  it('rejects what the step-down procedure rejects', () => {
    fc.assert(
      fc.property(pValues, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (family, alpha) => {
        // Holm 1979: from the smallest on, compare with alpha / (those left), stop at the first
        // that holds.
        const order = family.map((_, i) => i).sort((i, j) => family[i] - family[j]);
        const rejected = new Set<number>();
        for (const [rank, i] of order.entries()) {
          if (family[i] * (family.length - rank) > alpha) break;
          rejected.add(i);
        }
        const adjusted = holm(family);
        expect(family.map((_, i) => adjusted[i] <= alpha)).toEqual(
          family.map((_, i) => rejected.has(i)),
        );
      }),
    );
  });

  it('never lowers a P, leaves a single one, and refuses NaN', () => {
    fc.assert(
      fc.property(pValues, (family) => {
        holm(family).forEach((p, i) => {
          expect(p).toBeGreaterThanOrEqual(family[i]);
          expect(p).toBeLessThanOrEqual(1);
        });
      }),
    );
    expect(holm([])).toEqual([]);
    expect(holm([0.2])).toEqual([0.2]);
    expect(() => holm([0.1, Number.NaN])).toThrow('P value');
  });
});

it.each([[[0.5, -0.1]], [[0.5, 1.1]], [[Number.NaN]]])('refuses %j: no P values', (values) => {
  expect(() => holm(values)).toThrow(/P/);
});

it('gives as many as it takes, in their order', () => {
  expect(holm([0.04, 0.01])).toEqual([0.04, 0.02]);
  expect(holm([])).toEqual([]);
});
