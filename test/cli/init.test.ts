import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { preemptlab, temporaryFolder } from './cli.ts';

describe('preemptlab init', () => {
  it('writes an experiment that is sound and runs to an answer', async () => {
    const file = join(temporaryFolder(), 'mine.yaml');
    expect((await preemptlab('init', file)).status).toBe(0);
    expect(await preemptlab('check', file)).toMatchObject({ status: 0, stderr: '' });
    const out = join(temporaryFolder(), 'out');
    const ran = await preemptlab('run', file, '--replications', '2', '--out', out, '--quiet');
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(out, 'latency.csv'), 'utf8')).toContain('softirq_flush');
  });

  it('leaves alone what is there', async () => {
    const file = join(temporaryFolder(), 'mine.yaml');
    writeFileSync(file, 'mine');
    const { status, stderr } = await preemptlab('init', file);
    expect(status).toBe(2);
    expect(stderr).toContain('is there already');
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});
