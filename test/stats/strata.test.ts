import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { meanInterval } from '../../src/stats/interval.ts';
import { stratificationGain, stratifiedMean, stratifiedSpread } from '../../src/stats/strata.ts';
import { normalQuantile } from '../../src/stats/student-t.ts';

describe('stratifiedMean', () => {
  it('agrees with a computation by hand', () => {
    // s^2 of both is 1: variance 2 (1/2)^2 / 3 = 1/6; degrees of freedom (1/6)^2 / (2 (1/12)^2 / 2) = 4; t(0.975, 4) =
    // 2.776.
    const { estimate, lo, hi, n } = stratifiedMean([
      { weight: 0.5, values: [1, 2, 3] },
      { weight: 0.5, values: [18, 19, 20] },
    ]);
    expect(estimate).toBeCloseTo(10.5, 12);
    expect(n).toBe(6);
    expect(hi - estimate).toBeCloseTo(2.776445 / Math.sqrt(6), 5);
    expect(estimate - lo).toBeCloseTo(2.776445 / Math.sqrt(6), 5);
  });

  it('is the mean interval of a single stratum', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    const single = stratifiedMean([{ weight: 1, values }]);
    const plain = meanInterval(values);
    expect(single.lo).toBeCloseTo(plain.lo, 10);
    expect(single.hi).toBeCloseTo(plain.hi, 10);
    expect(
      stratifiedMean([
        { weight: 1, values },
        { weight: 0, values: [] },
      ]),
    ).toEqual(single);
  });

  it('finds a rare event with far fewer values, without bias, and covers', () => {
    // A window of probability 0.001 in which the latency is 1000 + noise, else 10 + noise: mean 10.99.
    const truth = 0.999 * 10 + 0.001 * 1000;
    let covered = 0;
    let stratifiedError = 0;
    let plainError = 0;
    for (let s = 0; s < 500; s++) {
      const { uniform } = randomStream(11, s, 'strata');
      const noise = () => normalQuantile(uniform());
      const draw = (n: number, of: number) => Array.from({ length: n }, () => of + noise());
      const { estimate, lo, hi } = stratifiedMean([
        { weight: 0.999, values: draw(12, 10) },
        { weight: 0.001, values: draw(12, 1000) },
      ]);
      if (lo <= truth && truth <= hi) covered++;
      stratifiedError += (estimate - truth) ** 2;
      const plain = Array.from({ length: 24 }, () => (uniform() < 0.001 ? 1000 : 10) + noise());
      plainError += (meanInterval(plain).estimate - truth) ** 2;
    }
    expect(covered / 500).toBeGreaterThan(0.925);
    expect(covered / 500).toBeLessThan(0.972);
    expect(stratifiedError).toBeLessThan(plainError / 20);
  });

  it('says what it cannot know', () => {
    const unknown = stratifiedMean([
      { weight: 0.5, values: [1, 2] },
      { weight: 0.5, values: [7] },
    ]);
    expect(unknown).toMatchObject({ estimate: 4.25, lo: Number.NaN, hi: Number.NaN });
    expect(stratifiedMean([{ weight: 1, values: [2, 2] }])).toMatchObject({ lo: 2, hi: 2 });
    expect(() => stratifiedMean([{ weight: 0.9, values: [1, 2] }])).toThrow('sum to 1');
  });
});

describe('what is asked for wrongly', () => {
  const two = [
    { weight: 0.5, values: [1, 2] },
    { weight: 0.5, values: [3, 5] },
  ];

  it.each([0, 1, -0.5, 1.5, Number.NaN])('a confidence of %d', (confidence) => {
    expect(() => stratifiedMean(two, confidence)).toThrow('confidence');
  });

  it('weights that are negative, or do not sum to 1', () => {
    const with_ = (a: number, b: number) => [
      { weight: a, values: [1, 2] },
      { weight: b, values: [3, 5] },
    ];
    expect(() => stratifiedMean(with_(-0.5, 1.5))).toThrow('weights');
    expect(() => stratifiedMean(with_(0.5, 0.4))).toThrow('weights');
    expect(() => stratifiedMean(with_(0.5, 0.6))).toThrow('weights');
  });
});

describe('values that do not vary', () => {
  it('are known as they are, and by how many there are', () => {
    const constant = [
      { weight: 0.25, values: [4, 4, 4] },
      { weight: 0.75, values: [8, 8] },
    ];
    expect(stratifiedMean(constant)).toEqual({ estimate: 7, lo: 7, hi: 7, n: 5 });
    expect(stratifiedSpread([4, 4, 4, 8, 8], [0, 0, 0, 1, 1])).toMatchObject({
      standardError: 0,
      dof: 3,
      n: 5,
    });
  });
});

describe('stratificationGain', () => {
  it('is the variance of one value drawn at random by that of one drawn in strata', () => {
    // One of ten values varies (variance 2 of 2, 4), nine are 0; two drawn of either.
    const strata = [
      { weight: 0.1, values: [2, 4] },
      { weight: 0.9, values: [0, 0] },
    ];
    // Random: E[x^2] - E[x]^2 = 0.1 (2 + 9) - 0.3^2; in strata 0.1^2 * 2 * 4 / 2.
    expect(stratificationGain(strata)).toBeCloseTo((1.1 - 0.09) / 0.04, 10);
  });

  it('ignores strata that never occur', () => {
    const strata = [
      { weight: 0, values: [7] },
      { weight: 1, values: [1, 3, 5] },
    ];
    // All values, drawn as often as they occur: (4 + 9 - 9) by 4 * 3 / 3.
    expect(stratificationGain(strata)).toBeCloseTo(1, 10);
  });

  it('is endless where no stratum varies in itself, 1 where nothing does, NaN where a stratum has one value', () => {
    const of = (...values: number[][]) =>
      values.map((own) => ({ weight: 1 / values.length, values: own }));
    expect(stratificationGain(of([1, 1], [2, 2]))).toBe(Number.POSITIVE_INFINITY);
    expect(stratificationGain(of([3, 3], [3, 3]))).toBe(1);
    expect(stratificationGain(of([1], [2, 2]))).toBeNaN();
  });
});
