import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { replicationsNeeded, verdict, verdictP } from '../../src/stats/equivalence.ts';
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

describe('verdictP', () => {
  it('agrees with one-sided t tests by SciPy 1.17 (ttest_1samp), the nearer end at 2.5 %', () => {
    // Within the margin: twice the P of the nearer end; beyond it: twice the P of "at most the margin".
    const difference = pairedDifference(drug1, drug2);
    expect(verdictP(difference, 2)).toBeCloseTo(2 * 0.1541572356690974, 12);
    expect(verdictP(difference, 3)).toBeCloseTo(2 * 0.002655570292658671, 12);
    expect(verdictP(difference, 1)).toBeCloseTo(2 * (1 - 0.9149441145512885), 12);
    // Without a margin it is the paired t test: p = 0.002833 (R documentation, t.test).
    expect(verdictP(difference, 0)).toBeCloseTo(0.00283289, 8);
  });

  it('is at most 5 % exactly when the 95 % interval lies within the margin or beyond it', () => {
    const values = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 60, noNaN: true }), (sample, margin) => {
        const { lo, hi } = pairedDifference(sample, zeros(sample.length));
        const ends = [hi - margin, hi + margin, lo - margin, lo + margin];
        fc.pre(Math.min(...ends.map(Math.abs)) > 1e-9);
        const p = verdictP(pairedDifference(sample, zeros(sample.length)), margin);
        const isWithin = -margin < lo && hi < margin;
        expect(p <= 0.05).toBe(isWithin || lo > margin || hi < -margin);
      }),
      { numRuns: 500 },
    );
  });

  it('shows nothing with fewer than two pairs, and decides without variance', () => {
    expect(verdictP(pairedDifference([1], [1]), 10)).toBe(1);
    const two = pairedDifference([3, 4], [1, 2]);
    expect([1, 2, 3].map((margin) => verdictP(two, margin))).toEqual([0, 1, 0]);
    expect(verdictP(pairedDifference([1, 2], [1, 2]), 0)).toBe(0);
    expect(() => verdictP(two, -1)).toThrow('margin');
  });

  it('calls a difference of the margin anything in at most 5 % of studies', () => {
    let wrong = 0;
    for (let s = 0; s < 1000; s++) {
      const { uniform } = randomStream(4, s, 'verdictP');
      const sample = Array.from({ length: 12 }, () => 3 + normalQuantile(uniform()));
      if (verdictP(pairedDifference(sample, zeros(12)), 3) <= 0.05) wrong++;
    }
    // Either side is wrong in 2.5 %; two to eight is four standard errors to either side of 5 %.
    expect(wrong).toBeGreaterThan(20);
    expect(wrong).toBeLessThan(80);
  });
});

describe('verdict', () => {
  const of = (centre: number, margin: number) => {
    const difference = pairedDifference(spread(10, centre), zeros(10));
    return verdict(difference, margin, verdictP(difference, margin));
  };

  it('is better when lower, worse when higher, by more than the margin', () => {
    expect(of(-2, 1)).toBe('better');
    expect(of(2, 1)).toBe('worse');
    // Significant, but the interval is not all beyond the margin.
    expect(of(1.2, 1)).toBe('undecided');
  });

  it('is equivalent within the margin, even when the difference is significant', () => {
    expect(of(0, 1)).toBe('equivalent');
    expect(of(2, 3)).toBe('equivalent');
    expect(of(-2, 3)).toBe('equivalent');
  });

  it('is undecided when neither is shown', () => {
    expect(of(0.3, 0.5)).toBe('undecided');
    const single = pairedDifference([100], [1]);
    expect(verdict(single, 1, verdictP(single, 1))).toBe('undecided');
    const holed = pairedDifference([100, Number.NaN, 3], [1, 2, 3]);
    expect(verdict(holed, 1, verdictP(holed, 1))).toBe('undecided');
    expect(replicationsNeeded(holed, 1)).toBeNaN();
  });

  it('takes a P value adjusted for the family', () => {
    expect(verdict({ estimate: -2 }, 1, 0.06)).toBe('undecided');
    expect(verdict({ estimate: -2 }, 1, 0.05)).toBe('better');
    expect(verdict({ estimate: -2 }, 1, Number.NaN)).toBe('undecided');
  });
});

describe('replicationsNeeded', () => {
  const needed = (n: number, centre: number, margin: number) =>
    replicationsNeeded(pairedDifference(spread(n, centre), zeros(n)), margin);

  it('agrees with the published sample size of a paired t test', () => {
    // Effect size 0.5, two-sided 5 %, power 80 %: 34 pairs (Cohen 1988; G*Power 3.1).
    expect(needed(10, 0.5, 0)).toBe(34 - 10);
  });

  it('goes by the distance to the nearer end of the margin', () => {
    // By counting up with SciPy's t.ppf: room 0.5 within the margin takes 45 pairs, 0.06 beyond it 2183.
    expect(needed(10, 0.16, 0.66)).toBe(45 - 10);
    expect(needed(10, 0.16, 0.1)).toBe(2183 - 10);
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
      if (verdict(difference, 0.5, verdictP(difference, 0.5)) !== 'undecided') settled++;
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

describe('at the edges', () => {
  const none = {
    estimate: 1,
    lo: Number.NaN,
    hi: Number.NaN,
    n: 1,
    standardError: Number.NaN,
    dof: 0,
  };

  it('nothing is shown without an interval, or with one end of it', () => {
    expect(verdictP(none, 2)).toBe(1);
    expect(verdictP({ ...none, lo: 0, dof: 3 }, 2)).toBe(1);
    expect(verdictP({ ...none, hi: 2, dof: 3 }, 2)).toBe(1);
    expect(verdictP({ ...none, lo: 0.5, hi: 1.5, dof: 0 }, 2)).toBe(1);
    expect(replicationsNeeded(none, 2)).toBeNaN();
    expect(replicationsNeeded({ ...none, lo: 0.5, hi: 1.5 }, 2)).toBeNaN();
  });

  it('a margin is not negative', () => {
    const known = { estimate: 1, lo: 0, hi: 2, n: 9, standardError: 0.5, dof: 8 };
    expect(() => verdictP(known, -1)).toThrow('margin');
    expect(() => replicationsNeeded(known, -1)).toThrow('margin');
  });

  it('on the margin is within it, and no number of replications would tell', () => {
    expect(verdict({ estimate: 2 }, 2, 0.01)).toBe('equivalent');
    expect(verdict({ estimate: -2 }, 2, 0.01)).toBe('equivalent');
    const on = { estimate: 2, lo: 1, hi: 3, n: 9, standardError: 0.4, dof: 8 };
    expect(replicationsNeeded(on, 2)).toBe(Number.POSITIVE_INFINITY);
  });

  it('no difference at all with no margin is no verdict in a direction', () => {
    expect(verdict({ estimate: 0 }, 0, 0.01)).toBe('equivalent');
  });

  it('more spread needs more replications', () => {
    const of = (arm: number) =>
      replicationsNeeded(
        { estimate: 5, lo: 5 - arm, hi: 5 + arm, n: 20, standardError: arm / 2.093, dof: 19 },
        1,
      );
    // Twice the spread, four times as many altogether, but for the few that Student's t takes.
    expect((of(16) + 20) / (of(8) + 20)).toBeGreaterThan(3.6);
    expect((of(16) + 20) / (of(8) + 20)).toBeLessThan(4.1);
    expect(of(1)).toBe(0);
  });
});
