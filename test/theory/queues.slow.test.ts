import { describe, expect, it } from 'vitest';
import type { ReplicationResult } from '../../src/experiment/replication.ts';
import { meanInterval } from '../../src/stats/interval.ts';
import { mean } from '../../src/stats/mean.ts';
import { type Check, holdClosedForms, results } from './closed-forms.ts';
import { fromFile, runCell, samplesOf, values } from './study.ts';

// The closed forms of queues served in order (04 to 06, 13) that closed-forms.test.ts leaves out.

const LN_100 = Math.log(100);
const CHECKS: readonly Check[] = [
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
];

holdClosedForms(CHECKS);

describe('what follows from them', () => {
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
