// Preloaded into the program by the torture test: ends worker threads at random moments, as running out of memory would.
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const seed = Number(process.env.KILL_WORKERS_SEED);
const kills = Number(process.env.KILL_WORKERS);

/** Mulberry32. */
function random(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (isMainThread) {
  const threads = createRequire(import.meta.url)('node:worker_threads');
  const next = random(seed);
  const alive = new Set();
  let left = kills;
  const kill = () => {
    const workers = [...alive];
    const victim = workers[Math.floor(next() * workers.length)];
    if (victim !== undefined) {
      victim.terminate();
      process.stderr.write('KILLED A WORKER\n');
      left--;
    }
    if (left > 0) setTimeout(kill, 10 + next() * 60).unref();
  };
  threads.Worker = class extends threads.Worker {
    constructor(...args) {
      super(...args);
      alive.add(this);
      this.on('exit', () => alive.delete(this));
      if (alive.size === 1 && left === kills) setTimeout(kill, 10 + next() * 60).unref();
    }
  };
}
