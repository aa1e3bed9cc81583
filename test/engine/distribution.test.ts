import { describe, expect, it } from 'vitest';
import { type Distribution, sampler } from '../../src/engine/distribution.ts';
import { randomStream } from '../../src/engine/random-stream.ts';
import { meanInterval } from '../../src/stats/interval.ts';

/** The first `n` draws. */
function draws(law: Distribution, n: number): number[] {
  const draw = sampler(law, randomStream(1, 0, 'test'));
  return Array.from({ length: n }, draw);
}

describe('sampler', () => {
  it.each<[string, Distribution, number, number]>([
    // Mean and mean square by hand; |N(0, s)| has mean s sqrt(2 / pi) and mean square s^2.
    ['exponential', { kind: 'exponential', mean: 1234.5 }, 1234.5, 2 * 1234.5 ** 2],
    ['uniform', { kind: 'uniform', low: 100, high: 300 }, 200, 200 ** 2 + (201 ** 2 - 1) / 12],
    [
      'discrete',
      {
        kind: 'discrete',
        values: [
          [500, 0.75],
          [4500, 0.25],
        ],
      },
      1500,
      0.75 * 500 ** 2 + 0.25 * 4500 ** 2,
    ],
    [
      'half-normal',
      { kind: 'half-normal', above: 5000, deviation: 1000 },
      5000 + 1000 * Math.sqrt(2 / Math.PI),
      5000 ** 2 + 1e7 * Math.sqrt(2 / Math.PI) + 1e6,
    ],
  ])('%s: whole numbers with the mean and the mean square of the law', (_, law, mean, square) => {
    const values = draws(law, 40_000);
    expect(values.every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
    const first = meanInterval(values, 0.999);
    expect(first.lo).toBeLessThan(mean);
    expect(first.hi).toBeGreaterThan(mean);
    const second = meanInterval(
      values.map((value) => value ** 2),
      0.999,
    );
    expect(second.lo).toBeLessThan(square);
    expect(second.hi).toBeGreaterThan(square);
  });

  it('uniform has both ends, discrete no value of probability 0', () => {
    expect(new Set(draws({ kind: 'uniform', low: 4, high: 6 }, 100))).toEqual(new Set([4, 5, 6]));
    const law: Distribution = {
      kind: 'discrete',
      values: [
        [7, 0],
        [8, 1],
        [9, 0],
      ],
    };
    expect(new Set(draws(law, 100))).toEqual(new Set([8]));
  });

  it('constant and recorded values draw nothing from the stream', () => {
    const stream = {
      uniform: () => {
        throw new Error('drawn');
      },
    };
    const constant = sampler({ kind: 'constant', value: 5 }, stream);
    expect([constant(), constant()]).toEqual([5, 5]);
    const recorded = sampler({ kind: 'recorded', values: [3, 1, 2] }, stream);
    expect(Array.from({ length: 7 }, recorded)).toEqual([3, 1, 2, 3, 1, 2, 3]);
  });

  it('gives the last value if the probabilities sum to a little less than 1', () => {
    const law: Distribution = {
      kind: 'discrete',
      values: [
        [1, 0.5],
        [2, 0.5 - 1e-10],
      ],
    };
    expect(sampler(law, { uniform: () => 1 - 2 ** -53 })()).toBe(2);
  });
});
