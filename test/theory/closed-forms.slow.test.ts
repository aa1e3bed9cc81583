import { describe, expect, it } from 'vitest';
import type { ReplicationResult } from '../../src/experiment/replication.ts';
import { meanInterval } from '../../src/stats/interval.ts';
import { mean } from '../../src/stats/mean.ts';
import { type Check, holdClosedForms, results } from './closed-forms.ts';
import { fromFile, runCell, samplesOf, values } from './study.ts';

// The closed forms of experiments/theory that closed-forms.test.ts leaves out.

const LN_100 = Math.log(100);
const CHECKS: readonly Check[] = [
  ['01-chunk', 'chunk=exponential', 'wait', 'mean', 100e3],
  ['01-chunk', 'chunk=exponential', 'wait', 'p99', 100e3 * LN_100],
  ['02-vacations', 'chunk=constant', 'wait', 'mean', 2000],
  ['02-vacations', 'chunk=exponential', 'wait', 'mean', 3000],
  ['02-vacations', 'chunk=mixture', 'wait', 'mean', 1000 + 10_225 / 2.9],
  ['02-vacations-flush', 'each-page', 'wait', 'mean', 2000],
  ['02-single-vacation', 'upstream', 'wait', 'mean', 7e3 / 3 + 1400 / (Math.exp(-1.4) + 1.4)],
  ['03-check-before', 'during-only', 'wait', 'mean', (5e3 * 52.5e3 + 20 * 1.25e9) / 1005e3],
  ['03-check-before', 'before', 'wait', 'mean', (12.5e6 + 20 * 1.25e9) / 1005e3],
  ['04-mm1', 'load=0.8', 'wait', 'mean', 4000],
  ['04-mm1', 'load=0.8', 'sojourn', 'p99', 5000 * LN_100],
  ['04-mm1', 'load=0.9', 'sojourn', 'mean', 10_000],
  ['04-mm1', 'load=0.9', 'sojourn', 'p99', 10_000 * LN_100],
  ['04-mm1', 'load=0.95', 'sojourn', 'mean', 20_000],
  ['05-mg1', 'setting=constant-0.5', 'wait', 'mean', 500],
  ['05-mg1', 'setting=constant-0.8', 'wait', 'mean', 2000],
  ['05-mg1', 'setting=constant-0.9', 'wait', 'mean', 4500],
  ['05-mg1', 'setting=mixture-0.8', 'wait', 'mean', 834_196],
  ['06-mmc', 'pcpus=4', 'wait', 'mean', 745.541],
  ['06-mmc', 'pcpus=16', 'wait', 'mean', 95.276],
  ['07-priorities', 'preemption=none/class=urgent', 'sojourn', 'mean', 2000],
  ['07-priorities', 'preemption=none/class=others', 'sojourn', 'mean', 2000 + 700 / 0.7 / 0.3],
  ['07-priorities', 'preemption=full/class=urgent', 'sojourn', 'mean', 1000 / 0.7],
  ['07-priorities', 'preemption=full/class=others', 'sojourn', 'mean', 2000 / 0.7 + 700 / 0.21],
  ['07-priorities', 'preemption=chunks/class=urgent', 'sojourn', 'mean', 1500],
  ['10-busy-start', 'upstream', 'wait', 'mean', 700 / 0.3 + 1175 / 2.7],
  ['11-processor-sharing', 'timeslice=50ns/service=mixture', 'sojourn', 'mean', 2500],
  ['11-processor-sharing', 'timeslice=50ns/service=exponential', 'sojourn', 'mean', 2500],
];

holdClosedForms(CHECKS);

describe('what follows from them', () => {
  it('03: nobody waits longer than w + c, or with the check before c', () => {
    const longest = (cell: string) =>
      Math.max(...values(results('03-check-before', cell), 'wait', 'max'));
    // Softirqs come every 100 us, so the first 50 ns of a job of 1005 us are seen.
    expect(longest('during-only')).toBeLessThanOrEqual(55_000);
    expect(longest('during-only')).toBeGreaterThan(54_900);
    expect(longest('before')).toBeLessThanOrEqual(50_000);
    expect(longest('before')).toBeGreaterThan(49_900);
  });

  it('03: the paired difference of the means is w c / (w + n c)', () => {
    const [without, with_] = ['during-only', 'before'].map((cell) =>
      values(results('03-check-before', cell), 'wait', 'mean'),
    );
    const { lo, hi } = meanInterval(without.map((value, i) => value - with_[i]));
    expect(lo).toBeLessThan(250e6 / 1005e3);
    expect(hi).toBeGreaterThan(250e6 / 1005e3);
    expect(hi - lo).toBeLessThan(20);
  });

  it('04: an arriving job finds n others with probability (1 - rho) rho^n', () => {
    const found = runCell(fromFile('theory/04-mm1.yaml', ['measure.samples=true']), 'load=0.8').map(
      foundByArrivals,
    );
    for (const n of [0, 1, 2, 5, 10]) {
      const { lo, hi } = meanInterval(
        found.map((counts) => counts.filter((count) => count === n).length / counts.length),
        0.999,
      );
      expect(lo).toBeLessThan(0.2 * 0.8 ** n);
      expect(hi).toBeGreaterThan(0.2 * 0.8 ** n);
    }
  });

  it('05: the second moment of the wait is 2 Wq^2 + lambda E[S^3] / (3 (1 - rho))', () => {
    for (const [cell, theory] of [
      ['constant-0.5', 2 * 0.5 ** 2 + 0.5 / 1.5],
      ['constant-0.8', 2 * 2 ** 2 + 0.8 / 0.6],
    ] as const) {
      const squares = results('05-mg1', cell).map((result) =>
        mean(samplesOf(result, 'wait').latency.map((wait) => (wait / 1000) ** 2)),
      );
      const { lo, hi } = meanInterval(squares, 0.999);
      expect(lo).toBeLessThan(theory);
      expect(hi).toBeGreaterThan(theory);
    }
  });

  it('09: limited preemption lies between none and full', () => {
    const urgent = (preemption: string) =>
      mean(
        values(
          results('07-priorities', `preemption=${preemption}/class=urgent`),
          'sojourn',
          'mean',
        ),
      );
    expect(urgent('full')).toBeLessThan(urgent('chunks'));
    expect(urgent('chunks')).toBeLessThan(urgent('none'));
  });

  it('11: the mean slowdown of each size is 1 / (1 - rho)', () => {
    const found = values(
      results('11-processor-sharing', 'timeslice=50ns/service=mixture'),
      'slowdown',
      'mean',
    );
    const { lo, hi } = meanInterval(found, 0.999);
    expect(lo).toBeLessThan(2500);
    expect(hi).toBeGreaterThan(2500);
  });

  it('13: the wait lies between the bounds of Marchal and Kingman, and below that of M/G/1', () => {
    const { lo, hi } = meanInterval(values(results('13-bounds', 'upstream'), 'wait', 'mean'));
    const lambda = 1 / 1.2;
    const rho = 0.875 / 1.2;
    const vs = 0.75 * 0.375 ** 2 + 0.25 * 1.125 ** 2;
    const kingman = (lambda * (1 / 3 + vs)) / (2 * (1 - rho));
    const marchal = (lambda ** 2 * vs + rho * (rho - 2)) / (2 * lambda * (1 - rho));
    expect(lo).toBeGreaterThan(Math.max(0, 1000 * marchal));
    expect(hi).toBeLessThan(1000 * kingman);
    expect(hi).toBeLessThan((1000 * lambda * (vs + 0.875 ** 2)) / (2 * (1 - rho)));
  });
});

/** How many jobs each job found, in one queue served in order. */
function foundByArrivals(result: ReplicationResult): number[] {
  const { time, latency } = samplesOf(result, 'sojourn');
  let gone = 0;
  return Array.from(time, (end, i) => {
    const arrival = end - latency[i];
    while (gone < i && time[gone] <= arrival) gone++;
    return i - gone;
  });
}
