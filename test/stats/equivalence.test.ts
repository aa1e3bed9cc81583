import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { replicationsNeeded, tost, verdict } from '../../src/stats/equivalence.ts';
import { pairedDifference } from '../../src/stats/paired.ts';
import { normalQuantile } from '../../src/stats/student-t.ts';

const drug1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
const drug2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
const zeros = (n: number) => new Float64Array(n);

/** Differences of mean `centre` and standard deviation 1, not random. */
function spread(n: number, centre: number): Float64Array {
  const z = Float64Array.from({ length: n }, (_, i) => normalQuantile((i + 0.5) / n));
  const norm = Math.sqrt(z.reduce((sum, value) => sum + value * value, 0) / (n - 1));
  return z.map((value) => centre + value / norm);
}

describe('tost', () => {
  it('agrees with two one-sided t tests by SciPy 1.17 (ttest_1samp)', () => {
    const difference = pairedDifference(drug1, drug2);
    expect(tost(difference, 1)).toBeCloseTo(0.9149441145512885, 12);
    expect(tost(difference, 2)).toBeCloseTo(0.1541572356690974, 12);
    expect(tost(difference, 2.5)).toBeCloseTo(0.02111686024650077, 12);
    expect(tost(difference, 3)).toBeCloseTo(0.002655570292658671, 12);
  });

  it('rejects at 5 % exactly when the 90 % interval lies within the margin', () => {
    const values = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 60, noNaN: true }), (sample, margin) => {
        const { lo, hi } = pairedDifference(sample, zeros(sample.length), 0.9);
        fc.pre(Math.min(Math.abs(hi - margin), Math.abs(lo + margin)) > 1e-9);
        const p = tost(pairedDifference(sample, zeros(sample.length)), margin);
        expect(p <= 0.05).toBe(-margin < lo && hi < margin);
      }),
      { numRuns: 500 },
    );
  });

  it('shows nothing with fewer than two pairs, and decides without variance', () => {
    expect(tost(pairedDifference([1], [1]), 10)).toBe(1);
    const two = pairedDifference([3, 4], [1, 2]);
    expect([1, 2, 3].map((margin) => tost(two, margin))).toEqual([1, 0, 0]);
    expect(tost(pairedDifference([1, 2], [1, 2]), 0)).toBe(0);
    expect(() => tost(two, -1)).toThrow('margin');
  });

  it('calls a difference of the margin equivalent in at most 5 % of studies', () => {
    let wrong = 0;
    for (let s = 0; s < 1000; s++) {
      const { uniform } = randomStream(4, s, 'tost');
      const sample = Array.from({ length: 12 }, () => 3 + normalQuantile(uniform()));
      if (tost(pairedDifference(sample, zeros(12)), 3) <= 0.05) wrong++;
    }
    // The rate is 5 % here, at the worst point; two to eight is four standard errors to either
    // side.
    expect(wrong).toBeGreaterThan(20);
    expect(wrong).toBeLessThan(80);
  });
});

describe('verdict', () => {
  const of = (centre: number, margin: number) => {
    const difference = pairedDifference(spread(10, centre), zeros(10));
    return verdict(difference, tost(difference, margin));
  };

  it('is better when lower, worse when higher', () => {
    expect(of(-2, 1)).toBe('better');
    expect(of(2, 1)).toBe('worse');
  });

  it('is equivalent within the margin, even when the difference is significant', () => {
    expect(of(0, 1)).toBe('equivalent');
    expect(of(2, 3)).toBe('equivalent');
    expect(of(-2, 3)).toBe('equivalent');
  });

  it('is inconclusive when neither is shown', () => {
    expect(of(0.3, 0.5)).toBe('inconclusive');
    const single = pairedDifference([100], [1]);
    expect(verdict(single, tost(single, 1))).toBe('inconclusive');
    const holed = pairedDifference([100, Number.NaN, 3], [1, 2, 3]);
    expect(verdict(holed, tost(holed, 1))).toBe('inconclusive');
    expect(replicationsNeeded(holed, 1)).toBeNaN();
  });

  it('takes P values adjusted for the family', () => {
    const difference = pairedDifference(spread(10, -2), zeros(10));
    expect(difference.hi).toBeLessThan(0);
    expect(verdict(difference, 1, 0.06)).toBe('inconclusive');
    expect(verdict(difference, 0.06, 0.05)).toBe('better');
  });
});

describe('replicationsNeeded', () => {
  const needed = (n: number, centre: number, margin: number) =>
    replicationsNeeded(pairedDifference(spread(n, centre), zeros(n)), margin);

  it('agrees with the published sample size of a paired t test', () => {
    // Effect size 0.5, two-sided 5 %, power 80 %: 34 pairs (Cohen 1988; G*Power 3.1).
    expect(needed(10, 0.5, 0)).toBe(34 - 10);
  });

  it('takes the cheaper route', () => {
    // By counting up with SciPy's t.ppf: room 0.5 within the margin takes 36 pairs, a difference of
    // 0.16 309.
    expect(needed(10, 0.16, 0.66)).toBe(36 - 10);
    expect(needed(10, 0.16, 0.1)).toBe(309 - 10);
    expect(needed(10, 0.5, 10)).toBe(0);
  });

  it('falls as the margin or the distance grows', () => {
    expect(needed(10, 0, 0.2)).toBeGreaterThan(needed(10, 0, 0.3));
    expect(needed(10, 0.2, 0)).toBeGreaterThan(needed(10, 0.3, 0));
  });

  it('settles four studies of five', () => {
    const more = needed(10, 0, 0.5);
    let settled = 0;
    for (let s = 0; s < 500; s++) {
      const { uniform } = randomStream(5, s, 'power');
      const sample = Array.from({ length: 10 + more }, () => normalQuantile(uniform()));
      const difference = pairedDifference(sample, zeros(sample.length));
      if (verdict(difference, tost(difference, 0.5)) !== 'inconclusive') settled++;
    }
    expect(settled / 500).toBeGreaterThan(0.78);
    expect(settled / 500).toBeLessThan(0.9);
  });

  it('says when it cannot know and when nothing helps', () => {
    expect(replicationsNeeded(pairedDifference([1], [2]), 1)).toBeNaN();
    expect(needed(10, 1e-4, 0)).toBeCloseTo(((1.959963985 + 0.841621234) / 1e-4) ** 2, -3);
    for (let e = 2; e < 13; e++) expect(needed(10, 10 ** -e, 0)).toBeGreaterThan(10 ** (2 * e));
    expect(replicationsNeeded(pairedDifference([1, -1], [0, 0]), 0)).toBe(Number.POSITIVE_INFINITY);
  });
});
