import { describe, expect, it } from 'vitest';
import type { ReplicationResult } from '../../src/experiment/replication.ts';
import type { LatencyKind } from '../../src/measure/latency-kinds.ts';
import type { Metric } from '../../src/measure/metrics.ts';
import { meanInterval } from '../../src/stats/interval.ts';
import { fromFile, runCell, values } from '../theory/study.ts';

/** What the source says, as a number [ns]; held by the 95 % interval over replications. */
const SAID: readonly (readonly [string, string, LatencyKind, Metric, number])[] = [
  // Chunk over bandwidth: pages of 4 KiB in 410 ns (9.99 GB/s) and 8000 ns (512 MB/s); on average half.
  ['clear-page', 'chunk=8MiB-at-10GBps', 'wait', 'mean', (2048 * 410) / 2],
  ['clear-page', 'chunk=8MiB-at-10GBps', 'wait', 'p99', 0.99 * 2048 * 410],
  ['clear-page', 'chunk=32MiB-at-10GBps', 'wait', 'mean', (8192 * 410) / 2],
  ['clear-page', 'chunk=512KiB-at-512MBps', 'wait', 'mean', (128 * 8000) / 2],
  // Half a tick, uniform.
  ['preempt-lazy', 'tick=4ms', 'wait', 'mean', 2e6],
  ['preempt-lazy', 'tick=4ms', 'wait', 'p99', 3.96e6],
  ['preempt-lazy', 'tick=1ms', 'wait', 'mean', 0.5e6],
  ['preempt-lazy', 'tick=1ms', 'wait', 'p99', 0.99e6],
];

const cache = new Map<string, ReplicationResult[]>();

/** All replications of a cell, which several statistics share. */
function results(file: string, cell: string): ReplicationResult[] {
  const key = `${file}/${cell}`;
  const found = cache.get(key) ?? runCell(fromFile(`literature/${file}.yaml`), cell);
  cache.set(key, found);
  return found;
}

describe('studies of the literature with a closed form', () => {
  it.each(SAID)('%s %s: %s %s is %d', (file, cell, kind, metric, said) => {
    const { lo, hi } = meanInterval(values(results(file, cell), kind, metric));
    expect(lo).toBeLessThanOrEqual(said);
    expect(hi).toBeGreaterThanOrEqual(said);
    expect(hi - lo).toBeLessThan(0.02 * said);
  });

  it.each([
    ['clear-page', 'chunk=8MiB-at-10GBps', 2048 * 410],
    ['clear-page', 'chunk=32MiB-at-10GBps', 8192 * 410],
    ['clear-page', 'chunk=512KiB-at-512MBps', 128 * 8000],
    ['preempt-lazy', 'tick=4ms', 4e6],
    ['preempt-lazy', 'tick=1ms', 1e6],
  ])('%s %s: the worst is nearly %d, and never more', (file, cell, worst) => {
    const found = values(results(file, cell), 'wait', 'max');
    expect(Math.max(...found)).toBeLessThanOrEqual(worst);
    expect(Math.max(...found)).toBeGreaterThan(0.999 * worst);
  });

  it('a vCPU is away for (N - 1) Q, in turns each time, with credit on average', () => {
    const experiment = fromFile('literature/access-latency.yaml');
    for (const n of [2, 3, 4]) {
      const stalls = (scheduler: string, metric: Metric) =>
        values(runCell(experiment, `scheduler=${scheduler}/vcpus=${n}`), 'stall', metric)[0];
      expect(stalls('credit-30ms', 'mean')).toBe((n - 1) * 30e6);
      expect(stalls('round-robin-30ms', 'min')).toBe((n - 1) * 30e6);
      expect(stalls('round-robin-30ms', 'max')).toBe((n - 1) * 30e6);
      expect(stalls('round-robin-0.1ms', 'min')).toBe((n - 1) * 0.1e6);
      expect(stalls('round-robin-0.1ms', 'max')).toBe((n - 1) * 0.1e6);
    }
  });
});
