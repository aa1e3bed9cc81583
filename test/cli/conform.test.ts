import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { preemptlab, temporaryFolder } from './cli.ts';

describe('preemptlab conform', () => {
  const name = 'credit-F1-o01';
  const copy = () => {
    const folder = temporaryFolder();
    for (const file of [`${name}.scenario.json`, `${name}.trace.jsonl.gz`]) {
      cpSync(join('test/conformance/sched', file), join(folder, file));
    }
    return folder;
  };

  it('says agree for each file, and how many of how many last', async () => {
    const { status, stdout } = await preemptlab('conform', copy());
    expect(stdout).toMatch(/^agree {3}credit-F1-o01 \(\d+ records\)\nAGREE 1\/1\n$/);
    expect(status).toBe(0);
  });

  it('shows the first difference in its context, exit code 1', async () => {
    const folder = copy();
    const trace = join(folder, `${name}.trace.jsonl.gz`);
    const lines = gunzipSync(readFileSync(trace)).toString().split('\n');
    lines[20] = lines[20].replace('"t":', '"t":1');
    writeFileSync(trace, gzipSync(lines.join('\n')));
    const { status, stdout } = await preemptlab('conform', folder);
    expect(stdout).toContain('DIFFER  credit-F1-o01, first at line 21:');
    expect(stdout.match(/^ +\d+ {3}/gm)).toHaveLength(20);
    expect(stdout).toMatch(/AGREE 0\/1\n$/);
    expect(status).toBe(1);
  });

  it('fails, and goes on, for a scenario that cannot be read', async () => {
    const folder = copy();
    writeFileSync(join(folder, 'a.scenario.json'), '{"sched":"fifo"}');
    writeFileSync(join(folder, 'b.scenario.json'), 'not JSON');
    const { status, stdout } = await preemptlab('conform', folder);
    expect(stdout).toMatch(
      /FAILED {2}a: [\s\S]*FAILED {2}b: [\s\S]*agree {3}credit[\s\S]*AGREE 1\/3/,
    );
    expect(status).toBe(1);
  });

  it('refuses a folder that is not there or has no scenarios, exit code 2', async () => {
    expect(await preemptlab('conform', '/nowhere')).toMatchObject({ status: 2 });
    expect((await preemptlab('conform', temporaryFolder())).stderr).toContain('no *.scenario.json');
  });
});
