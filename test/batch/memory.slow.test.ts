import { spawn } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { PROGRAM, temporaryFolder } from '../cli/cli.ts';
import { studyFile } from './fixtures.ts';

/** Samples in millions; `npm run torture` makes it ten. */
const MILLIONS = Number(process.env.MEMORY_MILLIONS ?? 1);
const SAMPLES_PER_SECOND = 90_000;
/** Most memory that the program may have resident, all its threads together [MB]. */
const MEMORY_MAX = 500;

const study = (replications: number, seconds: number) => `
question: Does memory grow with the number of samples?
seed: 1
replications: ${replications}
duration: ${seconds}s
machine: {pcpus: 4, scheduler: {name: credit, ratelimit: 0}}
domains:
  a: {vcpus: [{guest: {name: periodic-waker, period: 300us, run: 5us}, count: 4}]}
policies: {upstream: {before: true, during: {threshold: 512}}}
measure: {samples: true, latencies: [wakeup, virq, softirq_timer, softirq_schedule]}
`;

/** Runs the program. @returns the most memory that it had resident [MB] */
function peakOf(args: readonly string[]): Promise<number> {
  const child = spawn('node', [PROGRAM, ...args], { stdio: 'inherit' });
  let peak = 0;
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended.
    }
  }, 50);
  return new Promise((resolve, reject) =>
    child.on('exit', (code) => {
      clearInterval(watch);
      if (code === 0) resolve(peak);
      else reject(new Error(`exit code ${code}`));
    }),
  );
}

const SECONDS = Math.ceil((1e6 * MILLIONS) / SAMPLES_PER_SECOND) + 2;

it.skipIf(process.platform !== 'linux').each([
  ['many replications', study(SECONDS, 1)],
  ['one replication', study(1, SECONDS)],
])(`${MILLIONS} million samples in %s take less than ${MEMORY_MAX} MB`, async (where, text) => {
  const out = join(temporaryFolder(), 'out');
  const peak = await peakOf(['run', studyFile(text), '--out', out, '--jobs', '2', '--quiet']);
  let lines = 0;
  for await (const chunk of createReadStream(join(out, 'samples.csv.gz')).pipe(createGunzip())) {
    for (const byte of chunk as Buffer) if (byte === 10) lines++;
  }
  console.log(`${lines - 1} samples in ${where}, ${peak.toFixed(0)} MB`);
  expect(lines).toBeGreaterThan(1e6 * MILLIONS);
  expect(peak).toBeGreaterThan(50);
  expect(peak).toBeLessThan(MEMORY_MAX);
});
