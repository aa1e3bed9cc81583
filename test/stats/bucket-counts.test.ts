import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BucketCounts,
  COUNTS_ERROR_MAX,
  COUNTS_PATTERN,
  decodeCounts,
  encodeCounts,
} from '../../src/stats/bucket-counts.ts';

const wholeNumber = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 1e6 }),
  fc.maxSafeNat(),
  fc
    .tuple(fc.integer({ min: 0, max: 52 }), fc.integer({ min: -1, max: 1 }))
    .map(([e, by]) => Math.max(0, 2 ** e + by)),
);
const replications = fc.array(fc.array(wholeNumber, { maxLength: 40 }), {
  minLength: 1,
  maxLength: 5,
});

function sortedOf(samples: readonly number[]): Float64Array {
  return Float64Array.from(samples).toSorted();
}

function together(all: readonly (readonly number[])[]): BucketCounts {
  const counts = new BucketCounts();
  for (const samples of all) {
    const sorted = sortedOf(samples);
    counts.add(encodeCounts(sorted), { min: sorted[0], max: sorted[sorted.length - 1] });
  }
  return counts;
}

describe('BucketCounts', () => {
  it('places every sample within its error bound, the least and the largest exactly', () => {
    fc.assert(
      fc.property(replications, (all) => {
        const sorted = sortedOf(all.flat());
        const steps = together(all).steps();
        let from = 0;
        for (const { value, upTo } of steps) {
          for (const sample of sorted.subarray(from, upTo)) {
            // A double has rounding of its own at these sizes.
            const bound = sample * (COUNTS_ERROR_MAX + 1e-15);
            expect(Math.abs(value - sample)).toBeLessThanOrEqual(bound);
          }
          expect(upTo).toBeGreaterThan(from);
          from = upTo;
        }
        expect(from).toBe(sorted.length);
        expect(steps.at(0)?.value).toBe(sorted.at(0));
        expect(steps.at(-1)?.value).toBe(sorted.at(-1));
      }),
      { numRuns: 500 },
    );
  });

  it('has the steps in ascending order', () => {
    fc.assert(
      fc.property(replications, (all) => {
        const values = together(all)
          .steps()
          .map(({ value }) => value);
        expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
      }),
    );
  });

  it('does not depend on the order of adding', () => {
    fc.assert(
      fc.property(replications, (all) => {
        expect(together(all.toReversed()).steps()).toEqual(together(all).steps());
        expect(together([all.flat()]).steps()).toEqual(together(all).steps());
      }),
    );
  });

  it('has a step per number below 128', () => {
    const counts = together([[5, 127, 126], [5]]);
    expect(counts.steps()).toEqual([
      { value: 5, upTo: 2 },
      { value: 126, upTo: 3 },
      { value: 127, upTo: 4 },
    ]);
  });
});

describe('encodeCounts', () => {
  it('writes the numbers as they are, as gaps and counts', () => {
    expect(encodeCounts(Float64Array.of(0, 0, 3, 200, 201, 202.9))).toBe('0 0 2 3 1 197 1 1 1 1 1');
    expect(encodeCounts(new Float64Array(0))).toBe('');
  });

  it('gives the samples back', () => {
    fc.assert(
      fc.property(fc.array(wholeNumber), (samples) => {
        const { values, counts } = decodeCounts(encodeCounts(sortedOf(samples)));
        const back = [...values].flatMap((value, i) => new Array<number>(counts[i]).fill(value));
        expect(back).toEqual([...sortedOf(samples)]);
      }),
    );
  });

  it('goes over to buckets, as fine as fit, with many different numbers', () => {
    const many = (count: number, gap: number) =>
      Float64Array.from({ length: count }, (_, i) => 1e6 + gap * i);
    const errorOf = (samples: Float64Array) => {
      const { values, counts } = decodeCounts(encodeCounts(samples));
      const back = [...values].flatMap((value, i) => new Array<number>(counts[i]).fill(value));
      expect(back).toHaveLength(samples.length);
      expect(values.length).toBeLessThanOrEqual(2048);
      return Math.max(...back.map((value, i) => Math.abs(value / samples[i] - 1)));
    };
    expect(errorOf(many(2048, 17))).toBe(0);
    // Within a power of two 512 buckets fit; over 5 of them 512 each do not.
    expect(errorOf(many(4000, 100))).toBeLessThan(2 ** -10);
    expect(errorOf(many(60_000, 1000))).toBeLessThan(2 ** -9);
    expect(errorOf(many(60_000, 1000))).toBeGreaterThan(2 ** -10);
  });

  it('writes what its pattern describes, which damaged text does not fit', () => {
    fc.assert(
      fc.property(fc.array(wholeNumber), (samples) => {
        expect(encodeCounts(sortedOf(samples))).toMatch(COUNTS_PATTERN);
      }),
    );
    for (const damaged of [
      '0',
      '0 1',
      '1 1 2',
      '0 1 2 ',
      '0 1 2 3',
      ' 0 1 2',
      '0 1 -2',
      '0 1 2,3 4',
      '0 1 1e3',
    ])
      expect(damaged).not.toMatch(COUNTS_PATTERN);
  });
});
