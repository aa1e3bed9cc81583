// Preloaded into worker threads: ends this one at the step DIES_AT of its work, as running out of memory would there.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { MessagePort } from 'node:worker_threads';
import zlib from 'node:zlib';

let left = Number(process.env.DIES_AT);

/** Compressing, hashing and answering are the steps. */
for (const [of, name] of [
  [zlib, 'gzipSync'],
  [crypto, 'createHash'],
  [MessagePort.prototype, 'postMessage'],
]) {
  const real = of[name];
  of[name] = function (...args) {
    if (--left === 0) process.exit(1);
    return real.apply(this, args);
  };
}
syncBuiltinESMExports();
