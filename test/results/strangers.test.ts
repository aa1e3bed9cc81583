import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reportCommand } from '../../src/cli/report.ts';
import { acquireLock } from '../../src/results/lock.ts';
import { strangersAmong, writeOutput } from '../../src/results/output-files.ts';
import { processText, thisProcess } from '../../src/results/process-name.ts';
import { contents, HERE, interrupted, runHere, SMALL, studyFile } from '../batch/fixtures.ts';
import { quietly } from '../batch/fuzzing.ts';
import { temporaryFolder } from '../cli/cli.ts';

const file = studyFile();
const whole = join(temporaryFolder(), 'whole');
await runHere(file, whole);
const expected = contents(whole);

/** A pool in which a test that simulates fails. */
const NOBODY: typeof HERE = { ...HERE, run: () => Promise.reject(new Error('it was simulated')) };

/** A folder beside a file that nothing must happen to. */
function folders(): { out: string; precious: string } {
  const home = temporaryFolder();
  const [out, precious] = [join(home, 'out'), join(home, 'precious')];
  mkdirSync(out);
  writeFileSync(precious, 'precious');
  return { out, precious };
}

const text = (path: string) => readFileSync(path, 'utf8');
const refused = (out: string, message: RegExp) =>
  expect(runHere(file, out, { pool: NOBODY })).rejects.toThrow(message);

describe('a folder that holds something else', () => {
  it.each([
    ['notes.txt', 'mine'],
    ['records.jsonl', 'mine'],
    ['study.json.tmp', 'mine'],
    ['samples.bin', 'mine'],
  ])('under journal/%s keeps it', async (name, what) => {
    const { out } = folders();
    mkdirSync(join(out, 'journal'));
    writeFileSync(join(out, 'journal', name), what);
    await refused(out, new RegExp(`journal/${name}: it is not of a journal: move it away`));
    expect(text(join(out, 'journal', name))).toBe(what);
    expect(readdirSync(out)).toEqual(['journal']);
  });

  it('in a folder or FIFO of a name of ours keeps it, and nobody waits for it', async () => {
    const { out } = folders();
    mkdirSync(join(out, 'journal', 'samples.bin'), { recursive: true });
    await refused(out, /journal\/samples\.bin: it is not of a journal/);
    const other = join(temporaryFolder(), 'out');
    await interrupted(file, other, 2);
    spawnSync('mkfifo', [join(other, 'journal', 'values.bin')]);
    await expect(runHere(file, other, { resume: true })).rejects.toThrow(/values\.bin: it is not/);
  });

  it.each(['summary.csv', 'report.html', 'flush.svg', 'manifest.json'])(
    'under the name %s is refused before anything is simulated',
    async (name) => {
      const { out } = folders();
      writeFileSync(join(out, name), 'mine');
      await refused(out, new RegExp(`${name}: it is not as a run has written it: move it away`));
      expect(text(join(out, name))).toBe('mine');
    },
  );

  it('and a manifest that is none of ours loses nothing', async () => {
    const { out } = folders();
    writeFileSync(join(out, 'old.csv'), 'mine');
    const files = { 'old.csv': contents(out)['old.csv'] };
    writeFileSync(join(out, 'manifest.json'), JSON.stringify({ files }));
    await refused(out, /manifest\.json/);
    expect(text(join(out, 'old.csv'))).toBe('mine');
  });

  it('is told of all of it at once', async () => {
    const { out } = folders();
    for (const name of ['summary.csv', 'answer.md']) writeFileSync(join(out, name), 'mine');
    await refused(out, /summary\.csv[\s\S]*answer\.md/);
  });

  it('behind links is not touched', async () => {
    const { out, precious } = folders();
    symlinkSync(precious, join(out, 'summary.csv'));
    await refused(out, /summary\.csv: it is no file/);
    expect(text(precious)).toBe('precious');
  });

  it('behind the name of a lock is not touched', () => {
    const { out, precious } = folders();
    const name = `.lock-${processText(thisProcess())}`;
    symlinkSync(precious, join(out, name));
    expect(acquireLock(out).ok).toBe(false);
    expect(text(precious)).toBe('precious');
    const dead = `.lock-${processText({ ...thisProcess(), pid: 999_999_999 })}`;
    const other = folders();
    writeFileSync(join(other.out, dead), 'mine');
    expect(acquireLock(other.out)).toMatchObject({ ok: false });
    expect(text(join(other.out, dead))).toBe('mine');
  });
});

describe('earlier results', () => {
  it('are replaced, and what new ones do not have is removed', async () => {
    const { out } = folders();
    cpSync(whole, out, { recursive: true });
    await runHere(studyFile(SMALL.replace('samples: true', '')), out);
    expect(existsSync(join(out, 'samples.csv.gz'))).toBe(false);
  });

  it('that somebody has changed since are not', async () => {
    const { out } = folders();
    cpSync(whole, out, { recursive: true });
    writeFileSync(join(out, 'answer.md'), 'my notes');
    await refused(out, /answer\.md: it is not as a run has written it/);
    const { code, said } = await quietly(() => reportCommand(out, { quiet: true }));
    expect([code, said]).toEqual([2, expect.stringContaining('answer.md')]);
    expect(text(join(out, 'answer.md'))).toBe('my notes');
  });

  it('whose manifest names a file elsewhere, as a plot of a domain, leave it there', async () => {
    const { out, precious } = folders();
    cpSync(whole, out, { recursive: true });
    const plot = `${precious}.svg`;
    writeFileSync(plot, 'precious');
    const manifest = JSON.parse(text(join(out, 'manifest.json')));
    const hash = createHash('sha256').update('precious').digest('hex');
    manifest.files['virq@x/../../precious.svg'] = hash;
    writeFileSync(join(out, 'manifest.json'), JSON.stringify(manifest));
    await runHere(file, out).catch(() => {});
    await quietly(() => reportCommand(out, { quiet: true }));
    expect(text(plot)).toBe('precious');
  });

  it('that new ones do not have stay if somebody has changed them', async () => {
    const { out } = folders();
    cpSync(whole, out, { recursive: true });
    writeFileSync(join(out, 'samples.csv.gz'), 'mine');
    await runHere(studyFile(SMALL.replace('samples: true', '')), out);
    expect(text(join(out, 'samples.csv.gz'))).toBe('mine');
  });

  it('that appear while a study runs are not overwritten, and nothing is lost', async () => {
    const { out } = folders();
    const pool: typeof HERE = {
      ...HERE,
      run: (task) => {
        writeFileSync(join(out, 'summary.csv'), 'mine');
        return HERE.run(task);
      },
    };
    await expect(runHere(file, out, { pool })).rejects.toThrow(/summary\.csv/);
    expect(text(join(out, 'summary.csv'))).toBe('mine');
    expect(readdirSync(out).sort()).toEqual(['journal', 'summary.csv']);
    const moved = join(temporaryFolder(), 'out');
    cpSync(join(out, 'journal'), join(moved, 'journal'), { recursive: true });
    expect(await runHere(file, moved, { resume: true })).toBe(0);
    expect(contents(moved)).toEqual(expected);
  });
});

describe('what trace, import and submit write', () => {
  const bytes = [new TextEncoder().encode('new')];

  it('replaces what they wrote before, and nothing else', () => {
    const { out, precious } = folders();
    writeOutput(out, 'timeline.xen', ['old']);
    expect(strangersAmong(out, ['timeline.xen'])).toEqual([]);
    writeOutput(out, 'timeline.xen', bytes);
    expect(text(join(out, 'timeline.xen'))).toBe('new');
    writeFileSync(join(out, 'timeline.xen'), 'mine');
    const message = `${join(out, 'timeline.xen')}: it is not as it was written here`;
    expect(strangersAmong(out, ['timeline.xen'])).toEqual([expect.stringContaining(message)]);
    expect(() => writeOutput(out, 'timeline.xen', bytes)).toThrow(message);
    expect(text(join(out, 'timeline.xen'))).toBe('mine');
    symlinkSync(precious, join(out, 'workload.yaml'));
    expect(() => writeOutput(out, 'workload.yaml', bytes)).toThrow('it is no file');
    expect(text(precious)).toBe('precious');
    expect(readdirSync(join(out, '.preemptlab'))).toEqual(['written.json']);
  });

  it('follows no link on its way', () => {
    const { out, precious } = folders();
    mkdirSync(join(out, '.preemptlab'));
    symlinkSync(precious, join(out, '.preemptlab', 'timeline.xen.tmp'));
    symlinkSync(precious, join(out, '.writable'));
    expect(() => writeOutput(out, 'timeline.xen', bytes)).toThrow(/EEXIST/);
    expect(text(precious)).toBe('precious');
    const other = folders();
    symlinkSync(out, join(other.out, '.preemptlab'));
    expect(strangersAmong(other.out, ['x'])).toEqual([expect.stringContaining('it is no folder')]);
  });
});
