import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { elementaryEffects, morrisDesign, STEP } from '../../src/stats/morris.ts';

describe('elementary effects', () => {
  const design = (inputs: number, trajectories: number) =>
    morrisDesign(inputs, trajectories, randomStream(5, 0, 'morris'));

  it('come from walks on a grid in which each input is moved once', () => {
    const points = design(5, 20);
    expect(points).toHaveLength(20 * 6);
    points.forEach(({ at, moved }, i) => {
      for (const x of at)
        expect([0, 1 / 3, 2 / 3, 1].some((y) => Math.abs(x - y) < 1e-9)).toBe(true);
      expect(moved < 0).toBe(i % 6 === 0);
      if (moved < 0) return;
      const before = points[i - 1].at;
      at.forEach((x, input) => {
        expect(Math.abs(x - before[input])).toBeCloseTo(input === moved ? STEP : 0);
      });
    });
    const orders = Array.from({ length: 20 }, (_, t) =>
      points.slice(6 * t + 1, 6 * t + 6).map(({ moved }) => moved),
    );
    for (const order of orders) expect([...order].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(orders.map(String)).size).toBeGreaterThan(10);
  });

  it('are the slopes of what is linear, without spread', () => {
    const points = design(3, 4);
    const outputs = points.map(({ at }) => 7 + 10 * at[0] - 3 * at[1]);
    const [a, b, c] = elementaryEffects(points, outputs, 3);
    expect(a.mu).toBeCloseTo(10);
    expect(a.sigma).toBeCloseTo(0);
    expect([b.mu, b.muStar]).toEqual([expect.closeTo(-3), expect.closeTo(3)]);
    expect([c.mu, c.muStar, c.sigma]).toEqual([0, 0, 0].map((zero) => expect.closeTo(zero)));
  });

  it('spread where inputs act together, and have no direction where they turn', () => {
    const points = design(2, 200);
    const together = points.map(({ at }) => (at[0] - 0.5) * (at[1] - 0.5));
    const [a] = elementaryEffects(points, together, 2);
    expect(Math.abs(a.mu)).toBeLessThan(0.1);
    expect(a.muStar).toBeGreaterThan(0.3);
    expect(a.sigma).toBeGreaterThan(0.3);
  });
});
