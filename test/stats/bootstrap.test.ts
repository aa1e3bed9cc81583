import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { bcaInterval } from '../../src/stats/bootstrap.ts';
import { mean } from '../../src/stats/mean.ts';
import { quantileSorted } from '../../src/stats/quantiles.ts';
import { normalQuantile } from '../../src/stats/student-t.ts';

const median = (values: Float64Array) => quantileSorted(values.sort(), 0.5);
const uniformOf = (replication: number) => randomStream(7, replication, 'bootstrap').uniform;

describe('bcaInterval', () => {
  it('agrees with Efron and Tibshirani on the spatial test data', () => {
    // An Introduction to the Bootstrap (1993), table 14.1 and section 14.3: variance of A, 90 %:
    // (115.8, 259.6) from 2000 resamples. SciPy 1.17 with 100000: 115.7 and 260.4 .. 261.2.
    const a = [
      48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26,
      30, 41,
    ];
    const variance = (values: Float64Array) => {
      const centre = mean(values);
      return mean(values.map((value) => (value - centre) ** 2));
    };
    const options = { confidence: 0.9, resamples: 40_000 };
    const { estimate, lo, hi, n } = bcaInterval(a, variance, uniformOf(0), options);
    expect(n).toBe(26);
    expect(estimate).toBeCloseTo(171.534, 3);
    expect(Math.abs(lo - 115.7)).toBeLessThan(1);
    expect(Math.abs(hi - 260.8)).toBeLessThan(2.5);
  });

  it('gives the same interval for the same numbers, and leaves its input alone', () => {
    const values = Float64Array.of(9, 1, 4, 7, 3, 8);
    const once = bcaInterval(values, median, uniformOf(1));
    expect(bcaInterval(values, median, uniformOf(1))).toEqual(once);
    expect(bcaInterval(values, median, uniformOf(2), { resamples: 50 })).not.toEqual(once);
    expect([...values]).toEqual([9, 1, 4, 7, 3, 8]);
  });

  it('does not care for the scale of the values', () => {
    const values = [0.5, 0.25, 3, 1, 8, 2, 2, 0.125];
    const doubled = values.map((value) => 1024 * value);
    const { lo, hi } = bcaInterval(values, mean, uniformOf(3));
    expect(bcaInterval(doubled, mean, uniformOf(3))).toMatchObject({
      lo: 1024 * lo,
      hi: 1024 * hi,
    });
  });

  it('counts ties half: symmetric values give a symmetric interval', () => {
    const { lo, hi } = bcaInterval([1, 2, 3, 4, 5, 6, 7], median, uniformOf(6));
    expect(lo + hi).toBe(8);
  });

  it('is finite when no resample is like the values', () => {
    const distinct = (values: Float64Array) => new Set(values).size;
    const values = Array.from({ length: 30 }, (_, i) => i);
    const up = bcaInterval(values, distinct, uniformOf(7));
    const down = bcaInterval(values, (v) => -distinct(v), uniformOf(7));
    expect(up.lo).toBeLessThanOrEqual(up.hi);
    expect(down).toMatchObject({ estimate: -30, lo: -up.hi, hi: -up.lo });
  });

  it('is finite when every resample lies on one side', () => {
    const { estimate, lo, hi } = bcaInterval([1, 2, 3, 50], (v) => Math.max(...v), uniformOf(4));
    expect(estimate).toBe(50);
    expect(lo).toBeLessThanOrEqual(50);
    expect(hi).toBe(50);
  });

  it('says what it cannot know', () => {
    const nothing = Number.NaN;
    const uniform = uniformOf(5);
    expect(bcaInterval([], mean, uniform)).toEqual({
      estimate: nothing,
      lo: nothing,
      hi: nothing,
      n: 0,
    });
    expect(bcaInterval([3], mean, uniform)).toMatchObject({
      estimate: 3,
      lo: nothing,
      hi: nothing,
    });
    expect(bcaInterval([3, 3, 3], mean, uniform)).toMatchObject({ estimate: 3, lo: 3, hi: 3 });
    expect(() => bcaInterval([1, 2], mean, uniform, { confidence: 0 })).toThrow('confidence');
  });

  // Second-order accurate, not exact: the bounds are wider than those of Student's t.
  it.each([
    ['medians of normal values', median, (u: number) => normalQuantile(u), 0],
    ['means of exponential values', mean, (u: number) => -Math.log1p(-u), 1],
  ])('covers %s at about its nominal rate', (_, statistic, draw, truth) => {
    let covered = 0;
    for (let s = 0; s < 400; s++) {
      const { uniform } = randomStream(8, s, 'coverage');
      const values = Array.from({ length: 40 }, () => draw(uniform()));
      const { lo, hi } = bcaInterval(values, statistic, uniform, { resamples: 500 });
      if (lo <= truth && truth <= hi) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.915);
    expect(covered / 400).toBeLessThan(0.975);
  });
});
