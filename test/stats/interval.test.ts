import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { type Interval, meanInterval } from '../../src/stats/interval.ts';
import { normalQuantile } from '../../src/stats/student-t.ts';

/** Share of `studies` studies whose interval holds the truth. */
function coverage(studies: number, truth: number, study: (s: number) => Interval): number {
  let covered = 0;
  for (let s = 0; s < studies; s++) {
    const { lo, hi } = study(s);
    if (lo <= truth && truth <= hi) covered++;
  }
  return covered / studies;
}

describe('meanInterval', () => {
  it('agrees with the analysis of the maize that Darwin grew', () => {
    // Differences of 15 pairs of plants in 1/8 inch (Fisher 1935): mean 20.93, t(14) = 2.145 at
    // 97.5 %.
    const maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
    const { estimate, lo, hi, n } = meanInterval(maize);
    expect(n).toBe(15);
    expect(estimate).toBeCloseTo(20.933, 3);
    expect(lo).toBeCloseTo(0.03, 2);
    expect(hi).toBeCloseTo(41.84, 2);
  });

  it('is symmetric, moves with its values and widens with confidence', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2 });
    const shift = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(values, shift, (sample, by) => {
        const narrow = meanInterval(sample, 0.9);
        const wide = meanInterval(sample, 0.99);
        const moved = meanInterval(
          sample.map((value) => value + by),
          0.9,
        );
        expect(wide.lo).toBeLessThanOrEqual(narrow.lo);
        expect(wide.hi).toBeGreaterThanOrEqual(narrow.hi);
        expect(narrow.lo + narrow.hi).toBeCloseTo(2 * narrow.estimate, 6);
        expect(moved.lo).toBeCloseTo(narrow.lo + by, 6);
      }),
    );
  });

  it('says what it cannot know', () => {
    const nothing = Number.NaN;
    expect(meanInterval([])).toEqual({ estimate: nothing, lo: nothing, hi: nothing, n: 0 });
    expect(meanInterval([5])).toEqual({ estimate: 5, lo: nothing, hi: nothing, n: 1 });
    expect(meanInterval([1, nothing]).lo).toBeNaN();
    // A third of 0.3 is not 0.1 in binary; the interval still has no width.
    expect(meanInterval([0.1, 0.1, 0.1])).toEqual({ estimate: 0.1, lo: 0.1, hi: 0.1, n: 3 });
    expect(() => meanInterval([1, 2], 1)).toThrow('confidence');
  });
});

describe('coverage of 95 % intervals', () => {
  // Of 1000 studies at the nominal rate, 92.5 .. 97.2 % are more than three standard errors to
  // either side.
  const studies = 1000;

  it.each([5, 12, 30])('holds for normal values, n = %d', (n) => {
    const covered = coverage(studies, 100, (s) => {
      const { uniform } = randomStream(1, s, `normal/${n}`);
      return meanInterval(Array.from({ length: n }, () => 100 + 15 * normalQuantile(uniform())));
    });
    expect(covered).toBeGreaterThan(0.925);
    expect(covered).toBeLessThan(0.972);
  });

  it('holds for means of exponential values', () => {
    const covered = coverage(studies, 1, (s) => {
      const { uniform } = randomStream(2, s, 'exponential');
      const replication = () => {
        let sum = 0;
        for (let i = 0; i < 25; i++) sum -= Math.log1p(-uniform());
        return sum / 25;
      };
      return meanInterval(Array.from({ length: 10 }, replication));
    });
    expect(covered).toBeGreaterThan(0.925);
    expect(covered).toBeLessThan(0.972);
  });
});
