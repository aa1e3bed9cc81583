import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readShard, shareOf } from '../../src/batch/shard.ts';
import { missingReplications } from '../../src/batch/tasks.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import type { Journal } from '../../src/results/journal.ts';

it('deals out every replication, evenly, and counts what it deals', () => {
  for (const count of [1, 2, 3, 7, 100]) {
    const shares = Array.from({ length: count }, (_, index) =>
      [0, 1, 2, 3].reduce((sum, cell) => sum + shareOf({ index, count }, cell, 5), 0),
    );
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(20);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  }
});

describe('--shard', () => {
  it('i/n counts from 1', () => {
    expect(readShard('2/8', {})).toEqual({ index: 1, count: 8 });
  });

  it.each(['0/8', '9/8', '1/0', '1', 'x/y', '1/8/2', '-1/8', ''])('refuses %j', (text) => {
    expect(readShard(text, {})).toMatch(/--shard .*expected i\/n/);
  });

  it('auto reads a Slurm job array, whatever its range', () => {
    const array = (id: number, min: number, count: number, step?: number) =>
      readShard('auto', {
        SLURM_ARRAY_TASK_ID: String(id),
        SLURM_ARRAY_TASK_MIN: String(min),
        SLURM_ARRAY_TASK_COUNT: String(count),
        ...(step !== undefined && { SLURM_ARRAY_TASK_STEP: String(step) }),
      });
    expect(array(0, 0, 8)).toEqual({ index: 0, count: 8 });
    expect(array(8, 1, 8)).toEqual({ index: 7, count: 8 });
    expect(array(14, 10, 4, 2)).toEqual({ index: 2, count: 4 });
    expect(array(9, 1, 8)).toMatch(/do not say which part/);
    expect(readShard('auto', { SLURM_ARRAY_TASK_ID: '3' })).toMatch(/do not say which part/);
  });

  it('auto reads a Kubernetes Indexed Job', () => {
    const job = { JOB_COMPLETION_INDEX: '3', JOB_COMPLETIONS: '8' };
    expect(readShard('auto', job)).toEqual({ index: 3, count: 8 });
    expect(readShard('auto', { JOB_COMPLETION_INDEX: '3' })).toMatch(/JOB_COMPLETIONS/);
    expect(readShard('auto', {})).toMatch(/neither/);
  });
});

describe('shards', () => {
  it('have every replication once, and are of the same size', () => {
    const nothing = { index: { has: () => false } } as unknown as Journal;
    const size = fc.record({
      cells: fc.integer({ min: 1, max: 7 }),
      replications: fc.integer({ min: 1, max: 20 }),
      count: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(size, ({ cells, replications, count }) => {
        const experiment = { cells: Array(cells).fill({}), replications } as unknown as Experiment;
        const parts = Array.from({ length: count }, (_, index) => [
          ...missingReplications(experiment, { index, count }, nothing),
        ]);
        const sizes = parts.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        const all = parts.flat().map(String);
        expect(all).toHaveLength(cells * replications);
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});
