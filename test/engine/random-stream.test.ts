import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';

const draw = (seed: number, replication: number, purpose: string, n: number) => {
  const stream = randomStream(seed, replication, purpose);
  return Array.from({ length: n }, () => stream.uniform());
};

function correlation(a: number[], b: number[]): number {
  const mean = (x: number[]) => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  const covariance = a.reduce((sum, value, i) => sum + (value - ma) * (b[i] - mb), 0);
  const spread = (x: number[], m: number) => x.reduce((sum, value) => sum + (value - m) ** 2, 0);
  return covariance / Math.sqrt(spread(a, ma) * spread(b, mb));
}

describe('randomStream', () => {
  it('gives the same numbers for the same seed, replication and purpose', () => {
    expect(draw(1, 2, 'x', 100)).toEqual(draw(1, 2, 'x', 100));
  });

  it('does not change from version to version', () => {
    // Pins behaviour, proves nothing: published results depend on these numbers.
    expect(draw(1, 0, 'waker/0/phase', 3)).toMatchInlineSnapshot(`
      [
        0.3912317474517939,
        0.14425190785471087,
        0.3595857220460672,
      ]
    `);
  });

  it('gives numbers in [0, 1) that look uniform', () => {
    const bins = new Array(100).fill(0);
    for (const u of draw(7, 0, 'uniform', 100_000)) bins[Math.floor(u * 100)]++;
    const chi2 = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 99 degrees of freedom: P(chi2 > 148.2) = 0.001, P(chi2 < 61.1) = 0.001.
    expect(chi2).toBeLessThan(148.2);
    expect(chi2).toBeGreaterThan(61.1);
  });

  it.each([
    ['seed', draw(1, 0, 'x', 5000), draw(2, 0, 'x', 5000)],
    ['replication', draw(1, 0, 'x', 5000), draw(1, 1, 'x', 5000)],
    ['purpose', draw(1, 0, 'x', 5000), draw(1, 0, 'y', 5000)],
    ['large seed', draw(2 ** 53 - 1, 0, 'x', 5000), draw(2 ** 53 - 2, 0, 'x', 5000)],
  ])('is unrelated to the stream of another %s', (_, a, b) => {
    // Five standard errors.
    expect(Math.abs(correlation(a, b))).toBeLessThan(5 / Math.sqrt(5000));
  });

  it('starts unrelated: first numbers over replications are uniform', () => {
    const first = Array.from({ length: 10_000 }, (_, r) => randomStream(1, r, 'p').uniform());
    const mean = first.reduce((sum, u) => sum + u, 0) / first.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 10_000));
    expect(Math.abs(correlation(first.slice(0, -1), first.slice(1)))).toBeLessThan(0.05);
  });
});
