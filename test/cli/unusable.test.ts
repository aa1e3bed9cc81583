import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFault } from '../batch/faults.ts';
import { runHere, studyFile } from '../batch/fixtures.ts';
import { preemptlab, temporaryFolder } from './cli.ts';

const study = studyFile();
const results = join(temporaryFolder(), 'results');
await runHere(study, results);
const run = ['run', study, '--jobs', '1', '--quiet'];
const sensitivity = ['sensitivity', study, '--trajectories', '2', '--replications', '2', '--quiet'];

/** Every command, with a folder or file to write or read. */
const COMMANDS: Record<string, (path: string) => string[]> = {
  run: (path) => [...run, '--out', path],
  resume: (path) => [...run, '--resume', '--out', path],
  trace: (path) => ['trace', study, '--cell', 'upstream', '--out', path],
  merge: (path) => ['merge', results, '--out', path],
  sensitivity: (path) => [...sensitivity, '--out', path],
  init: (path) => ['init', join(path, 'mine.yaml')],
  'what is reported': (path) => ['report', path],
  'what is explained': (path) => ['explain', path],
  'what is merged': (path) => ['merge', path, '--out', join(temporaryFolder(), 'out')],
  'what conforms': (path) => ['conform', path],
  'what is run': (path) => ['run', join(path, 'study.yaml'), '--jobs', '1'],
  'what is imported': (path) => ['import', join(path, 'x.xen')],
};

describe('a path that cannot be used is told in a line or two, with its reason', () => {
  it.each(Object.keys(COMMANDS))('a file in place of a folder: %s', async (name) => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'mine');
    for (const path of [file, join(file, 'below')]) {
      const { status, stderr } = await preemptlab(...COMMANDS[name](path));
      expect(status, stderr).toBe(2);
      expect(stderr).toContain(file);
      expect(stderr).toMatch(/no folder|not a directory/);
      expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
    }
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  // Node would go on for ever here, and say of others that there is no such file.
  it.skipIf(process.platform !== 'linux')('a folder that cannot be made', async () => {
    const { status, stderr } = await preemptlab('merge', results, '--out', '/proc/none/of/this');
    expect(status).toBe(2);
    expect(stderr).toContain("ENOENT: no such file or directory, mkdir '/proc/none'");
  });
});

describe('no file operation that fails ends in a stack trace', () => {
  it.each(['report', 'merge', 'trace', 'init', 'explain'])('of %s', async (command) => {
    const args = (out: string): Record<string, string[]> => ({
      report: ['report', out, '--quiet'],
      merge: ['merge', results, '--out', join(out, 'merged'), '--quiet'],
      trace: ['trace', study, '--cell', 'upstream', '--out', join(out, 'trace')],
      init: ['init', join(out, 'mine.yaml')],
      explain: ['explain', out],
    });
    const fresh = () => {
      const out = join(temporaryFolder(), 'out');
      cpSync(results, out, { recursive: true });
      return args(out)[command];
    };
    const called = async (at: number) => {
      const all = fresh();
      let status: number | null = null;
      const { operations, error, name } = await withFault(at, 'EIO', async () => {
        const said = await preemptlab(...all);
        status = said.status;
        if (status !== 0) expect(said.stderr).toMatch(/injected/);
      });
      expect(error, `operation ${at}, ${name}`).toBeUndefined();
      return { operations, status };
    };
    const { operations, status } = await called(-1);
    expect(status).toBe(0);
    expect(operations).toBeGreaterThan(command === 'init' ? 0 : 5);
    const stride = Math.max(1, Math.floor(operations / 7));
    for (let at = 0; at < operations; at += stride) {
      expect([0, 1, 2]).toContain((await called(at)).status);
    }
  });
});
