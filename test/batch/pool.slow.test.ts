import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { startPool, WorkersError } from '../../src/batch/pool.ts';
import type { Task } from '../../src/batch/tasks.ts';
import { cellValues } from '../../src/results/tables.ts';
import { temporaryFolder } from '../cli/cli.ts';
import { BUILT, withWorkers } from './built-pool.ts';
import { experimentFrom, HERE, runHere, studyFile } from './fixtures.ts';

/*
 * Beside the source of the pool there is no worker.js: that is made by building. So its workers die while they are loaded;
 * those of the built pool live.
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

  it('settle every task of a pool with many of them', async () => {
    const pool = startPool(1);
    const tasks = Array.from({ length: 40 }, () => pool.run({} as Task));
    for (const end of await Promise.allSettled(tasks)) {
      expect(end).toMatchObject({ status: 'rejected', reason: expect.any(WorkersError) });
    }
    await pool.close();
  });

  it('are not started again once the pool is closed', async () => {
    const pool = startPool(1);
    const task = pool.run({} as Task);
    const end = expect(task).rejects.toThrow(/^the workers were ended$/);
    await setTimeout(100);
    await pool.close();
    await end;
    await expect(pool.run({} as Task)).rejects.toThrow(/^the workers were ended$/);
  });

  it('tell little of what is long', () => {
    expect(new WorkersError(`<html>${'x'.repeat(1e6)}`).message.length).toBeLessThan(400);
  });
});

/** A task with samples, which are compressed: what a worker of a closed pool would wait for ever to do. */
function someTask(): Task {
  const experiment = experimentFrom(studyFile());
  const [cell] = experiment.cells;
  const head = cellValues(experiment, cell);
  return { cell: 0, head, setup: cell.setup, seed: 1, key: '', replications: [0] };
}

describe('a task whose worker was killed', () => {
  /** Does `work` while the first `count` workers are killed before they have loaded anything. `dead`: all of them are. */
  function killing(
    count: number,
    work: (alive: ReadonlySet<Worker>, dead: Promise<void>) => Promise<void>,
  ): Promise<void> {
    const alive = new Set<Worker>();
    let left = count;
    let last: () => void;
    const dead = new Promise<void>((done) => {
      last = done;
    });
    const made = (worker: Worker) => {
      alive.add(worker);
      worker.once('exit', () => alive.delete(worker));
      if (left-- <= 0) return;
      if (left === 0) worker.once('exit', () => last());
      worker.once('online', () => worker.terminate());
    };
    return withWorkers(
      (options) => options,
      made,
      () => work(alive, dead),
    );
  }

  it('is carried out by the next, however many died before they were loaded', async () => {
    for (const count of [1, 2, 3, 5]) {
      await killing(count, async (_, dead) => {
        const pool = BUILT.startPool(2);
        const reports = await Promise.all([1, 2, 3, 4].map(() => pool.run(someTask())));
        await dead;
        expect(new Set(reports.map(({ reports: [{ line }] }) => line)).size).toBe(1);
        await pool.close();
      });
    }
  });

  it('settles if the pool is closed then, and all threads end', async () => {
    for (const count of [1, 2, 3]) {
      await killing(count, async (alive, dead) => {
        const pool = BUILT.startPool(1);
        const ends = Promise.allSettled([1, 2].map(() => pool.run(someTask())));
        await dead;
        await setTimeout(20);
        await pool.close();
        expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
        expect(alive.size).toBe(0);
      });
    }
  });
});
