import { describe, expect, it } from 'vitest';
import { meanInterval } from '../../src/stats/interval.ts';
import { mean } from '../../src/stats/mean.ts';
import { type Check, holdClosedForms, results } from './closed-forms.ts';
import { values } from './study.ts';

// The closed forms of checks, priorities and shared processors that closed-forms.test.ts leaves out; of queues:
// queues.slow.test.ts.

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
});
