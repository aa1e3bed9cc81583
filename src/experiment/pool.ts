import { Piscina } from 'piscina';
import type { Outcome, Runner, Task } from './tasks.ts';

/** Worker threads that carry out tasks. */
export interface Pool {
  readonly run: Runner;
  /** Ends all workers. */
  close(): Promise<void>;
}

/**
 * Starts `jobs` worker threads. A worker that dies (out of memory, killed) fails its task only: each of the
 * task's replications is reported as failed.
 */
export function startPool(jobs: number): Pool {
  const piscina = new Piscina<Task, Outcome[]>({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: jobs,
    maxThreads: jobs,
  });
  return {
    run: async (task) => {
      try {
        return await piscina.run(task);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return Array.from({ length: task.count }, (_, i) => ({
          ok: false,
          replication: task.first + i,
          message: `worker: ${message}`,
        }));
      }
    },
    close: () => piscina.destroy(),
  };
}
