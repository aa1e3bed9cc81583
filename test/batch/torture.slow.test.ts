import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROGRAM, preemptlabProcess, temporaryFolder } from '../cli/cli.ts';
import { tally } from '../tally.ts';
import { contents, recorded, studyFile, TWO_GUESTS } from './fixtures.ts';

/** How often a process or a worker of a run is killed. */
const KILLS = Number(process.env.TORTURE_KILLS ?? 12);
/** How often each of the other commands that write is killed. */
const KILLS_OF_OTHERS = Math.ceil(KILLS / 4);
const SEED = Number(process.env.TORTURE_SEED ?? 1);

/** What still runs so long after it was to end hangs [ms]. */
const HANGS = 120_000;

const STUDY = `
question: Is anything lost?
seed: 3
replications: 40
duration: 60ms
${TWO_GUESTS}
measure: {latencies: [virq, softirq_flush], samples: true}
`;

/** Mulberry32: the same moments for the same seed, as far as the machine runs at the same speed. */
function random(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

/** Runs the program, and kills it after `patience` ms if it still runs then. */
function run(
  args: string[],
  patience: number,
  signal: NodeJS.Signals,
  workers?: number,
): Promise<End> {
  const preload = ['--import', resolve('test/batch/kill-workers.mjs')];
  const nodeArgs = workers === undefined ? [PROGRAM] : [...preload, PROGRAM];
  const child = spawn('node', [...nodeArgs, ...args], {
    env: { ...process.env, KILL_WORKERS: '4', KILL_WORKERS_SEED: String(workers) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const timer = setTimeout(() => child.kill(signal), patience);
  return new Promise((done, failed) => {
    const hanging = setTimeout(() => {
      child.kill('SIGKILL');
      failed(new Error(`still runs, ${signal} at ${patience} ms: ${args.join(' ')}\n${stderr}`));
    }, patience + HANGS);
    child.on('exit', (code, ended) => {
      clearTimeout(timer);
      clearTimeout(hanging);
      done({ code, signal: ended, stderr });
    });
  });
}

it(`loses and repeats nothing in ${KILLS} kills of processes and workers`, async () => {
  const next = random(SEED);
  const file = studyFile(STUDY);
  const whole = join(temporaryFolder(), 'whole');
  const started = Date.now();
  expect(preemptlabProcess('run', file, '--out', whole, '--jobs', '2', '--quiet').status).toBe(0);
  // How long a whole run takes here and now: kills come at any moment of it.
  const usual = Date.now() - started;
  const expected = contents(whole);
  const seen = { SIGKILL: 0, SIGINT: 0, workers: 0, aborts: 0, complete: 0 };
  let out = join(temporaryFolder(), 'out');
  while (seen.SIGKILL + seen.SIGINT + seen.workers < KILLS) {
    const args = ['run', file, '--out', out, '--jobs', '2', '--resume'];
    const signal = next() < 0.8 ? 'SIGKILL' : 'SIGINT';
    const workers = next() < 0.4 ? Math.floor(next() * 1e9) : undefined;
    const { code, signal: ended, stderr } = await run(args, next() * 1.1 * usual, signal, workers);
    seen.workers += stderr.match(/KILLED A WORKER/g)?.length ?? 0;
    expect(stderr).not.toMatch(/\n\s+at /);
    if (ended === 'SIGKILL') seen.SIGKILL++;
    // A worker killed in the midst of making a zlib stream takes Node with it (see src/batch/end-guard.ts).
    else if (ended === 'SIGABRT' && workers !== undefined && /close before init/.test(stderr)) {
      seen.aborts++;
    }
    // Before it listens, or after it stopped to, Ctrl-C simply ends it.
    else if (ended === 'SIGINT' || code === 130) seen.SIGINT++;
    // A replication whose worker was killed three times is left to the next run.
    else if (code !== 1 || !stderr.includes('NOT DONE')) {
      expect(code, stderr).toBe(0);
      expect(contents(out)).toEqual(expected);
      seen.complete++;
      out = join(temporaryFolder(), 'out');
    }
  }
  expect(preemptlabProcess('run', file, '--out', out, '--resume', '--quiet').status).toBe(0);
  expect(contents(out)).toEqual(expected);
  const all = recorded(out);
  expect(all).toHaveLength(80);
  expect(new Set(all).size).toBe(80);
  console.log(`seed ${SEED}: ${JSON.stringify(seen)}`);
  tally('`run` killed by SIGKILL', seen.SIGKILL);
  tally('`run` ended by Ctrl-C', seen.SIGINT);
  tally('worker threads of `run` killed', seen.workers);
});

/** What a command that writes is given before each attempt, and how it is called. */
interface Victim {
  /** Makes what stands in `out` before it. */
  prepare(out: string): void;
  args(out: string): string[];
}

/** Commands that write, but simulate no study. */
function otherCommands(): Record<string, Victim> {
  const file = studyFile(STUDY);
  const [whole, ...shards] = ['whole', '1', '2'].map((name) => join(temporaryFolder(), name));
  preemptlabProcess('run', file, '--out', whole, '--quiet');
  for (const [i, shard] of shards.entries()) {
    preemptlabProcess('run', file, '--out', shard, '--shard', `${i + 1}/2`, '--quiet');
  }
  const trace = ['trace', file, '--cell', 'never', '--format', 'all', '--set', 'duration=400ms'];
  return {
    report: {
      prepare: (out) => cpSync(whole, out, { recursive: true }),
      args: (out) => ['report', out],
    },
    merge: { prepare: () => {}, args: (out) => ['merge', ...shards, '--out', out] },
    trace: { prepare: () => {}, args: (out) => [...trace, '--out', out] },
  };
}

describe('what is killed at any moment can be repeated', () => {
  const victims = otherCommands();
  it.each(Object.keys(victims))(`${KILLS_OF_OTHERS} kills of %s`, async (command) => {
    const { prepare, args } = victims[command];
    const next = random(SEED);
    const fresh = () => {
      const out = join(temporaryFolder(), 'out');
      prepare(out);
      return out;
    };
    let out = fresh();
    const started = Date.now();
    expect((await run(args(out), HANGS, 'SIGKILL')).code).toBe(0);
    const usual = Date.now() - started;
    // Hashes of what trace has written are in a folder.
    const files = (name: string) => name !== '.preemptlab';
    const expected = contents(out, files);
    out = fresh();
    const seen = { SIGKILL: 0, SIGINT: 0, complete: 0 };
    while (seen.SIGKILL + seen.SIGINT < KILLS_OF_OTHERS) {
      const signal = next() < 0.8 ? 'SIGKILL' : 'SIGINT';
      const { code, signal: ended, stderr } = await run(args(out), next() * 1.1 * usual, signal);
      if (ended !== null) {
        seen[ended as typeof signal]++;
        continue;
      }
      expect(code, stderr).toBe(0);
      expect(contents(out, files)).toEqual(expected);
      seen.complete++;
      out = fresh();
    }
    expect((await run(args(out), HANGS, 'SIGKILL')).code).toBe(0);
    expect(contents(out, files)).toEqual(expected);
    console.log(`${command}, seed ${SEED}: ${JSON.stringify(seen)}`);
    tally(`\`${command}\` killed`, seen.SIGKILL + seen.SIGINT);
  });
});
