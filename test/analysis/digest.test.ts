import { describe, expect, it } from 'vitest';
import { Digest, worstOf } from '../../src/analysis/digest.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { COUNTS_ERROR_MAX } from '../../src/stats/bucket-counts.ts';
import { experiment } from '../parts/small-study.ts';

const STUDY = experiment(`
duration: 40ms
machine: {costs: qemu-icount, scheduler: {name: credit, ratelimit: 0}}
domains:
  a: {memory: {ram: 2MiB}, vcpus: [{guest: {name: set-way-flusher, period: 1ms}}]}
  b: {vcpus: [{guest: {name: poisson-waker, mean: 300us}}]}
policies:
  limited: {before: true, during: {threshold: 512}}
measure: {latencies: [softirq_timer, wakeup], samples: true}
`);
const [CELL] = STUDY.cells;
const RESULTS = [0, 1, 2].map((replication) => replicate(CELL.setup, 1, replication));

function digested(keepsSamples: boolean): Digest {
  const digest = new Digest(CELL, keepsSamples);
  RESULTS.forEach((result, replication) => {
    digest.add({ ok: true, replication, result });
  });
  digest.add({ ok: false, replication: 3, message: 'failed' });
  return digest;
}

/** All samples of a kind in ascending order. */
function samplesOf(kind: string): number[] {
  return RESULTS.flatMap(({ samples }) =>
    samples.filter((own) => own.kind === kind).flatMap(({ columns }) => [...columns.latency]),
  ).sort((a, b) => a - b);
}

describe('Digest', () => {
  const { kinds } = digested(true);

  it('has the distribution of all samples of all replications', () => {
    expect([...kinds.keys()].sort()).toEqual(['softirq_timer', 'wakeup']);
    for (const [kind, { samples, count }] of kinds) {
      const exact = samplesOf(kind);
      const steps = samples?.steps() ?? [];
      expect(exact.length).toBeGreaterThan(50);
      expect(count).toBe(exact.length);
      expect(steps.at(-1)).toEqual({ value: exact.at(-1), upTo: exact.length });
      for (const { value, upTo } of steps) {
        const sample = exact[upTo - 1];
        expect(Math.abs(value - sample)).toBeLessThanOrEqual(sample * COUNTS_ERROR_MAX);
      }
    }
  });

  it('has causes that sum to the samples', () => {
    for (const [kind, { all }] of kinds) {
      const sum = samplesOf(kind).reduce((total, sample) => total + sample, 0);
      expect(all.reduce((total, cause) => total + cause, 0)).toBe(sum);
    }
  });

  it('has the three worst samples, worst first, with where they were', () => {
    for (const [kind, { worst }] of kinds) {
      expect(worst.map(({ latency }) => latency)).toEqual(samplesOf(kind).slice(-3).reverse());
      for (const { replication, cell, causes, latency } of worst) {
        const own = RESULTS[replication].latencies.find((each) => each.kind === kind);
        expect(own?.causes.worst.some((sample) => sample.causes === causes)).toBe(true);
        expect(cell).toBe(CELL);
        expect(causes.reduce((total, cause) => total + cause, 0)).toBe(latency);
      }
    }
  });

  it('keeps distributions only where asked', () => {
    for (const { samples } of digested(false).kinds.values()) expect(samples).toBeUndefined();
  });
});

describe('worstOf', () => {
  it('prefers those that come first among equals', () => {
    const [one] = [...digested(false).kinds.values()].map(({ worst }) => worst[0]);
    const samples = [5, 7, 7, 7, 7].map((latency, pcpu) => ({ ...one, latency, pcpu }));
    expect(worstOf(samples).map(({ pcpu }) => pcpu)).toEqual([1, 2, 3]);
  });
});
