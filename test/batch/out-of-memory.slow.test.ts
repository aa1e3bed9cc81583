import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROGRAM, temporaryFolder } from '../cli/cli.ts';
import { contents, recorded, studyFile } from './fixtures.ts';

/** A machine of 4000 vCPUs takes some 30 MB, one of two next to nothing. */
const file = studyFile(`
question: Does a replication that needs too much memory cost others?
seed: 3
replications: 1
duration: 1ms
machine: {pcpus: 16, scheduler: {name: credit, ratelimit: 0}}
domains:
  flusher: {memory: {ram: 4MiB}, vcpus: [{guest: {name: set-way-flusher, period: 300us}}]}
  crowd: {vcpus: [{guest: {name: poisson-waker, mean: 300us}, count: 1}]}
policies: {upstream: {before: true, during: {threshold: 512}}}
factors:
  crowd: {set: domains.crowd.vcpus.0.count, levels: [1, 4000]}
measure: {samples: true, latencies: [flush, wakeup]}
`);

/** Runs the study in a folder of its own, where Node may leave a core. */
function run(out: string, nodeArgs: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const args = [...nodeArgs, PROGRAM, 'run', file, '--out', out, '--jobs', '1', '--quiet'];
  const { status, signal, stderr } = spawnSync('node', [...args, '--resume'], {
    cwd: join(out, '..'),
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, signal, stderr };
}

const whole = join(temporaryFolder(), 'whole');
const uninterrupted = run(whole);
const expected = contents(whole);

describe('memory that is not enough', () => {
  it('is enough for an uninterrupted run', () => {
    expect(uninterrupted).toEqual({ status: 0, signal: null, stderr: '' });
    expect(recorded(whole)).toEqual(['upstream/crowd=1 0', 'upstream/crowd=4000 0']);
  });

  it('for a worker costs what that worker did, which --resume does again', () => {
    const out = join(temporaryFolder(), 'out');
    const preload = ['--import', resolve('test/batch/small-workers.mjs')];
    const { status, stderr } = run(out, preload, { WORKER_HEAP: '16' });
    expect(stderr).toMatch(
      /^NOT DONE upstream\/crowd=4000, replication 0: its worker died: .*ERR_WORKER_OUT_OF_MEMORY.*\n1 replication not done; run again with --resume to go on\n$/,
    );
    expect(status).toBe(1);
    expect(readdirSync(out)).toEqual(['journal']);
    expect(run(out)).toEqual({ status: 0, signal: null, stderr: '' });
    expect(contents(out)).toEqual(expected);
  });

  // Too little for the simulations, or just about enough for them and not for the report: Node ends the process as a kill would.
  it.each([18, 28])('for all threads, %i MB each, leaves what --resume completes', (heap) => {
    const out = join(temporaryFolder(), 'out');
    const { status } = run(out, [`--max-old-space-size=${heap}`]);
    if (heap === 18) expect(status).not.toBe(0);
    if (status === 0) expect(contents(out)).toEqual(expected);
    expect(run(out)).toEqual({ status: 0, signal: null, stderr: '' });
    expect(contents(out)).toEqual(expected);
  });
});
