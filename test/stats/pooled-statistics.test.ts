import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { decodeCounts, encodeCounts } from '../../src/stats/bucket-counts.ts';
import { mean } from '../../src/stats/mean.ts';
import { Pool } from '../../src/stats/pool.ts';
import { PooledStatistics, type ReplicationSamples } from '../../src/stats/pooled-statistics.ts';
import { summarise } from '../../src/stats/quantiles.ts';

const STATISTICS = ['mean', 'min', 'p50', 'p90', 'p99', 'p999', 'max'] as const;

function replication(samples: readonly number[], weight = 1): ReplicationSamples {
  const sorted = Float64Array.from(samples).toSorted();
  return { ...summarise(sorted), counted: decodeCounts(encodeCounts(sorted)), weight };
}

/** Estimates by name, and contributions of each replication. */
function pooled(replications: readonly ReplicationSamples[]) {
  const statistics = new PooledStatistics();
  for (const of of replications) statistics.add(of);
  const rows = replications.map((of) => {
    const residuals = statistics.residuals(of, STATISTICS);
    statistics.note(residuals, STATISTICS);
    return residuals;
  });
  return STATISTICS.map((name, i) => {
    const scale = statistics.scale(name);
    const contributions = rows.map((row) => scale.offset + scale.slope * row[i]);
    return { name, ...scale, contributions };
  });
}

const samples = fc.array(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 60 }), {
  minLength: 1,
  maxLength: 12,
});

describe('Pool', () => {
  it('has the quantiles of all samples together, by the inverse of their distribution function', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 0, max: 1000 }), (all, permille) => {
        const pool = new Pool();
        for (const own of all) pool.add(replication(own).counted, 1);
        const sorted = all.flat().sort((a, b) => a - b);
        const rank = Math.max(1, Math.ceil((permille * sorted.length) / 1000));
        const { estimate, beyond } = pool.quantile(permille / 1000);
        expect(estimate).toBe(sorted[rank - 1] ?? Number.NaN);
        const p = permille / 1000;
        expect(beyond).toBeCloseTo(Math.min(p, 1 - p) * sorted.length, 6);
      }),
    );
  });

  it('counts samples by their weight', () => {
    const weighted = new Pool();
    weighted.add(replication([1, 2, 3]).counted, 3);
    weighted.add(replication([10, 20]).counted, 0.5);
    // Weights 3 3 3 0.5 0.5 of 10.
    expect(weighted.quantile(0.3).estimate).toBe(1);
    expect(weighted.quantile(0.31).estimate).toBe(2);
    expect(weighted.quantile(0.9).estimate).toBe(3);
    expect(weighted.quantile(0.95).estimate).toBe(10);
    expect(weighted.quantile(0.951).estimate).toBe(20);
    // Two samples weigh the last tenth.
    expect(weighted.quantile(0.9).beyond).toBeCloseTo(2, 9);
  });

  it('stays small with millions of different numbers, and exact to 0.2 %', () => {
    const pool = new Pool();
    const all: number[] = [];
    for (let r = 0; r < 300; r++) {
      const own = Array.from({ length: 2000 }, (_, i) => 1e9 + 1009 * (300 * i + ((r * 97) % 300)));
      all.push(...own);
      pool.add(replication(own).counted, 1);
    }
    all.sort((a, b) => a - b);
    for (const p of [0.001, 0.5, 0.999]) {
      const ratio = pool.quantile(p).estimate / all[Math.ceil(p * all.length) - 1];
      // Half a bucket of 0.1 % here, and half a one where the replication was written.
      expect(Math.abs(ratio - 1)).toBeLessThan(0.002);
    }
  });
});

describe('PooledStatistics', () => {
  it('estimates from all samples together, whose mean is that of the contributions', () => {
    fc.assert(
      fc.property(samples, (all) => {
        fc.pre(all.flat().length > 0);
        for (const { name, estimate, contributions } of pooled(
          all.map((own) => replication(own)),
        )) {
          if (name === 'max') expect(estimate).toBe(Math.max(...all.flat()));
          if (name === 'mean') expect(estimate).toBeCloseTo(mean(all.flat()), 9);
          if (name === 'min' || name === 'max' || Number.isNaN(estimate)) continue;
          expect(mean(contributions)).toBeCloseTo(estimate, 6);
        }
      }),
    );
  });

  it('gives no quantile beyond which lie fewer than ten samples', () => {
    const of = (count: number) =>
      pooled([replication(Array.from({ length: count }, (_, i) => i))]).filter(({ estimate }) =>
        Number.isNaN(estimate),
      );
    expect(of(19).map(({ name }) => name)).toEqual(['p50', 'p90', 'p99', 'p999']);
    expect(of(20).map(({ name }) => name)).toEqual(['p90', 'p99', 'p999']);
    expect(of(99).map(({ name }) => name)).toEqual(['p90', 'p99', 'p999']);
    expect(of(1000).map(({ name }) => name)).toEqual(['p999']);
    expect(of(10_000)).toEqual([]);
  });

  it('is not changed by a split of the same stratum into more replications, but for the spread', () => {
    const own = Array.from({ length: 400 }, (_, i) => i * i);
    const whole = pooled([replication(own)]);
    const halves = pooled([replication(own.slice(0, 150)), replication(own.slice(150))]);
    expect(halves.map(({ estimate }) => estimate)).toEqual(whole.map(({ estimate }) => estimate));
  });

  it('puts the weights back where rare replications were sampled more often than they occur', () => {
    // A window of probability 0.01 in which the latency is 1000 and more, else below 100.
    const { uniform } = randomStream(3, 0, 'weights');
    const replications = Array.from({ length: 4000 }, (_, r) => {
      const isRare = r % 2 === 0;
      const latency = Math.floor(isRare ? 1000 + 100 * uniform() : 100 * uniform());
      return replication([latency], isRare ? 0.02 : 1.98);
    });
    const by = new Map(pooled(replications).map((of) => [of.name, of]));
    // 59.5, with a standard error of 0.7.
    const error = (by.get('mean')?.estimate ?? 0) - (0.99 * 49.5 + 0.01 * 1049.5);
    expect(Math.abs(error)).toBeLessThan(2.5);
    expect(by.get('p50')?.estimate).toBeLessThan(60);
    expect(by.get('p99')?.estimate).toBeLessThan(101);
    // A tenth of the rare part.
    expect(by.get('p999')?.estimate).toBeGreaterThan(1085);
    expect(by.get('p999')?.estimate).toBeLessThan(1095);
  });

  it('has extremes, and no contribution to them, of replications without samples', () => {
    const [, min, , , , , max] = pooled([replication([]), replication([5, 3])]);
    expect([min.estimate, max.estimate]).toEqual([3, 5]);
    expect(max.contributions).toEqual([Number.NaN, 5]);
    expect(pooled([replication([])]).every(({ estimate }) => Number.isNaN(estimate))).toBe(true);
  });

  it('knows the grain: how far what was not seen would move a statistic', () => {
    const of = pooled([replication(Array.from({ length: 1000 }, (_, i) => 10 * i))]);
    const by = new Map(of.map(({ name, grain }) => [name, grain]));
    expect(by.get('p50')).toBeCloseTo(30, 6);
    // Three of a thousand as large as the largest; three replications of the only one.
    expect(by.get('mean')).toBeCloseTo((3 * 9990) / 1000, 6);
    expect(by.get('max')).toBe(3 * 9990);
  });
});
