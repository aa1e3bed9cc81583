import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distance } from './distance.ts';

const sample = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 });

/** Kolmogorov-Smirnov as in the textbook, without a tolerance. */
function textbook(a: readonly number[], b: readonly number[]): number {
  const share = (values: readonly number[], x: number) =>
    values.filter((value) => value <= x).length / values.length;
  return Math.max(...[...a, ...b].map((x) => Math.abs(share(a, x) - share(b, x))));
}

describe('the Kolmogorov-Smirnov distance with a tolerance', () => {
  it('of two points is 0 up to the tolerance, and 1 beyond it, however far', () => {
    for (const [apart, expected] of [
      [0, 0],
      [31, 0],
      [32, 0],
      [33, 1],
      [64, 1],
      [1e6, 1],
    ]) {
      expect(distance([1000], [1000 + apart], 32), `${apart}`).toBe(expected);
      expect(distance([1000 + apart, 1000 + apart], [1000], 32), `${apart}`).toBe(expected);
    }
  });

  it('is the share that lies elsewhere', () => {
    expect(distance([0, 0, 0, 0], [0, 0, 0, 100], 32)).toBe(0.25);
    expect(distance([0, 0, 0, 100], [0, 0, 0, 0], 32)).toBe(0.25);
    expect(distance([0, 10, 20, 30], [100, 110, 120, 130], 32)).toBe(1);
  });

  it('without a tolerance is that of the textbook', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        expect(distance(a, b, 0)).toBeCloseTo(textbook(a, b), 12);
      }),
    );
  });

  it('does not notice what is within the tolerance, and never grows with it', () => {
    fc.assert(
      fc.property(sample, fc.nat(5), fc.array(fc.nat(10)), (a, tolerance, shifts) => {
        const b = a.map((value, i) => value + Math.min(tolerance, shifts[i] ?? 0));
        expect(distance(a, b, tolerance)).toBe(0);
        const distances = [0, 1, 2, 5].map((t) => distance(a, b, t));
        expect(distances).toEqual(distances.toSorted((p, q) => q - p));
      }),
    );
  });
});
