import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { counted } from '../../src/input/counted.ts';
import { contents, recorded, studyFile } from '../batch/fixtures.ts';
import { PROGRAM, preemptlab, temporaryFolder } from './cli.ts';

const STUDY = `
question: Is it completed?
seed: 3
replications: 4000
duration: 20ms
machine: {scheduler: {name: credit, ratelimit: 0}}
domains:
  flusher: {memory: {ram: 4MiB}, vcpus: [{guest: {name: set-way-flusher, period: 1ms}}]}
policies:
  upstream: {before: true, during: {threshold: 512}}
measure: {latencies: [flush]}
`;

/** Lines of a journal's records before the first record. */
const HEAD_LINES = 1;

/** Starts a run, and gives a signal to it when it has finished some replications. */
function interrupted(args: string[], out: string, signal: NodeJS.Signals) {
  const child = spawn('node', [PROGRAM, 'run', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const records = join(out, 'journal', 'records.jsonl');
  const watch = setInterval(() => {
    if (!existsSync(records) || readFileSync(records, 'utf8').split('\n').length <= HEAD_LINES + 1)
      return;
    clearInterval(watch);
    child.kill(signal);
  }, 20);
  return new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.on('exit', (code) => {
      clearInterval(watch);
      resolve({ code, stderr });
    }),
  );
}

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s keeps what is finished: exit code 130',
  async (signal) => {
    const file = studyFile(STUDY);
    const out = join(temporaryFolder(), 'out');
    const { code, stderr } = await interrupted([file, '--out', out], out, signal);
    expect(code, stderr).toBe(130);
    expect(stderr).toMatch(/interrupted: \d+ replications? kept; --resume goes on/);
    expect(readdirSync(out)).toEqual(['journal']);
    const text = readFileSync(join(out, 'journal', 'records.jsonl'), 'utf8');
    const lines = text.split('\n').length - 1 - HEAD_LINES;
    expect(stderr).toContain(`interrupted: ${counted(lines, 'replication')} kept`);

    const refused = await preemptlab('run', file, '--out', out);
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toContain('--resume');
  },
);

it('--resume with more replications, --shard and merge make the same results', async () => {
  const file = studyFile(STUDY);
  const folder = temporaryFolder();
  const run = async (out: string, ...args: string[]) => {
    const path = join(folder, out);
    expect((await preemptlab('run', file, '--out', path, '--quiet', ...args)).stderr).toBe('');
    return path;
  };
  const whole = await run('whole', '--replications', '30');
  const grown = await run('grown', '--replications', '10');
  await run('grown', '--replications', '30', '--resume');
  expect(contents(grown)).toEqual(contents(whole));
  const part = (i: number) => run(`part-${i}`, '--replications', '30', '--shard', `${i}/2`);
  const parts = [await part(1), await part(2)];
  const merged = join(folder, 'merged');
  expect((await preemptlab('merge', ...parts.reverse(), '--out', merged, '--quiet')).status).toBe(
    0,
  );
  expect(contents(merged)).toEqual(contents(whole));
  expect(recorded(merged)).toHaveLength(30);
});
