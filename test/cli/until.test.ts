import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { contents, studyFile } from '../batch/fixtures.ts';
import { preemptlab, temporaryFolder } from './cli.ts';

const STUDY = `
question: How long do softirqs wait behind a flush?
replications: 5
until: {metric: softirq_flush.mean, half_width: 15%, at_most: 40}
duration: 100ms
machine: {scheduler: {name: credit}}
domains:
  flusher: {memory: {ram: 8MiB, block: 2MiB}, vcpus: [{guest: {name: set-way-flusher, period: 10ms}}]}
  waker: {vcpus: [{guest: {name: poisson-waker, mean: 500us}}]}
measure: {latencies: [softirq_flush]}
policies:
  upstream: {before: true, during: {threshold: 512}}
  never: {before: false, during: never}
`;

/** Runs the study. @returns its folder, and how many replications it ended with */
async function run(text: string, ...options: string[]) {
  const out = join(temporaryFolder(), 'out');
  const { status, stdout, stderr } = await preemptlab(
    'run',
    studyFile(text),
    '--out',
    out,
    ...options,
  );
  expect(status, stderr).toBe(0);
  const read = (name: string) => readFileSync(join(out, name), 'utf8');
  const { replications } = JSON.parse(read('manifest.json'));
  return { stdout, read, replications: Number(replications) };
}

it('adds replications until the interval is narrow enough, whoever works on it and however often it is stopped', async () => {
  const { stdout, read, replications } = await run(STUDY, '--jobs', '1');
  expect(replications).toBeGreaterThan(5);
  expect(replications).toBeLessThan(40);
  expect(replications % 5).toBe(0);
  expect(stdout).toContain('not reached with 5; known least in never');
  expect(read('answer.md')).toContain(`reached with ${replications}`);
  expect(read('answer.md')).not.toContain('This is not the whole study');
  // As it is if somebody asks for that many at once.
  const plain = await run(STUDY.replace(/until.*\n/, ''), '--replications', String(replications));
  expect(plain.read('summary.csv')).toBe(read('summary.csv'));
  expect(plain.read('latency.csv')).toBe(read('latency.csv'));
});

it('goes on with what is there', async () => {
  const file = studyFile(STUDY);
  const out = join(temporaryFolder(), 'out');
  await preemptlab('run', file, '--out', out, '--quiet');
  const before = contents(out);
  const { status, stderr } = await preemptlab('run', file, '--out', out, '--resume', '--quiet');
  expect(status, stderr).toBe(0);
  expect(contents(out)).toEqual(before);
});

it('gives up at the most, and says so', async () => {
  const { read, replications } = await run(STUDY.replace('15%', '0.1%').replace('40}', '12}'));
  expect(replications).toBe(12);
  expect(read('answer.md')).toContain('at most 12: not reached with 12');
});

it('refuses what cannot be meant, all at once', async () => {
  const wrong = STUDY.replace('softirq_flush.mean', 'softirq_flush.max')
    .replace('15%', '0%')
    .replace('40}', '3}');
  const { status, stderr } = await preemptlab('check', studyFile(wrong));
  expect(status).toBe(2);
  expect(stderr).toContain('softirq_flush.max has no interval');
  expect(stderr).toContain('nothing is known so well');
  expect(stderr).toContain('fewer than the 5 replications that come first');
  const other = STUDY.replace('softirq_flush.mean', 'flushes').replace('15%', '1us');
  expect((await preemptlab('check', studyFile(other))).stderr).toContain('flushes is no time');
});

it('a part of a study cannot see all of it', async () => {
  const file = studyFile(STUDY);
  const shard = await preemptlab('run', file, '--shard', '1/2', '--quiet');
  expect(shard.stderr).toContain('has to see all its replications');
  const job = await preemptlab('submit', file, '--engine', 'slurm', '--dry-run');
  expect(job.stderr).toContain('has to see all its replications');
});
