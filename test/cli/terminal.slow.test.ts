import { spawn, spawnSync } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contents, runHere, SMALL, studyFile } from '../batch/fixtures.ts';
import { PROGRAM, preemptlabProcess, temporaryFolder } from './cli.ts';

const ESCAPE = '\u001b]0;owned\u0007\u001b[31m';
/** All that is not text or a line end. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

describe('escape sequences of a stranger do not reach the terminal', () => {
  const file = studyFile();
  const folder = temporaryFolder();
  const named = join(folder, `results${ESCAPE}`);
  const broken = join(folder, 'broken');
  spawnSync('mkdir', [broken, named]);
  writeFileSync(join(broken, 'manifest.json'), `{"a": ${ESCAPE}`);
  writeFileSync(join(named, 'manifest.json'), `{"${ESCAPE}": 1}`);
  it.each([
    ['report', named],
    ['explain', named],
    ['merge', named, broken, '--out', join(folder, 'out')],
    ['report', broken],
    ['run', file, '--out', join(folder, 'x'), '--filter', ESCAPE],
    ['run', file, '--out', join(folder, 'x'), '--jobs', ESCAPE],
    ['run', file, '--out', join(folder, 'x'), '--shard', ESCAPE],
    ['run', file, '--out', join(folder, 'x'), '--set', `${ESCAPE}=1`],
    ['run', `${ESCAPE}.yaml`],
    ['trace', file, '--cell', ESCAPE],
    ['explain', folder, '--kind', ESCAPE],
    ['submit', file, '--engine', ESCAPE],
    ['conform', `${folder}/${ESCAPE}`],
    [`--${ESCAPE}`],
    [ESCAPE],
  ])('%j', (...args) => {
    const { status, stdout, stderr } = preemptlabProcess(...args);
    expect(status).toBe(2);
    expect(stderr).not.toBe('');
    expect(`${stdout}${stderr}`).not.toMatch(CONTROL);
  });
});

describe('who reads', () => {
  it('standard output may stop: no stack trace, and the exit code is that of the work', () => {
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', `node ${PROGRAM} check ${studyFile()} | true; echo "\${PIPESTATUS[0]}"`],
      { encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
  });

  it('the progress may stop: the study goes on', async () => {
    const file = studyFile(SMALL);
    const whole = join(temporaryFolder(), 'whole');
    await runHere(file, whole);
    const out = join(temporaryFolder(), 'out');
    const child = spawn('node', [PROGRAM, 'run', file, '--out', out], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.destroy();
    child.stdout.destroy();
    expect(await new Promise((done) => child.on('exit', done))).toBe(0);
    expect(contents(out)).toEqual(contents(whole));
  });

  it.each([['--help'], ['check', studyFile()], ['run', studyFile(), '--dry-run']])(
    'a full disk: %s %s says so, exit code 1',
    (...args) => {
      const { status, stderr } = spawnSync('node', [PROGRAM, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      });
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/^standard output could not be written: .*ENOSPC.*\n$/),
      ]);
    },
  );
});
