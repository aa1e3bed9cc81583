import { setTimeout } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';

/*
 * Node (20.20) takes the whole process down if a thread is ended between the making of a zlib stream and its
 * initialisation ("close before init"). So workers say when they compress, and are not ended meanwhile.
 */

/** Cells of a guard: how many workers are at work that must not be ended, with ENDING if none is to begin; one that never changes. */
const AT_WORK = 0;
const FOREVER = 1;
/** The cell that says whether any worker has come so far that it can carry out tasks. */
const LOADED = 2;
const ENDING = 1 << 30;

/** How long is waited for workers [ms]: one that died at such work never leaves it. */
const WAIT_MAX = 2000;

/** What the workers of a pool share with the main thread: their `workerData`. */
export function newGuard(): SharedArrayBuffer {
  return new SharedArrayBuffer(12);
}

/** This worker has loaded its code. */
export function noteLoaded(): void {
  if (workerData instanceof SharedArrayBuffer) Atomics.store(new Int32Array(workerData), LOADED, 1);
}

/** Whether any worker has loaded its code. */
export function hasLoaded(guard: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(guard), LOADED) === 1;
}

/** Does `work`, during which this thread is not ended. If threads are being ended, it waits for that instead. */
export function guarded<Result>(work: () => Result): Result {
  if (!(workerData instanceof SharedArrayBuffer)) return work();
  const cells = new Int32Array(workerData);
  if ((Atomics.add(cells, AT_WORK, 1) & ENDING) !== 0) {
    Atomics.sub(cells, AT_WORK, 1);
    Atomics.wait(cells, FOREVER, 0);
  }
  try {
    return work();
  } finally {
    Atomics.sub(cells, AT_WORK, 1);
  }
}

/** Waits until the workers may be ended: none is, or will be, at guarded work. */
export async function untilEndable(guard: SharedArrayBuffer): Promise<void> {
  const cells = new Int32Array(guard);
  Atomics.or(cells, AT_WORK, ENDING);
  for (let waited = 0; waited < WAIT_MAX && Atomics.load(cells, AT_WORK) !== ENDING; waited++) {
    await setTimeout(1);
  }
}
