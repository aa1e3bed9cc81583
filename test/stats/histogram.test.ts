import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HISTOGRAM_ERROR_MAX, Histogram } from '../../src/stats/histogram.ts';
import { quantileSorted, sortSamples } from '../../src/stats/quantiles.ts';

/** Whole numbers of all sizes, with the ends of buckets and octaves among them. */
const wholeNumber = fc.oneof(
  fc.integer({ min: 0, max: 3000 }),
  fc.maxSafeNat(),
  fc
    .tuple(fc.integer({ min: 0, max: 52 }), fc.integer({ min: -1, max: 1 }))
    .map(([e, by]) => Math.max(0, 2 ** e + by)),
  fc.tuple(fc.integer({ min: 10, max: 53 }), fc.integer({ min: 513, max: 1024 })).map(
    // The last value before a bucket begins.
    ([e, bucket]) => Math.ceil(bucket * 2 ** (e - 10)) - 1,
  ),
);
const values = fc.array(wholeNumber, { minLength: 1, maxLength: 60 });
const probability = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 0.5, 1),
);

function histogramOf(samples: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of samples) histogram.record(value);
  return histogram;
}

const look = (histogram: Histogram) => [
  histogram.count,
  histogram.mean,
  histogram.min,
  histogram.max,
  ...[0, 0.1, 0.5, 0.9, 0.99, 1].map((p) => histogram.quantile(p)),
];

describe('Histogram', () => {
  it('has quantiles within its error bound', () => {
    fc.assert(
      fc.property(values, probability, (samples, p) => {
        const exact = quantileSorted(sortSamples(Float64Array.from(samples)), p);
        const error = Math.abs(histogramOf(samples).quantile(p) - exact);
        // A double has rounding of its own at these sizes.
        expect(error).toBeLessThanOrEqual(exact * (HISTOGRAM_ERROR_MAX + 1e-15));
      }),
      { numRuns: 300 },
    );
  });

  it('nearly reaches its error bound, so the bound is not idle', () => {
    const first = 1024 * 2 ** 20;
    const histogram = histogramOf([0, first, 2 ** 52]);
    expect(histogram.quantile(0.5) / first - 1).toBeGreaterThan(0.99 * HISTOGRAM_ERROR_MAX);
  });

  it('is exact at 0 and 1, also inside a bucket', () => {
    const first = 1024 * 2 ** 20;
    const histogram = histogramOf([first + 7, first + 9, first + 2 ** 20]);
    expect(histogram.quantile(0)).toBe(first + 7);
    expect(histogram.quantile(1)).toBe(first + 2 ** 20);
    expect(histogramOf([first + 3, first + 9, first + 11]).quantile(1)).toBe(first + 11);
  });

  it('is exact below 1024', () => {
    const samples = Array.from({ length: 1024 }, (_, i) => i);
    const histogram = histogramOf(samples);
    for (let i = 0; i < 1024; i++) expect(histogram.quantile(i / 1023)).toBeCloseTo(i, 9);
  });

  it('has exact mean, extremes and count, far beyond 2^53 in all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(wholeNumber, fc.integer({ min: 1, max: 1e9 })), { minLength: 1 }),
        (entries) => {
          const histogram = new Histogram();
          for (const [value, count] of entries) histogram.record(value, count);
          const total = entries.reduce((sum, [v, c]) => sum + BigInt(v) * BigInt(c), 0n);
          const count = entries.reduce((sum, [, c]) => sum + c, 0);
          expect(histogram.count).toBe(count);
          expect(histogram.mean).toBe(Number(total) / count);
          expect(histogram.min).toBe(Math.min(...entries.map(([v]) => v)));
          expect(histogram.max).toBe(Math.max(...entries.map(([v]) => v)));
        },
      ),
    );
  });

  it('merges as if everything had been recorded in one, in any order', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const merged = histogramOf(a);
        const other = histogramOf(b);
        const before = look(other);
        merged.merge(other);
        expect(look(merged)).toEqual(look(histogramOf([...b, ...a])));
        expect(look(other)).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  it('counts a value recorded several times', () => {
    const histogram = new Histogram();
    histogram.record(50_000, 3);
    histogram.record(7);
    expect(look(histogram)).toEqual(look(histogramOf([50_000, 50_000, 50_000, 7])));
  });

  it('is NaN of nothing, also after merging nothing', () => {
    const histogram = new Histogram();
    histogram.merge(new Histogram());
    expect(look(histogram)).toEqual([0, ...Array(9).fill(Number.NaN)]);
  });

  it('refuses what it cannot hold', () => {
    const histogram = new Histogram();
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => histogram.record(value)).toThrow('whole numbers');
    }
    expect(() => histogram.record(1, 0)).toThrow('whole number of times');
    expect(() => histogram.quantile(1.5)).toThrow('quantile');
    expect(histogram.count).toBe(0);
  });
});
