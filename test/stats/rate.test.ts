import { describe, expect, it } from 'vitest';
import { rateInterval } from '../../src/stats/rate.ts';

describe('rateInterval', () => {
  it('agrees with Clopper and Pearson by SciPy 1.17 (beta.ppf)', () => {
    const cases = [
      [1, 8, 0.0031597235312519063, 0.5265096708752065],
      [3, 20, 0.0320709371854637, 0.37892682654531396],
      [10, 20, 0.27195784956079183, 0.7280421504392081],
      [399, 400, 0.9861502300379867, 0.9999367074830952],
    ];
    for (const [k, n, lo, hi] of cases) {
      expect(rateInterval(k, n).lo).toBeCloseTo(lo, 10);
      expect(rateInterval(k, n).hi).toBeCloseTo(hi, 10);
    }
  });

  it('follows the rule of three where nothing, or all, was seen', () => {
    expect(rateInterval(0, 100).lo).toBe(0);
    expect(rateInterval(0, 1000).hi * 1000).toBeCloseTo(3, 1);
    expect(rateInterval(100, 100)).toEqual({ lo: 0.05 ** 0.01, hi: 1 });
    expect(() => rateInterval(3, 2)).toThrow('k of n');
  });
});

it.each([
  [0, 0],
  [-1, 5],
  [6, 5],
])('refuses %i of %i', (k, n) => {
  expect(() => rateInterval(k, n)).toThrow('k of n');
});

it('is of one event too', () => {
  expect(rateInterval(1, 1)).toEqual({ lo: expect.closeTo(0.05, 12), hi: 1 });
  expect(rateInterval(0, 1)).toEqual({ lo: 0, hi: expect.closeTo(0.95, 12) });
});
