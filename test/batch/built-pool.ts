import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { startPool } from '../../src/batch/pool.ts';

/** The pool that was built, whose workers can be loaded: beside the source of the pool there is no worker.js. */
export const BUILT: { startPool: typeof startPool } = await import(
  pathToFileURL(resolve('dist/batch/pool.js')).href
);

const threads: { Worker: typeof Worker } = createRequire(import.meta.url)('node:worker_threads');

/**
 * Does `work` while all worker threads are made as told.
 * @param change - what is changed of the options of each
 * @param made - called with each
 */
export async function withWorkers<Result>(
  change: (options: WorkerOptions) => WorkerOptions,
  made: (worker: Worker) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  threads.Worker = class extends Worker {
    constructor(file: string | URL, options: WorkerOptions = {}) {
      super(file, change(options));
      made(this);
    }
  };
  try {
    return await work();
  } finally {
    threads.Worker = Worker;
  }
}
