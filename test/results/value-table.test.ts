import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Outcome } from '../../src/experiment/outcome.ts';
import { ValueTable } from '../../src/results/value-table.ts';
import { encodeCounts } from '../../src/stats/bucket-counts.ts';
import { mean } from '../../src/stats/mean.ts';
import { summarise } from '../../src/stats/quantiles.ts';
import { temporaryFolder } from '../cli/cli.ts';

/** A replication with some samples of wake-ups and none of flushes. */
function outcome(replication: number, samples: readonly number[]): Outcome {
  const summary = summarise(Float64Array.from(samples));
  const sorted = Float64Array.from(samples).toSorted();
  const result = {
    latencies: [
      { kind: 'wakeup', summary, histogram: encodeCounts(sorted), censored: samples.length >> 1 },
      { kind: 'flush', summary: summarise(new Float64Array(0)), histogram: '', censored: 0 },
    ],
    counters: { checks: 7 * replication },
  } as unknown as (Outcome & { ok: true })['result'];
  return { ok: true, replication, result };
}

it('gives back what every replication has and contributes, and NaN for those that are not there', () => {
  // More replications than are read at a time, many of them missing or failed.
  const replications = 2500;
  const cell = fc.uniqueArray(
    fc.tuple(
      fc.nat(replications - 1),
      fc.array(fc.integer({ min: 1, max: 1e9 }), { maxLength: 5 }),
    ),
    { selector: ([replication]) => replication, maxLength: 40 },
  );
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 3 }), (cells) => {
      const table = new ValueTable(temporaryFolder(), ['wakeup', 'flush'], replications);
      const sorted = cells.map((list) => list.sort(([a], [b]) => a - b));
      sorted.forEach((list, number) => {
        const failed = { ok: false, replication: replications - 1, message: 'x' } as const;
        const ran = list.map(([replication, samples]) => outcome(replication, samples));
        const outcomes = [
          ...ran.filter(({ replication }) => replication < replications - 1),
          failed,
        ];
        table.fill(number, outcomes, outcomes);
      });
      sorted.forEach((list, number) => {
        const ran = list.filter(([replication]) => replication < replications - 1);
        const by = (value: (samples: readonly number[], replication: number) => number) => {
          const expected = new Float64Array(replications).fill(Number.NaN);
          for (const [replication, samples] of ran) {
            expected[replication] = value(samples, replication);
          }
          return expected;
        };
        const of = (samples: readonly number[]) => summarise(Float64Array.from(samples));
        expect(table.values(number, 'wakeup', 'max')).toEqual(by((samples) => of(samples).max));
        expect(table.values(number, 'wakeup', 'own_mean')).toEqual(
          by((samples) => of(samples).mean),
        );
        expect(table.values(number, 'wakeup', 'count')).toEqual(by((samples) => samples.length));
        expect(table.values(number, 'wakeup', 'censored')).toEqual(
          by((samples) => samples.length >> 1),
        );
        expect(table.counter(number, 'checks')).toEqual(by((_, replication) => 7 * replication));
        // Contributions: their mean is the mean of all samples.
        const all = ran.flatMap(([, samples]) => samples);
        const { estimate } = table.statistic(number, 'wakeup', 'mean');
        if (all.length === 0) expect(estimate).toBeNaN();
        else {
          expect(estimate / mean(all)).toBeCloseTo(1, 9);
          const given = table
            .values(number, 'wakeup', 'mean')
            .filter((value) => !Number.isNaN(value));
          expect(given).toHaveLength(ran.length);
          expect(mean(given) / estimate).toBeCloseTo(1, 9);
        }
        const censored = table.values(number, 'wakeup', 'censored');
        for (const [replication, samples] of list) {
          expect(censored[replication]).toBe(samples.length >> 1);
        }
        expect(table.values(number, 'flush', 'max').every(Number.isNaN)).toBe(true);
        expect(table.values(number, 'virq', 'max').every(Number.isNaN)).toBe(true);
      });
      table.close();
    }),
    { numRuns: 6 },
  );
});
