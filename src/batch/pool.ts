import { setTimeout } from 'node:timers/promises';
import { Piscina } from 'piscina';
import { hasLoaded, newGuard, untilEndable } from './end-guard.ts';
import type { Task } from './tasks.ts';
import type { TaskReport } from './worker.ts';

/** Worker threads that carry out tasks. */
export interface WorkerPool {
  readonly jobs: number;
  /** Carries out a task. Rejects if its worker dies; with a WorkersError, as all others then, if none can be started. */
  run(task: Task): Promise<TaskReport>;
  /** Calls a function that a module exports with plain data. Rejects if it throws, or if its worker dies. */
  call<Result>(module: URL, name: string, argument: unknown): Promise<Result>;
  /** Ends all workers. */
  close(): Promise<void>;
}

/** How often it is made sure that all workers are there [ms]. */
const WATCH_INTERVAL = 250;
/** After all of them were started anew so often without a finished task, that is given up. */
const STARTS_MAX = 10;

/**
 * Node's arguments for workers. Piscina loads a worker's file by require() first, and a thread that is ended in the
 * middle of a require() of a module takes the whole process with it ("v8::Module::IsGraphAsync must be used on an
 * instantiated module", Node 20.20). Without require() of modules, Piscina loads it by import(). Of the process's own arguments
 * only the profiler's are passed on: V8's are for the whole process, and Node refuses them for a thread.
 */
const WORKER_ARGUMENTS = [
  ...process.execArgv.filter((argument) => argument.startsWith('--cpu-prof')),
  '--no-experimental-require-module',
];

/** Workers cannot be started: no task will ever be carried out. */
export class WorkersError extends Error {
  /** @param reason - what the first of them died of */
  constructor(reason: unknown) {
    const [first] = String(reason).split('\n');
    super(`workers cannot be started: ${first.slice(0, REASON_MAX)}`);
  }
}

const REASON_MAX = 300;

/**
 * Starts `jobs` worker threads. Those that die are replaced. Every task settles, whatever dies and whenever the pool is
 * closed, also if no worker can be started.
 */
export function startPool(jobs: number): WorkerPool {
  let reason: unknown;
  // A worker that dies before it has a task, or answers after its task was given up, says so here.
  const complain = (error: unknown) => {
    reason ??= error;
  };
  let workers = startWorkers(jobs, complain);
  let starts = 0;
  let closing: Promise<void> | undefined;
  let broken: WorkersError | undefined;
  /** Starts all workers anew in place of these; if that has not helped, none will ever be. */
  const replace = (old: Workers) => {
    if (old !== workers || closing !== undefined || broken !== undefined) return;
    if (++starts > STARTS_MAX) broken = new WorkersError(reason ?? 'they end at once');
    else workers = startWorkers(jobs, complain);
    // What waited for the old ones is rejected by that.
    old.end();
  };
  // Piscina does not replace workers that die before they are ready, and tasks would wait for ever.
  const watch = setInterval(() => {
    if (workers.piscina.threads.length !== jobs) replace(workers);
  }, WATCH_INTERVAL);
  const carryOut = async (argument: unknown, what?: { filename: string; name: string }) => {
    for (;;) {
      if (broken !== undefined) throw broken;
      // Ended workers would be started again by a task, and wait for ever in it (see end-guard.ts).
      if (closing !== undefined) throw new Error('the workers were ended');
      const current = workers;
      try {
        const result = await current.piscina.run(argument, what);
        starts = 0;
        reason = undefined;
        return result;
      } catch (error) {
        if (hasLoaded(current.guard)) {
          // If all workers were started anew, it was not this task's worker that died.
          if (current === workers) throw error;
          continue;
        }
        // Piscina blames the task for a worker that could not be loaded.
        complain(error);
        await setTimeout(WATCH_INTERVAL);
        if (!hasLoaded(current.guard)) replace(current);
      }
    }
  };
  return {
    jobs,
    run: (task) => carryOut(task),
    call: ({ href }, name, argument) => carryOut(argument, { filename: href, name }),
    close: () => {
      clearInterval(watch);
      closing ??= workers.end();
      return closing;
    },
  };
}

/** Threads that were started together. */
interface Workers {
  readonly piscina: Piscina;
  /** What says how far they are, and when they may be ended. */
  readonly guard: SharedArrayBuffer;
  /** Ends them and rejects what they have not done. Never rejects. */
  end(): Promise<void>;
}

function startWorkers(jobs: number, complain: (error: unknown) => void): Workers {
  const guard = newGuard();
  const piscina = new Piscina({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: jobs,
    maxThreads: jobs,
    idleTimeout: Number.POSITIVE_INFINITY,
    execArgv: WORKER_ARGUMENTS,
    workerData: guard,
  });
  piscina.on('error', complain);
  let ending: Promise<void> | undefined;
  const end = async () => {
    await untilEndable(guard);
    // Once: while it is at it, Piscina would take the second for the end of the first, and start new workers.
    await piscina.destroy().catch(complain);
  };
  return {
    piscina,
    guard,
    end: () => {
      ending ??= end();
      return ending;
    },
  };
}
