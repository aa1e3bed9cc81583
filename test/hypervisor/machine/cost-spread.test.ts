import { describe, expect, it } from 'vitest';
import {
  multipleAt,
  type Spread,
  typicalQuantile,
  VaryingCosts,
} from '../../../src/hypervisor/machine/cost-spread.ts';
import { COST_NAMES, ZERO_COSTS } from '../../../src/hypervisor/machine/costs.ts';

const SPREADS: readonly Spread[] = [
  { least: 0.95, p99: 1.1, most: 1.7 },
  { least: 0.61, p99: 5, most: 5.6 },
  { least: 0, p99: 2, most: 2 },
];
const DRAWS = 100_000;
const quantiles = Array.from({ length: DRAWS }, (_, i) => (i + 0.5) / DRAWS);

describe('the law of a cost that varies', () => {
  it.each(SPREADS)('$least, $p99, $most: its mean is the typical value', (spread) => {
    const sum = quantiles.reduce((total, u) => total + multipleAt(spread, u), 0);
    expect(sum / DRAWS).toBeCloseTo(1, 4);
  });

  it.each(SPREADS)('$least, $p99, $most: goes from the least over p99 to the most', (spread) => {
    const { least, p99, most } = spread;
    const ends = [0, typicalQuantile(spread), 0.99, 1].map((u) => multipleAt(spread, u));
    const expected = [least, 1, p99, most];
    for (const [i, value] of expected.entries()) expect(ends[i]).toBeCloseTo(value, 10);
    const values = quantiles.map((u) => multipleAt(spread, u));
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  });

  it('does not exist where the typical value cannot be the mean', () => {
    const within = (spread: Spread) => {
      const typical = typicalQuantile(spread);
      return typical >= 0 && typical < 0.99;
    };
    expect(within({ least: 0.9, p99: 1, most: 20 })).toBe(false);
    expect(within({ least: 1, p99: 1, most: 2 })).toBe(false);
    expect(within({ least: 1, p99: 1, most: 1 })).toBe(true);
  });
});

describe('costs that vary together', () => {
  const typical = { ...ZERO_COSTS, wake: 1000, schedule: 2000, page: 900 };
  const varying = new VaryingCosts(typical, { wake: SPREADS[0], schedule: SPREADS[0] });
  const at = (u: number) => varying.costs(varying.setAt(u));

  it('lie at one quantile, and those without a spread stay', () => {
    for (const u of [0, 0.3, 0.7, 0.999]) {
      const costs = at(u);
      expect(costs.schedule / costs.wake).toBeCloseTo(2, 2);
      expect(costs.page).toBe(900);
      expect(Object.keys(costs)).toEqual(COST_NAMES);
    }
    expect(at(0).wake).toBeLessThan(at(0.999).wake);
  });

  it('are the typical ones on average', () => {
    const mean = quantiles.reduce((sum, u) => sum + at(u).schedule, 0) / DRAWS;
    expect(Math.abs(mean / 2000 - 1)).toBeLessThan(0.002);
  });
});
