import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { meanInterval } from '../../src/stats/interval.ts';
import { pairedDifference, recoveredDifference } from '../../src/stats/paired.ts';
import { studentTCdf } from '../../src/stats/student-t.ts';

// Extra hours of sleep with two drugs: Student 1908, the paired t test's own example.
const drug1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
const drug2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

describe('pairedDifference', () => {
  it('agrees with the published analysis of the sleep data', () => {
    // R documentation, t.test(extra ~ group, paired = TRUE): t = -4.0621, df = 9, p = 0.002833.
    const difference = pairedDifference(drug1, drug2);
    expect(difference.estimate).toBeCloseTo(-1.58, 12);
    expect(difference.lo).toBeCloseTo(-2.4598858, 7);
    expect(difference.hi).toBeCloseTo(-0.7001142, 7);
    expect(difference.estimate / difference.standardError).toBeCloseTo(-4.0621, 4);
    expect(2 * studentTCdf(-4.062128, difference.dof)).toBeCloseTo(0.00283289, 7);
    expect(difference.n).toBe(10);
  });

  it('changes sign with its sides', () => {
    const there = pairedDifference(drug1, drug2);
    const back = pairedDifference(drug2, drug1);
    expect(back.estimate).toBe(-there.estimate);
    expect(back.lo).toBeCloseTo(-there.hi, 12);
    expect(back.standardError).toBe(there.standardError);
  });

  it('is narrower than an unpaired one when both sides share what varies', () => {
    const { uniform } = randomStream(1, 0, 'paired');
    const common = Array.from({ length: 40 }, () => 1000 * uniform());
    const a = common.map((value) => value + uniform());
    const b = common.map((value) => value + 5 + uniform());
    const { lo, hi } = pairedDifference(a, b);
    expect(hi).toBeLessThan(-4);
    expect(hi - lo).toBeLessThan((meanInterval(a).hi - meanInterval(a).lo) / 100);
  });

  it('shows nothing with fewer than two pairs, and everything without variance', () => {
    expect(pairedDifference([], [])).toMatchObject({ estimate: Number.NaN, n: 0, lo: Number.NaN });
    expect(pairedDifference([3], [1])).toMatchObject({
      estimate: 2,
      lo: Number.NaN,
      hi: Number.NaN,
    });
    expect(pairedDifference([3, 4], [1, 2])).toMatchObject({ lo: 2, hi: 2, standardError: 0 });
    expect(pairedDifference([3, 4], [3, 4])).toMatchObject({ lo: 0, hi: 0, standardError: 0 });
    expect(pairedDifference([3, Number.NaN], [1, 2])).toMatchObject({
      estimate: Number.NaN,
      lo: Number.NaN,
    });
    expect(() => pairedDifference([1, 2], [1])).toThrow('both sides');
  });

  it('is never narrower than the grain of its sides', () => {
    expect(pairedDifference([3, 4], [1, 2], { grain: 5 })).toMatchObject({ lo: -3, hi: 7 });
    const wide = pairedDifference(drug1, drug2);
    expect(pairedDifference(drug1, drug2, { grain: 0.1 })).toEqual(wide);
  });

  it('counts only the spread within strata', () => {
    const a = [1, 2, 3, 101, 102, 103];
    const zeros = new Float64Array(6);
    const { estimate, standardError, dof } = pairedDifference(a, zeros, {
      strata: [0, 0, 0, 1, 1, 1],
    });
    expect(estimate).toBeCloseTo(52, 12);
    // Both strata: s^2 = 1, n = 3, half of all: 2 (1/2)^2 / 3.
    expect(standardError).toBeCloseTo(Math.sqrt(1 / 6), 12);
    expect(dof).toBeCloseTo(4, 12);
    expect(standardError).toBeLessThan(pairedDifference(a, zeros).standardError / 10);
  });
});

describe('recoveredDifference', () => {
  const side = (estimate: number, lo: number, hi: number, contributions: number[]) => ({
    estimate,
    lo,
    hi,
    contributions,
  });
  const rising = [1, 2, 3, 4, 5, 6, 7, 8];

  it('adds the arms of independent sides as squares', () => {
    // Contributions without correlation.
    const a = side(10, 7, 14, [1, 1, -1, -1, 1, 1, -1, -1]);
    const b = side(5, 2, 9, [1, -1, 1, -1, 1, -1, 1, -1]);
    const { estimate, lo, hi, n } = recoveredDifference(a, b);
    expect([estimate, n]).toEqual([5, 8]);
    // 3 below of a and 4 above of b; 4 above of a and 3 below of b.
    expect(lo).toBeCloseTo(5 - 5, 9);
    expect(hi).toBeCloseTo(5 + 5, 9);
  });

  it('takes away what both share, but keeps the grain', () => {
    const a = side(10, 7, 13, rising);
    const b = side(5, 2, 8, rising);
    // As far as sums of squares are exact.
    expect(recoveredDifference(a, b).lo).toBeCloseTo(5, 6);
    expect(recoveredDifference(a, b).hi).toBeCloseTo(5, 6);
    expect(recoveredDifference(a, b, { grain: 1 })).toMatchObject({ lo: 4, hi: 6 });
    const back = side(5, 2, 8, rising.toReversed());
    expect(recoveredDifference(a, back).hi).toBeCloseTo(5 + 6, 9);
  });
});

describe('recoveredDifference, where sides differ', () => {
  it('gives half its width by the quantile of t of the pairs as its standard error', () => {
    const a = { estimate: 10, lo: 7, hi: 14, contributions: [1, 1, -1, -1, 1, 1, -1, -1] };
    const b = { estimate: 5, lo: 2, hi: 9, contributions: [1, -1, 1, -1, 1, -1, 1, -1] };
    const { standardError, dof } = recoveredDifference(a, b);
    expect(dof).toBe(7);
    // t of 7 degrees of freedom.
    expect(standardError).toBeCloseTo(5 / 2.364624, 5);
    expect(
      recoveredDifference({ ...a, contributions: [1, -1] }, { ...b, contributions: [1, 1] })
        .standardError,
    ).toBeCloseTo(5 / 12.7062, 4);
  });

  it('takes no more from the interval than the smaller arm has in common with the larger', () => {
    const rising = [1, 2, 3, 4, 5, 6, 7, 8];
    const a = { estimate: 10, lo: 4, hi: 16, contributions: rising };
    const b = { estimate: 5, lo: 3, hi: 7, contributions: rising };
    // 36 + 4 - 2 * 4 on either side.
    const { lo, hi } = recoveredDifference(a, b);
    expect(hi - 5).toBeCloseTo(Math.sqrt(32), 6);
    expect(5 - lo).toBeCloseTo(Math.sqrt(32), 6);
  });

  it('finds half a correlation', () => {
    const a = { estimate: 0, lo: -1, hi: 1, contributions: [1, 1, -1, -1, 0, 0] };
    const b = { estimate: 0, lo: -1, hi: 1, contributions: [1, 0, -1, 0, 1, -1] };
    // Sums of squares 4 and 4, of products 2: 1 + 1 - 2 * 0.5.
    expect(recoveredDifference(a, b).hi).toBeCloseTo(1, 9);
  });

  it('has nothing in common with a side that does not vary', () => {
    const a = { estimate: 3, lo: 2, hi: 4, contributions: [1, 2, 3, 4] };
    const b = { estimate: 1, lo: 1, hi: 1, contributions: [0, 0, 0, 0] };
    expect(recoveredDifference(a, b)).toMatchObject({ lo: 1, hi: 3 });
    expect(recoveredDifference(b, a)).toMatchObject({ lo: -3, hi: -1 });
  });
});
