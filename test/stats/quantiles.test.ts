import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSorted, quantileSorted, sortSamples, summarise } from '../../src/stats/quantiles.ts';

const nanoseconds = fc
  .array(fc.integer({ min: 0, max: 2 ** 45 }), { minLength: 1, maxLength: 200 })
  .map((values) => Float64Array.from(values));

describe('quantileSorted', () => {
  it('interpolates as R and NumPy do by default', () => {
    // quantile(c(1, 2, 4, 8, 16), p, type = 7): position 4p between the order statistics.
    const sorted = Float64Array.of(1, 2, 4, 8, 16);
    expect([0, 0.1, 0.25, 0.5, 0.625, 0.9, 1].map((p) => quantileSorted(sorted, p))).toEqual([
      1,
      1 + 0.4,
      2,
      4,
      6,
      8 + 0.6 * 8,
      16,
    ]);
    expect(quantileSorted([7], 0.99)).toBe(7);
  });

  it('lies between its neighbours and rises with p', () => {
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(nanoseconds, p, p, (samples, p1, p2) => {
        const sorted = sortSamples(samples);
        const low = quantileSorted(sorted, Math.min(p1, p2));
        const high = quantileSorted(sorted, Math.max(p1, p2));
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(sorted[0]);
        expect(high).toBeLessThanOrEqual(sorted[sorted.length - 1]);
      }),
    );
  });

  it('is NaN of nothing and refuses what is no probability', () => {
    expect(quantileSorted([], 0.5)).toBeNaN();
    expect(() => quantileSorted([1], -0.1)).toThrow('quantile');
    expect(() => quantileSorted([1], Number.NaN)).toThrow('quantile');
  });
});

describe('sortSamples', () => {
  it('sorts any numbers, in a copy', () => {
    const numbers = fc.array(fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.nat(9)));
    fc.assert(
      fc.property(numbers, (values) => {
        const samples = Float64Array.from(values);
        const sorted = sortSamples(samples);
        expect(sorted).toEqual(Float64Array.from(values).sort());
        expect(samples).toEqual(Float64Array.from(values));
      }),
    );
  });

  it('refuses what is no number', () => {
    for (const values of [[Number.NaN], [1, Number.NaN, 2], [-1, Number.NaN], [Number.NaN, -0]]) {
      expect(() => sortSamples(Float64Array.from(values))).toThrow('a sample is a number');
    }
    // A NaN with the sign bit, as processors make them.
    const signed = new Float64Array(BigInt64Array.of(-1n).buffer);
    expect(() => sortSamples(signed)).toThrow('a sample is a number');
  });
});

describe('summarise', () => {
  it('counts, averages and picks percentiles', () => {
    const samples = Float64Array.from({ length: 1001 }, (_, i) => (i * 10) % 1001);
    expect(summarise(samples)).toEqual({
      count: 1001,
      mean: 500,
      min: 0,
      p50: 500,
      p90: 900,
      p99: 990,
      p999: 999,
      max: 1000,
    });
    expect(samples[1]).toBe(10);
  });

  it('does not depend on the order, not even in the last bit', () => {
    const anything = fc.array(fc.double({ min: -1e12, max: 1e12, noNaN: true }), { minLength: 2 });
    fc.assert(
      fc.property(anything, (values) => {
        const reversed = Float64Array.from(values).reverse();
        expect(summarise(Float64Array.from(values))).toEqual(summarise(reversed));
      }),
    );
    // Even a compensated sum gives these two orders different means.
    const huge = Float64Array.of(2 ** 106, 2 ** 53, 1, -(2 ** 106), -(2 ** 53));
    expect(summarise(huge)).toEqual(summarise(huge.toSorted()));
  });

  it('has the correctly rounded mean of whole numbers', () => {
    fc.assert(
      fc.property(nanoseconds, (samples) => {
        const total = [...samples].reduce((sum, value) => sum + BigInt(value), 0n);
        expect(summarise(samples).mean).toBe(Number(total) / samples.length);
      }),
    );
  });

  it('says 0 samples and NaN of nothing, and refuses NaN', () => {
    const { count, ...rest } = summarise(new Float64Array());
    expect(count).toBe(0);
    expect(Object.values(rest)).toEqual(Array(7).fill(Number.NaN));
    expect(() => summarise(Float64Array.of(1, Number.NaN, 2))).toThrow('number');
  });
});

it.each([-0.1, 1.1, Number.NaN])('there is no quantile of %d', (p) => {
  expect(() => quantileSorted(Float64Array.of(1, 2), p)).toThrow('0 .. 1');
});

it('sorts negative numbers, zeros of both signs and positive ones', () => {
  const values = Float64Array.of(3, -2, 0, -5, 1);
  expect([...sortSamples(values)]).toEqual([-5, -2, 0, 1, 3]);
  expect([...sortSamples(Float64Array.of(2, 0, 1))]).toEqual([0, 1, 2]);
});

it('mergeSorted gives what sorting all together gives', () => {
  const lists = fc.array(
    fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 9 }),
    { maxLength: 7 },
  );
  fc.assert(
    fc.property(lists, (all) => {
      const sorted = all.map((list) => sortSamples(Float64Array.from(list)));
      const expected = Float64Array.from(all.flat()).sort();
      // Signed zeros that are equal may come in either order.
      expect([...mergeSorted(sorted)].map((x) => x + 0)).toEqual([...expected].map((x) => x + 0));
    }),
  );
});
