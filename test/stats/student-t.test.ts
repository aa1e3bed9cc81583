import fc from 'fast-check';
import { gammaln } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import {
  normalCdf,
  normalQuantile,
  studentTCdf,
  studentTQuantile,
} from '../../src/stats/student-t.ts';

const INFINITE = Number.POSITIVE_INFINITY;

function relativeError(actual: number, expected: number): number {
  return Math.abs(actual / expected - 1);
}

/** Degrees of freedom from 1 to beyond any use, whole ones and infinity included. */
const anyDof = fc.oneof(
  fc.integer({ min: 1, max: 500 }),
  fc.double({ min: 1, max: 1e9, noNaN: true }),
  fc.constant(INFINITE),
);

describe('Student t quantile', () => {
  const levels = [0.9, 0.95, 0.975, 0.99, 0.995];
  // NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2.
  const table: [number, string[]][] = [
    [1, ['3.078', '6.314', '12.706', '31.821', '63.657']],
    [2, ['1.886', '2.920', '4.303', '6.965', '9.925']],
    [5, ['1.476', '2.015', '2.571', '3.365', '4.032']],
    [10, ['1.372', '1.812', '2.228', '2.764', '3.169']],
    [30, ['1.310', '1.697', '2.042', '2.457', '2.750']],
    [100, ['1.290', '1.660', '1.984', '2.364', '2.626']],
    [INFINITE, ['1.282', '1.645', '1.960', '2.326', '2.576']],
  ];
  it.each(table)('agrees with the printed table at %d degrees of freedom', (dof, row) => {
    expect(levels.map((p) => studentTQuantile(p, dof).toFixed(3))).toEqual(row);
  });

  it('agrees with tables of more digits at 97.5 %', () => {
    const row = [1, 2, 5, 10, 30, 120, INFINITE].map((dof) =>
      Number(studentTQuantile(0.975, dof).toPrecision(6)),
    );
    expect(row).toEqual([12.7062, 4.30265, 2.57058, 2.22814, 2.04227, 1.97993, 1.95996]);
  });

  it('agrees with the closed forms for 1, 2 and 4 degrees of freedom', () => {
    for (const p of [1e-200, 1e-12, 1e-4, 0.01, 0.2, 0.25, 0.3, 0.4999]) {
      const product = 4 * p * (1 - p);
      const four = Math.cos(Math.acos(Math.sqrt(product)) / 3) / Math.sqrt(product);
      expect(relativeError(studentTQuantile(p, 1), -1 / Math.tan(Math.PI * p))).toBeLessThan(1e-12);
      expect(
        relativeError(studentTQuantile(p, 2), (2 * p - 1) * Math.sqrt(2 / product)),
      ).toBeLessThan(1e-12);
      // The closed form itself cancels near p = 1/2.
      if (p < 0.4) {
        expect(relativeError(studentTQuantile(p, 4), -2 * Math.sqrt(four - 1))).toBeLessThan(1e-12);
      }
    }
  });

  it('is the inverse of the distribution', () => {
    const tail = fc.double({ min: -300, max: Math.log10(0.5), noNaN: true });
    fc.assert(
      fc.property(tail, anyDof, (exponent, dof) => {
        const p = 10 ** exponent;
        expect(relativeError(studentTCdf(studentTQuantile(p, dof), dof), p)).toBeLessThan(1e-10);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: -8, max: 0, noNaN: true }), anyDof, (t, dof) => {
        // Near 0 the distribution rounds at 1e-16 of 1/2, which is all that the quantile can see.
        const back = studentTQuantile(studentTCdf(t, dof), dof);
        expect(Math.abs(back - t)).toBeLessThan(1e-15 + 1e-12 * Math.abs(t));
      }),
    );
  });

  it('rises with p, and falls with the degrees of freedom above the median', () => {
    const p = fc.double({ min: 0.5, max: 1 - 1e-12, noNaN: true });
    fc.assert(
      fc.property(p, p, anyDof, (p1, p2, dof) => {
        fc.pre(Math.abs(p1 - p2) > 1e-11);
        expect(studentTQuantile(p1, dof) < studentTQuantile(p2, dof)).toBe(p1 < p2);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 0.51, max: 0.999, noNaN: true }), anyDof, (p1, dof) => {
        const fewer = studentTQuantile(p1, dof);
        expect(studentTQuantile(p1, dof * 1.01)).toBeLessThanOrEqual(fewer * (1 + 1e-13));
      }),
    );
  });

  it('is antisymmetric, and infinite at 0 and 1', () => {
    for (const dof of [1, 7.5, INFINITE]) {
      for (const p of [0.25, 0.375, 0.46875]) {
        expect(studentTQuantile(1 - p, dof)).toBe(-studentTQuantile(p, dof));
      }
      expect(studentTQuantile(0.5, dof)).toBe(0);
      expect(studentTQuantile(0, dof)).toBe(-INFINITE);
      expect(studentTQuantile(1, dof)).toBe(INFINITE);
    }
  });

  it('refuses what is no probability and less than one degree of freedom', () => {
    expect(() => studentTQuantile(1.1, 5)).toThrow('probability');
    expect(() => studentTQuantile(Number.NaN, 5)).toThrow('probability');
    expect(() => studentTQuantile(0.9, 0)).toThrow('degree of freedom');
    expect(() => studentTCdf(Number.NaN, 5)).toThrow('number');
    expect(() => studentTCdf(1, Number.NaN)).toThrow('degree of freedom');
  });
});

describe('Student t distribution', () => {
  it('agrees with Simpson integration of its density', () => {
    for (const dof of [1, 2.5, 3, 8, 29, 31.9, 32, 150]) {
      const peak = Math.exp(gammaln((dof + 1) / 2) - gammaln(dof / 2)) / Math.sqrt(dof * Math.PI);
      const density = (t: number) => peak * (1 + (t * t) / dof) ** (-(dof + 1) / 2);
      for (const t of [0.05, 0.5, 0.999, 1, 1.5, 2.5, 6]) {
        const halves = 2000;
        const h = t / (2 * halves);
        let sum = density(0) + density(t);
        for (let i = 1; i < 2 * halves; i++) sum += (i % 2 === 1 ? 4 : 2) * density(i * h);
        expect(studentTCdf(t, dof)).toBeCloseTo(0.5 + (sum * h) / 3, 11);
      }
    }
  });

  it('keeps its relative accuracy far out in the tail', () => {
    // Incomplete beta and complementary error function by mpmath.
    const tails: [number, number, number][] = [
      [4, 2.5, 0.01950648792065912],
      [20, 5, 2.887758186612086e-6],
      [10, 30, 2.287625704114807e-11],
      [37, 399, 2.380989664177982e-131],
      [6, 12345.6, 1.0142297859997819e-9],
      [1, INFINITE, 0.15865525393145705],
      [3, INFINITE, 0.001349898031630095],
      [20, INFINITE, 2.7536241186062337e-89],
    ];
    for (const [t, dof, p] of tails) {
      expect(relativeError(studentTCdf(-t, dof), p)).toBeLessThan(1e-12);
    }
    // 1/(pi t) for one degree of freedom, where t^2 overflows.
    expect(relativeError(studentTCdf(-1e200, 1), 1e-200 / Math.PI)).toBeLessThan(1e-12);
  });

  it('is symmetric about one half and does not fall', () => {
    const t = fc.double({ min: -50, max: 50, noNaN: true });
    fc.assert(
      fc.property(t, t, anyDof, (t1, t2, dof) => {
        expect(studentTCdf(t1, dof) + studentTCdf(-t1, dof)).toBeCloseTo(1, 15);
        fc.pre(Math.abs(t1 - t2) > 1e-9);
        if (t1 < t2) expect(studentTCdf(t1, dof)).toBeLessThanOrEqual(studentTCdf(t2, dof));
      }),
    );
    for (const dof of [1, 10, INFINITE]) {
      // Across the border between the two expansions.
      expect(studentTCdf(1, dof) - studentTCdf(1 - 1e-9, dof)).toBeGreaterThan(0);
      expect(studentTCdf(-INFINITE, dof)).toBe(0);
      expect(studentTCdf(INFINITE, dof)).toBe(1);
    }
  });
});

describe('the normal law', () => {
  it('has the usual quantiles', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
    expect(normalQuantile(0.995)).toBeCloseTo(2.5758293035489, 13);
    expect(normalCdf(1.96)).toBeCloseTo(0.9750021048517795, 15);
    expect(normalCdf(0)).toBe(0.5);
  });
});
