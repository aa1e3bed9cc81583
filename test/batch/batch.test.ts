import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WorkerPool } from '../../src/batch/pool.ts';
import { encodeRecord } from '../../src/results/record.ts';
import { temporaryFolder } from '../cli/cli.ts';
import { contents, HERE, recorded, runHere, studyFile } from './fixtures.ts';

const file = studyFile();
const whole = join(temporaryFolder(), 'whole');
await runHere(file, whole);

/** Workers that die at one replication of the cell `never`, so many times. */
function deadly(deaths: number): WorkerPool & { tried: number[] } {
  let left = deaths;
  const tried: number[] = [];
  return {
    ...HERE,
    tried,
    run: async (task) => {
      tried.push(task.replications.length);
      if (task.head[0] !== 'never' || !task.replications.includes(1) || left-- <= 0) {
        return HERE.run(task);
      }
      throw new Error('worker exited with code: 1');
    },
  };
}

describe('a worker that dies', () => {
  it('costs nothing if the replication succeeds another time', async () => {
    const out = join(temporaryFolder(), 'out');
    expect(await runHere(file, out, { pool: deadly(2) })).toBe(6);
    expect(contents(out)).toEqual(contents(whole));
  });

  it('every time leaves its replication, and only that, to --resume', async () => {
    const out = join(temporaryFolder(), 'out');
    const pool = deadly(Number.POSITIVE_INFINITY);
    expect(await runHere(file, out, { pool })).toBe(5);
    expect(readdirSync(out)).toEqual(['journal']);
    expect(await runHere(file, out, { resume: true })).toBe(1);
    expect(contents(out)).toEqual(contents(whole));
  });
});

describe('a replication that fails by itself', () => {
  const failing: WorkerPool = {
    ...HERE,
    run: async (task) => {
      const { reports, time } = await HERE.run(task);
      const changed = reports.map((report) => {
        if (task.head[0] !== 'never' || report.replication !== 1) return report;
        const outcome = { ok: false, replication: 1, message: 'InvariantError: no' } as const;
        return {
          ...report,
          failed: true,
          samples: [],
          line: encodeRecord({ cell: 'never', outcome }, task.key),
        };
      });
      return { reports: changed, time };
    },
  };

  it('is told in the manifest, has no rows, and is not tried again', async () => {
    const out = join(temporaryFolder(), 'out');
    await runHere(file, out, { pool: failing });
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
    expect(manifest.failures).toEqual([
      { cell: 'never', replication: 1, message: 'InvariantError: no' },
    ]);
    const rows = readFileSync(join(out, 'counters.csv'), 'utf8').trim().split('\n');
    expect(rows).toHaveLength(1 + 5);
    expect(recorded(out)).toHaveLength(6);
    const before = contents(out);
    expect(await runHere(file, out, { resume: true })).toBe(0);
    expect(contents(out)).toEqual(before);
  });
});
