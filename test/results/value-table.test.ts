import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ValueTable } from '../../src/results/value-table.ts';
import { METRICS } from '../../src/measure/metrics.ts';
import type { Outcome } from '../../src/experiment/outcome.ts';
import { summarise } from '../../src/stats/quantiles.ts';
import { temporaryFolder } from '../cli/cli.ts';

/** A replication with some samples of wake-ups and none of flushes. */
function outcome(replication: number, samples: readonly number[]): Outcome {
  const summary = summarise(Float64Array.from(samples));
  const result = {
    latencies: [
      { kind: 'wakeup', summary, censored: samples.length >> 1 },
      { kind: 'flush', summary: summarise(new Float64Array(0)), censored: 0 },
    ],
    counters: {},
  } as unknown as (Outcome & { ok: true })['result'];
  return { ok: true, replication, result };
}

it('gives back every statistic of every replication, and NaN for those that are not there', () => {
  // More replications than are read at a time, many of them missing or failed.
  const replications = 2500;
  const cell = fc.uniqueArray(
    fc.tuple(
      fc.nat(replications - 1),
      fc.array(fc.integer({ min: 0, max: 1e9 }), { maxLength: 5 }),
    ),
    { selector: ([replication]) => replication, maxLength: 40 },
  );
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 3 }), (cells) => {
      const table = new ValueTable(temporaryFolder(), ['wakeup', 'flush'], replications);
      const sorted = cells.map((list) => list.sort(([a], [b]) => a - b));
      sorted.forEach((list, number) => {
        const outcomes = list.map(([replication, samples]) => outcome(replication, samples));
        table.fill(number, [
          ...outcomes,
          { ok: false, replication: replications - 1, message: 'x' },
        ]);
      });
      sorted.forEach((list, number) => {
        for (const metric of METRICS) {
          const expected = new Float64Array(replications).fill(Number.NaN);
          for (const [replication, samples] of list) {
            expected[replication] = summarise(Float64Array.from(samples))[metric];
          }
          expect(table.values(number, 'wakeup', metric)).toEqual(expected);
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
