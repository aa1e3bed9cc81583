import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { hodgesLehmann, mannWhitney, shiftInterval } from '../../src/stats/rank.ts';

// Permeability of placental membranes at term and at 12 to 26 weeks: Hollander and Wolfe 1973, p.
// 69.
const term = Float64Array.of(0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46);
const early = Float64Array.of(1.15, 0.88, 0.9, 0.74, 1.21);

function naiveU(a: Float64Array, b: Float64Array): number {
  let u = 0;
  for (const x of a) for (const y of b) u += x > y ? 1 : x === y ? 0.5 : 0;
  return u;
}

/**
 * Two-sided exact P by going through every way to choose which ranks belong to the first sample.
 */
function enumeratedP(u: number, n: number, m: number): number {
  let below = 0;
  let above = 0;
  let all = 0;
  for (let mask = 0; mask < 2 ** (n + m); mask++) {
    const a: number[] = [];
    const b: number[] = [];
    for (let rank = 0; rank < n + m; rank++) (mask & (1 << rank) ? a : b).push(rank);
    if (a.length !== n) continue;
    const other = naiveU(Float64Array.from(a), Float64Array.from(b));
    all++;
    if (other <= u) below++;
    if (other >= u) above++;
  }
  return Math.min(1, (2 * Math.min(below, above)) / all);
}

describe('mannWhitney', () => {
  it('agrees with the published example, exact', () => {
    // R documentation of wilcox.test: W = 35, one-sided p = 0.1272.
    expect(mannWhitney(term, early).u).toBe(35);
    expect(mannWhitney(term, early).p / 2).toBeCloseTo(0.12720612720612723, 14);
  });

  it('agrees with an enumeration of all arrangements', () => {
    for (const [n, m] of [
      [1, 1],
      [1, 6],
      [3, 4],
      [5, 4],
    ]) {
      // Ranks of the first sample chosen to give each U from 0 to n m.
      for (let u = 0; u <= n * m; u++) {
        const a = Array.from({ length: n }, (_, i) => Math.min(m, Math.max(0, u - i * m)) + 0.5);
        const b = Array.from({ length: m }, (_, j) => j + 1);
        const distinct = Float64Array.from(a, (value, i) => value + i * 1e-3);
        const test = mannWhitney(distinct, Float64Array.from(b));
        expect(test.u).toBe(u);
        expect(test.p).toBeCloseTo(enumeratedP(u, n, m), 14);
      }
    }
  });

  it('agrees with SciPy 1.17 (mannwhitneyu, asymptotic) on ties and on larger samples', () => {
    const tied = mannWhitney(
      Float64Array.of(1, 2, 2, 3, 5, 5, 8, 9),
      Float64Array.of(2, 4, 5, 5, 7, 8, 8, 10, 12),
    );
    expect(tied.u).toBe(21);
    expect(tied.p).toBeCloseTo(0.1582707253143124, 12);
    const large = mannWhitney(
      Float64Array.from({ length: 40 }, (_, i) => (i * 3) % 41),
      Float64Array.from({ length: 45 }, (_, i) => ((i * 7) % 47) + 6.5),
    );
    expect(large.u).toBe(562);
    expect(large.p).toBeCloseTo(0.00296327826984762, 12);
  });

  it('counts pairs, and does not care which sample comes first', () => {
    const sample = fc
      .array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 40 })
      .map((values) => Float64Array.from(values));
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const test = mannWhitney(a, b);
        const swapped = mannWhitney(b, a);
        expect(test.u).toBe(naiveU(a, b));
        expect(test.u + swapped.u).toBe(a.length * b.length);
        expect(test.p).toBeCloseTo(swapped.p, 12);
        expect(test.p).toBeGreaterThan(0);
        expect(test.p).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('shows nothing without values or with equal ones', () => {
    expect(mannWhitney(new Float64Array(), term)).toEqual({ u: Number.NaN, p: 1 });
    expect(mannWhitney(Float64Array.of(3, 3), Float64Array.of(3, 3, 3))).toEqual({ u: 3, p: 1 });
    expect(() => mannWhitney(Float64Array.of(Number.NaN), term)).toThrow('number');
  });
});

describe('hodgesLehmann', () => {
  it('agrees with the published example', () => {
    expect(hodgesLehmann(term, early)).toBeCloseTo(0.305, 12);
  });

  it('finds a shift', () => {
    const { uniform } = randomStream(9, 0, 'shift');
    const base = Float64Array.from({ length: 101 }, uniform);
    const shifted = base.map((value) => value + 8);
    expect(hodgesLehmann(shifted, base)).toBeCloseTo(8, 12);
    expect(hodgesLehmann(base, shifted)).toBeCloseTo(-8, 12);
  });

  it('is NaN of nothing and refuses more than it can hold', () => {
    expect(hodgesLehmann(new Float64Array(), term)).toBeNaN();
    expect(() => hodgesLehmann(new Float64Array(5000), new Float64Array(5000))).toThrow('pairs');
  });
});

describe('shiftInterval', () => {
  it('agrees with published critical values', () => {
    // Two-sided critical U at 5 % (Mann and Whitney 1947; Milton 1964): U at most this rejects, so the interval
    // begins at the difference after it.
    for (const [n, m, critical] of [
      [4, 4, 0],
      [5, 5, 2],
      [10, 5, 8],
      [8, 8, 13],
      [10, 10, 23],
      [20, 20, 127],
    ]) {
      // Differences i m - j are all different, so that sorted ones count.
      const a = Float64Array.from({ length: n }, (_, i) => i * m);
      const b = Float64Array.from({ length: m }, (_, j) => j);
      const differences = Array.from(a, (x) => Array.from(b, (y) => x - y)).flat();
      differences.sort((x, y) => x - y);
      const { lo, hi } = shiftInterval(a, b);
      expect(lo).toBe(differences[critical]);
      expect(hi).toBe(differences[n * m - 1 - critical]);
    }
  });

  it('holds the shifts that the test does not reject, and no others', () => {
    const { estimate, lo, hi, n } = shiftInterval(term, early);
    expect(n).toBe(15);
    expect(estimate).toBeCloseTo(0.305, 12);
    const p = (shift: number) =>
      mannWhitney(
        term.map((value) => value - shift),
        early,
      ).p;
    for (const inside of [lo + 1e-9, estimate, hi - 1e-9]) expect(p(inside)).toBeGreaterThan(0.05);
    for (const outside of [lo - 1e-9, hi + 1e-9]) expect(p(outside)).toBeLessThanOrEqual(0.05);
  });

  it('is about the same by the normal approximation', () => {
    const { uniform } = randomStream(9, 1, 'shift');
    const sample = (n: number) => Float64Array.from({ length: n }, () => Math.log(uniform()));
    const [a, b] = [sample(26), sample(26)];
    const all = shiftInterval(a, b);
    const fewer = shiftInterval(a.slice(0, 25), b.slice(0, 25));
    expect(Math.abs(all.lo - fewer.lo)).toBeLessThan(0.15);
    expect(Math.abs(all.hi - fewer.hi)).toBeLessThan(0.15);
  });

  it('says what it cannot know', () => {
    const three = Float64Array.of(1, 2, 3);
    expect(shiftInterval(three, three)).toEqual({
      estimate: 0,
      lo: Number.NaN,
      hi: Number.NaN,
      n: 6,
    });
    expect(shiftInterval(new Float64Array(), three).estimate).toBeNaN();
    expect(() => shiftInterval(three, three, 1)).toThrow('confidence');
  });
});
