import { describe, expect, it } from 'vitest';
import { cautions } from '../../src/analysis/cautions.ts';
import { Digest } from '../../src/analysis/digest.ts';
import { happenedSection } from '../../src/analysis/happened.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { experiment } from '../parts/small-study.ts';

/** The digests of a study whose pCPU 1 leaves, which credit2 does not let it. */
function digestsOf(events: string): Digest[] {
  const { cells } = experiment(`
duration: 60ms
machine: {pcpus: 2, costs: zero, timers: exact}
domains: {a: {vcpus: [{guest: hog, count: 4}]}}
policies: {upstream: {before: true, during: {threshold: 512}}}
factors: {scheduler: {set: machine.scheduler, levels: [credit, credit2]}}
measure: {latencies: [stall]}
${events}
`);
  return cells.map((cell) => {
    const digest = new Digest(cell, false);
    for (const replication of [0, 1]) {
      const result = replicate(cell.setup, 1, replication);
      digest.add({ ok: true, replication, result });
    }
    return digest;
  });
}

describe('what happened to the machines', () => {
  const digests = digestsOf(
    'events: [{at: 10ms, every: 20ms, weight: {domain: a, value: 512}}, {at: 20ms, remove_pcpu: {pcpu: 1}}]',
  );

  it('stands in a table, alike cells in one row', () => {
    expect(happenedSection(digests).slice(6)).toEqual([
      '| weight of a: 512 | 10 ms to 50 ms | 6 |  | all |',
      '| pCPU 1 leaves the pool | 20 ms | 2 |  | upstream/scheduler=credit |',
      '| pCPU 1 leaves the pool | 20 ms | 0 | given up (EAGAIN): 2 | upstream/scheduler=credit2 |',
    ]);
  });

  it('is told of where it was not done', () => {
    expect(cautions(digests)).toContain(
      'Events of which some were not done: upstream/scheduler=credit2: pCPU 1 leaves the pool: given up (EAGAIN): 2.',
    );
  });

  it('is not told where nothing did', () => {
    expect(happenedSection(digestsOf(''))).toEqual([]);
  });
});
