import { describe, expect, it } from 'vitest';
import { type RandomStream, randomStream } from '../../src/engine/random-stream.ts';
import {
  empirical,
  exponential,
  lognormal,
  normal,
  pareto,
  uniform,
  uniformInteger,
} from '../../src/engine/variates.ts';

const N = 100_000;

/** Kolmogorov-Smirnov distance between draws and a distribution function. */
function distance(variate: (stream: RandomStream) => number, cdf: (x: number) => number): number {
  const stream = randomStream(3, 0, variate.toString());
  const values = Float64Array.from({ length: N }, () => variate(stream)).sort();
  return values.reduce(
    (d, x, i) => Math.max(d, Math.abs(cdf(x) - i / N), Math.abs(cdf(x) - (i + 1) / N)),
    0,
  );
}

/** The distance exceeds 1.95 / sqrt(n) with probability 0.001 (Kolmogorov). */
const LIMIT = 1.95 / Math.sqrt(N);

/** Normal distribution function by numerical integration (trapezoids over [-9, x]). */
const normalCdf = (() => {
  const steps = 18_000;
  const table = new Float64Array(steps + 1);
  const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  for (let i = 1; i <= steps; i++) {
    const x = -9 + i / 1000;
    table[i] = table[i - 1] + (density(x) + density(x - 0.001)) / 2000;
  }
  return (x: number) => table[Math.min(steps, Math.max(0, Math.round((x + 9) * 1000)))];
})();

describe('variates follow their distributions', () => {
  it('uniform', () => {
    expect(
      distance(
        (s) => uniform(s, 2, 5),
        (x) => (x - 2) / 3,
      ),
    ).toBeLessThan(LIMIT);
  });
  it('exponential', () => {
    expect(
      distance(
        (s) => exponential(s, 4),
        (x) => 1 - Math.exp(-x / 4),
      ),
    ).toBeLessThan(LIMIT);
  });
  it('pareto', () => {
    expect(
      distance(
        (s) => pareto(s, 3, 1.5),
        (x) => 1 - (3 / x) ** 1.5,
      ),
    ).toBeLessThan(LIMIT);
  });
  it('normal', () => {
    expect(
      distance(
        (s) => normal(s, 10, 2),
        (x) => normalCdf((x - 10) / 2),
      ),
    ).toBeLessThan(LIMIT);
  });
  it('lognormal', () => {
    const cdf = (x: number) => normalCdf((Math.log(x) - 1) / 0.5);
    expect(distance((s) => lognormal(s, 1, 0.5), cdf)).toBeLessThan(LIMIT);
  });

  it('uniformInteger gives both ends and everything between equally often', () => {
    const stream = randomStream(1, 0, 'integers');
    const counts = new Map<number, number>();
    for (let i = 0; i < 60_000; i++) {
      const value = uniformInteger(stream, -2, 3);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('empirical gives the values themselves', () => {
    const stream = randomStream(1, 0, 'empirical');
    const seen = new Set(Array.from({ length: 100 }, () => empirical(stream, [1, 4, 9])));
    expect(seen).toEqual(new Set([1, 4, 9]));
  });

  it('exponential, pareto and empirical use one draw each, so that streams stay in step', () => {
    let draws = 0;
    const counting: RandomStream = {
      uniform: () => {
        draws++;
        return 0.25;
      },
    };
    exponential(counting, 1);
    pareto(counting, 1, 2);
    empirical(counting, [1]);
    expect(draws).toBe(3);
  });
});
