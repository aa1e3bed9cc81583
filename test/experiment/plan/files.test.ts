import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTextFile } from '../../../src/experiment/plan/files.ts';
import { loadExperiment } from '../../../src/experiment/plan/load.ts';
import { formatProblems } from '../../../src/input/problems.ts';
import { temporaryFolder } from '../../cli/cli.ts';
import { MINIMAL, PROFILE } from '../fixtures.ts';

const folder = temporaryFolder();

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

describe('files', () => {
  it('are read as UTF-8, without byte order mark', () => {
    expect(readTextFile(write('bom.yaml', '\uFEFFa: "ä€😀"'))).toEqual({
      ok: true,
      text: 'a: "ä€😀"',
    });
  });

  it.each([
    [
      'a binary file',
      new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1]),
      'not a text file: it contains a NUL byte',
    ],
    ['Latin-1', new Uint8Array([0x61, 0x3a, 0xe4]), 'not a text file: it is not valid UTF-8'],
    ['more than 1 MiB', 'x'.repeat((1 << 20) + 1), 'larger than 1 MiB'],
    ['100 MB', new Uint8Array(100_000_000).fill(0x61), 'larger than 1 MiB'],
  ])('are refused if they are %s', (_, content, message) => {
    const result = loadExperiment(write('bad.yaml', content));
    expect(result.ok ? [] : result.problems).toHaveLength(1);
    expect(result.ok ? '' : formatProblems(result.problems)).toContain(`bad.yaml: it is`);
    expect(result.ok ? '' : result.problems[0].message).toContain(message);
  });

  it('of exactly 1 MiB are read', () => {
    expect(readTextFile(write('large.yaml', 'x'.repeat(1 << 20))).ok).toBe(true);
  });

  it('that are not there or no files are a problem, not an exception', () => {
    expect(readTextFile(join(folder, 'none'))).toMatchObject({
      complaint: { message: 'there is no such file' },
    });
    expect(readTextFile(folder)).toMatchObject({
      complaint: { message: 'it is a directory, not a file' },
    });
  });
});

describe('cost profiles beside the experiment', () => {
  it('are found before those that are shipped', () => {
    mkdirSync(join(folder, 'costs'));
    write('costs/zero.yaml', PROFILE);
    const result = loadExperiment(write('x.yaml', `${MINIMAL}machine: {costs: zero}\n`));
    expect(result.ok && result.experiment.cells[0].setup.machine.costs.trapEntry).toBe(100);
  });

  it('that are wrong are reported in their own file', () => {
    write('costs/bad.yaml', PROFILE.replace(/page: \d+/, 'page: x'));
    const result = loadExperiment(write('x.yaml', `${MINIMAL}machine: {costs: bad}\n`));
    const problems = result.ok ? [] : result.problems;
    expect(problems.map(({ file }) => file)).toEqual([join(folder, 'costs/bad.yaml')]);
    expect(problems[0].path).toBe('costs.page');
  });

  it('cannot be reached through a path', () => {
    const result = loadExperiment(write('x.yaml', `${MINIMAL}machine: {costs: ../costs/zero}\n`));
    expect(result.ok ? '' : formatProblems(result.problems)).toContain('expected a name');
  });
});
