// Preloaded into the program: gives its worker threads a heap of WORKER_HEAP MiB.
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const threads = createRequire(import.meta.url)('node:worker_threads');
  const resourceLimits = { maxOldGenerationSizeMb: Number(process.env.WORKER_HEAP) };
  threads.Worker = class extends threads.Worker {
    constructor(file, options) {
      super(file, { ...options, resourceLimits });
    }
  };
}
