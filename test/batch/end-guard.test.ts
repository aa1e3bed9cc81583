import { once } from 'node:events';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { guarded, newGuard, untilEndable } from '../../src/batch/end-guard.ts';

const MODULE = pathToFileURL(resolve('dist/batch/end-guard.js')).href;

/** A worker that does guarded work of 300 ms, over and over, and tells when it begins and ends. */
const CODE = `
import { parentPort } from 'node:worker_threads';
import { guarded } from '${MODULE}';
const cell = new Int32Array(new SharedArrayBuffer(4));
for (;;) guarded(() => {
  parentPort.postMessage('begins');
  Atomics.wait(cell, 0, 0, 300);
  parentPort.postMessage('ends');
});
`;

describe('work during which a thread is not ended', () => {
  let worker: Worker | undefined;
  afterEach(() => worker?.terminate());

  it('is done at once outside of a worker', () => {
    expect(guarded(() => 7)).toBe(7);
  });

  it('is waited for, and none begins after that', async () => {
    const guard = newGuard();
    worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(CODE)}`), {
      workerData: guard,
    });
    const said: string[] = [];
    worker.on('message', (message) => said.push(message));
    await once(worker, 'message');
    await untilEndable(guard);
    const end = new Int32Array(guard)[0];
    await new Promise((done) => setTimeout(done, 400));
    expect(said.at(-1)).toBe('ends');
    expect(said.filter((message) => message === 'begins').length).toBe(said.length / 2);
    expect(new Int32Array(guard)[0]).toBe(end);
    expect(await worker.terminate()).toBe(1);
  });

  it('is not waited for if it never ends', async () => {
    const guard = newGuard();
    Atomics.add(new Int32Array(guard), 0, 1);
    const start = performance.now();
    await untilEndable(guard);
    expect(performance.now() - start).toBeGreaterThan(1900);
  });
});
