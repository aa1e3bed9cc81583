import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startPool, WorkersError } from '../../src/batch/pool.ts';
import { temporaryFolder } from '../cli/cli.ts';
import { HERE, runHere, studyFile } from './fixtures.ts';

/*
 * Beside the source of the pool there is no worker.js: that is made by building. So its workers die while they are loaded.
 */

describe('workers that cannot start', () => {
  it('settle every task, each with the first reason, in one line', async () => {
    const pool = startPool(2);
    const task = {} as Parameters<typeof pool.run>[0];
    const ends = await Promise.allSettled([1, 2, 3].map(() => pool.run(task)));
    for (const end of [...ends, ...(await Promise.allSettled([pool.run(task)]))]) {
      expect(end.status).toBe('rejected');
      const { reason } = end as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(WorkersError);
      expect(reason.message).toMatch(
        /^workers cannot be started: .*Cannot find module .*worker\.js/,
      );
      expect(reason.message).not.toContain('\n');
    }
    await pool.close();
  });

  it('end a study, whose replications are not each tried', async () => {
    let asked = 0;
    const error = new WorkersError('Error: no\n  at somewhere');
    const pool: typeof HERE = {
      ...HERE,
      run: () => {
        asked++;
        return Promise.reject(error);
      },
    };
    const out = join(temporaryFolder(), 'out');
    await expect(runHere(studyFile(), out, { pool })).rejects.toThrow(
      /^workers cannot be started: Error: no$/,
    );
    expect(asked).toBeLessThanOrEqual(2);
  });

  it('tell little of what is long', () => {
    expect(new WorkersError(`<html>${'x'.repeat(1e6)}`).message.length).toBeLessThan(400);
  });
});
