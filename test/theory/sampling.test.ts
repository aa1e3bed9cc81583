import { describe, expect, it } from 'vitest';
import { replicate } from '../../src/experiment/replication.ts';
import { stratumOf } from '../../src/experiment/sampling.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import { meanInterval } from '../../src/stats/interval.ts';
import { type Stratum, stratificationGain, stratifiedMean } from '../../src/stats/strata.ts';
import { fromFile } from './study.ts';

/*
 * What is sampled more often than it occurs counts as much as it occurs: the check before a flush, in closed form. A softirq
 * raised in the window w before a flush of n chunks c waits a chunk longer without the check; the mean over all raised in
 * either differs by w c / (w + n c).
 */

const CHUNK = 52_000;

/** Sum of the latencies and number of the softirqs raised in the flush, of one replication. */
function totals({ cells, seed }: Experiment, policy: string, replication: number) {
  const cell = cells.find((candidate) => candidate.policy === policy);
  if (cell === undefined) throw new Error(`no ${policy}`);
  const [{ summary }] = replicate(cell.setup, seed, replication).latencies;
  return { sum: summary.count === 0 ? 0 : summary.count * summary.mean, count: summary.count };
}

/** What each replication gave, by stratum. */
function byStratum(study: Experiment, replications: number) {
  const { sampling } = study.cells[0].setup;
  if (sampling === undefined) throw new Error('the study samples nothing');
  const extra = sampling.strata.map((): number[] => []);
  const count = sampling.strata.map((): number[] => []);
  for (let r = 0; r < replications; r++) {
    const s = stratumOf(sampling, r);
    const [with_, without] = ['upstream', 'during-only'].map((policy) => totals(study, policy, r));
    extra[s].push(without.sum - with_.sum);
    count[s].push(with_.count);
  }
  const weighted = (values: readonly number[][]): Stratum[] =>
    sampling.strata.map(({ probability }, s) => ({ weight: probability, values: values[s] }));
  return { extra: weighted(extra), count: weighted(count) };
}

const study = (w: number, n: number) =>
  fromFile('theory/15-before-sampled.yaml', [
    `machine.costs.handle_set_way=${w}ns`,
    `domains.flusher.memory.ram=${n * 208}KiB`,
    `sampling.windows.0.to=${w}ns`,
    `sampling.windows.1.from=${w}ns`,
    `sampling.windows.1.to=${w + n * CHUNK}ns`,
  ]);

describe('sampling of a rare event', () => {
  it('gives w c / (w + n c) within 2 %, for windows and flushes of all sizes', () => {
    for (const ratio of [0.001, 0.01, 0.1, 1, 10]) {
      for (const n of [1, 4, 40, 400]) {
        const w = ratio * CHUNK;
        const { extra, count } = byStratum(study(w, n), 40);
        const effect = stratifiedMean(extra).estimate / stratifiedMean(count).estimate;
        const expected = (w * CHUNK) / (w + n * CHUNK);
        expect(effect / expected, `w/c = ${ratio}, n = ${n}`).toBeGreaterThan(0.98);
        expect(effect / expected, `w/c = ${ratio}, n = ${n}`).toBeLessThan(1.02);
      }
    }
  }, 120_000);

  it('equals what random phases give, within the interval of those', () => {
    const w = 40 * CHUNK;
    const random = fromFile('theory/15-before-sampled.yaml', [
      `machine.costs.handle_set_way=${w}ns`,
      'sampling.windows=[{from: 0, to: 40ms, share: 100%}]',
    ]);
    const plain = byStratum(random, 1500);
    const sampled = byStratum(study(w, 4), 60);
    for (const what of ['extra', 'count'] as const) {
      const { lo, hi, estimate } = meanInterval(plain[what][0].values, 0.99);
      expect(estimate).toBeGreaterThan(0);
      const { estimate: known } = stratifiedMean(sampled[what]);
      expect(known, what).toBeGreaterThan(lo);
      expect(known, what).toBeLessThan(hi);
    }
  }, 60_000);

  it('needs a thousandth of the replications, or fewer, for a window of 300 ns in 40 ms', () => {
    const windows = '[{from: 0, to: 450ns, share: 50%}, {from: 450ns, to: 208us, share: 25%}]';
    const sampled = fromFile('theory/15-before-sampled.yaml', [
      'machine.costs.handle_set_way=300ns',
      `sampling.windows=${windows}`,
    ]);
    const { extra } = byStratum(sampled, 120);
    // A third of the window is off the mark, so that the effect varies in its stratum.
    const { estimate, lo, hi } = stratifiedMean(extra);
    const expected = (300 / 40e6) * CHUNK;
    expect(lo).toBeLessThan(expected);
    expect(hi).toBeGreaterThan(expected);
    expect(estimate).toBeGreaterThan(0);
    expect(stratificationGain(extra)).toBeGreaterThan(1000);
  }, 60_000);
});
