import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { contents, runHere, studyFile, TWO_GUESTS } from '../batch/fixtures.ts';
import { describeWith } from '../tools.ts';
import { PROGRAM, preemptlabProcess, temporaryFolder } from './cli.ts';

/** A study that takes long. */
const LONG = `
question: Who may write?
seed: 3
replications: 100000
duration: 60ms
${TWO_GUESTS}
measure: {latencies: [virq]}
`;

const study = studyFile();
const results = join(temporaryFolder(), 'results');
beforeAll(() => runHere(study, results));

/** All commands that write, into `out`. */
function writers(out: string): string[][] {
  const copy = join(out, 'copy');
  return [
    ['run', study, '--jobs', '1', '--out', join(out, 'new')],
    ['run', study, '--jobs', '1', '--out', copy],
    ['run', study, '--jobs', '1', '--resume', '--out', copy],
    ['report', copy],
    ['merge', results, '--out', join(out, 'new')],
    ['trace', study, '--cell', 'upstream', '--out', copy],
    ['submit', study, '--engine', 'slurm', '--tasks', '2', '--out', copy],
    ['init', join(out, 'mine.yaml')],
  ];
}

/** A folder with results and no right to write, for programs that are called after `prefix`. */
function refused(prefix: string[], out: string, reason: RegExp): void {
  const before = contents(join(out, 'copy'));
  for (const args of writers(out)) {
    const { status, stderr } = spawnSync(
      prefix[0],
      [...prefix.slice(1), 'node', PROGRAM, ...args],
      {
        encoding: 'utf8',
      },
    );
    expect(status, `${args.join(' ')}\n${stderr}`).toBe(2);
    expect(stderr).toMatch(reason);
    expect(stderr).toContain(out);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  }
  expect(contents(join(out, 'copy'))).toEqual(before);
}

describeWith('namespaces', 'real systems', (unshare) => {
  /** In a mount namespace of its own, as root of that. */
  const inside = ['--map-root-user', '--mount'];

  it('a disk that can only be read is told, and nothing is changed', () => {
    const out = temporaryFolder();
    cpSync(results, join(out, 'copy'), { recursive: true });
    const readOnly = `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"`;
    refused([unshare, ...inside, 'sh', '-c', readOnly, out], out, /EROFS: read-only file system/);
  });

  it('a folder without permission is told, and nothing is changed', () => {
    const out = temporaryFolder();
    cpSync(results, join(out, 'copy'), { recursive: true });
    for (const folder of [join(out, 'copy'), out]) chmodSync(folder, 0o555);
    // Root, too, may not write then.
    const drop = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
    refused([unshare, ...inside, ...drop], out, /EACCES: permission denied/);
    for (const folder of [out, join(out, 'copy')]) chmodSync(folder, 0o755);
  });

  describe('of two containers with one host name', () => {
    const container = [
      unshare,
      '--map-root-user',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
    ];
    const long = studyFile(LONG);
    const run = (out: string) => ['node', PROGRAM, 'run', long, '--jobs', '1', '--out', out];

    it.each([
      ['the first is another one', container, []],
      ['the second is another one', [], container],
      ['both are others', container, container],
    ])('only one writes a folder: %s', async (_, first, second) => {
      const out = join(temporaryFolder(), 'out');
      const [program, ...args] = [...first, ...run(out)];
      const child = spawn(program, args, { stdio: 'ignore' });
      try {
        while (!existsSync(join(out, 'journal', 'study.json'))) await setTimeout(20);
        const [other, ...others] = [...second, ...run(out), '--resume'];
        const { status, stderr } = spawnSync(other, others, { encoding: 'utf8' });
        expect(status, stderr).toBe(2);
        expect(stderr).toMatch(
          /process \d+ on another container or machine of this name is writing/,
        );
        expect(stderr).toMatch(/if that one is dead, delete .*\.lock-/);
      } finally {
        child.kill('SIGKILL');
      }
    });

    it('a lock of one that has died is removed in its own container only', () => {
      const out = join(temporaryFolder(), 'out');
      const killed = [
        `${run(out).join(' ')} & while [ ! -e ${out}/journal/study.json ]; do sleep 0.1; done`,
        'kill -9 $!; wait; exec "$@"',
      ].join('; ');
      const inContainer = (...then: string[]) => {
        const [program, ...args] = [...container, 'sh', '-c', killed, 'sh', ...then];
        return spawnSync(program, args, { encoding: 'utf8' });
      };
      const { status, stderr } = inContainer('node', PROGRAM, 'report', out);
      expect(status, stderr).toBe(1);
      expect(stderr).toContain('of 200000 replications done');
      expect(readdirSync(out)).toEqual(['journal']);
      rmSync(out, { recursive: true });
      inContainer('true');
      const outside = preemptlabProcess('report', out);
      expect(outside.status).toBe(2);
      expect(outside.stderr).toMatch(/another container or machine of this name is writing it/);
    });
  });
});
