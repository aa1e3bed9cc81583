import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { drawFrom, replicationWeights, stratumOf } from '../../src/experiment/sampling.ts';
import type { Sampling } from '../../src/experiment/schema/sampling-schema.ts';

const SAMPLING: Sampling = {
  guest: 'probe',
  after: undefined,
  strata: [
    { probability: 0.01, share: 0.5, parts: [{ from: 100, to: 110 }] },
    { probability: 0.09, share: 0.2, parts: [{ from: 0, to: 90 }] },
    {
      probability: 0.9,
      share: 0.3,
      parts: [
        { from: 90, to: 100 },
        { from: 110, to: 1000 },
      ],
    },
  ],
};

const first = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('strata of replications', () => {
  it('have their share of the first n replications, for every n', () => {
    const counts = [0, 0, 0];
    for (const replication of first(2000)) {
      counts[stratumOf(SAMPLING, replication)]++;
      SAMPLING.strata.forEach(({ share }, s) => {
        expect(Math.abs(counts[s] - share * (replication + 1))).toBeLessThan(3);
      });
    }
  });

  it('are drawn from uniformly, in all their parts', () => {
    const stream = randomStream(1, 0, 'sampling');
    const [, , rest] = SAMPLING.strata;
    const drawn = first(9000).map(() => drawFrom(rest, stream));
    const between = (low: number, high: number) =>
      drawn.filter((value) => value >= low && value < high).length;
    expect(between(90, 100) + between(110, 1000)).toBe(9000);
    // 100 are expected, with a standard deviation of 10; and 4500 with one of 47.
    expect(Math.abs(between(90, 100) - 100)).toBeLessThan(40);
    expect(Math.abs(between(90, 100) + between(110, 550) - 4500)).toBeLessThan(190);
  });

  it('count as much as they are probable', () => {
    for (const count of [20, 21, 333]) {
      const weights = replicationWeights(SAMPLING, first(count));
      expect(weights.reduce((sum, weight) => sum + weight)).toBeCloseTo(count);
      SAMPLING.strata.forEach(({ probability }, s) => {
        const own = first(count).filter((r) => stratumOf(SAMPLING, r) === s);
        const together = own.reduce((sum, r) => sum + weights[r], 0);
        expect(together / count).toBeCloseTo(probability);
      });
    }
  });

  it('weigh nothing that was not seen', () => {
    expect([...replicationWeights(SAMPLING, [0])]).toEqual([Number.NaN]);
    expect([...replicationWeights(undefined, [3, 4])]).toEqual([1, 1]);
  });
});
