import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { warmUpLength } from '../../src/stats/warm-up.ts';

/** The statistic by its definition, for each cut anew. */
function naive(series: readonly number[]): number {
  const batches = Array.from({ length: Math.floor(series.length / 5) }, (_, i) =>
    series.slice(5 * i, 5 * i + 5).reduce((sum, value) => sum + value / 5, 0),
  );
  const errors = batches.slice(0, Math.floor(batches.length / 2) + 1).map((_, cut) => {
    const left = batches.slice(cut);
    const centre = left.reduce((sum, value) => sum + value, 0) / left.length;
    return left.reduce((sum, value) => sum + (value - centre) ** 2, 0) / left.length ** 2;
  });
  return batches.length < 2 ? 0 : 5 * errors.indexOf(Math.min(...errors));
}

describe('warmUpLength', () => {
  it('cuts a step where it falls', () => {
    const series = Array.from({ length: 500 }, (_, i) => (i < 60 ? 100 : 10) + (i % 3));
    expect(warmUpLength(series)).toBe(60);
    // A step inside a batch takes the whole batch with it.
    expect(warmUpLength(series.slice(3))).toBe(60);
  });

  it('keeps everything when nothing changes', () => {
    expect(warmUpLength(Array(100).fill(7))).toBe(0);
    expect(warmUpLength(Array.from({ length: 400 }, (_, i) => (i % 5 === 0 ? 5 : 0)))).toBe(0);
  });

  it('agrees with its definition', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 0, max: 160 }),
        (seed, n) => {
          const { uniform } = randomStream(seed, 0, 'series');
          const series = Array.from({ length: n }, (_, i) => uniform() + 3 * Math.exp(-i / 20));
          expect(warmUpLength(series)).toBe(naive(series));
        },
      ),
    );
  });

  it('removes most of the bias of a decaying start', () => {
    const { uniform } = randomStream(11, 0, 'decay');
    const series = Array.from({ length: 1000 }, (_, i) => uniform() + 20 * Math.exp(-i / 30));
    const kept = series.slice(warmUpLength(series));
    const average = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
    expect(average(series) - 0.5).toBeGreaterThan(0.5);
    expect(Math.abs(average(kept) - 0.5)).toBeLessThan(0.05);
  });

  it('stops at half, which says that the series is too short', () => {
    expect(warmUpLength(Array.from({ length: 100 }, (_, i) => -i))).toBe(50);
    expect(warmUpLength([9, 1, 1, 1, 1, 1, 1])).toBe(0);
    expect(warmUpLength([])).toBe(0);
  });
});
