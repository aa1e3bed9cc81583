import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { mergeCommand } from '../../src/cli/merge.ts';
import { reportCommand } from '../../src/cli/report.ts';
import { version } from '../../src/cli/version.ts';
import { HEADER } from '../../src/results/journal-folder.ts';
import { fromJournalLine, journalLine } from '../../src/results/journal-line.ts';
import { withFault } from '../batch/faults.ts';
import { contents, keyOf, recorded, runHere, SMALL, studyFile } from '../batch/fixtures.ts';
import { temporaryFolder } from './cli.ts';

const file = studyFile();
const whole = join(temporaryFolder(), 'whole');
await runHere(file, whole);
const expected = contents(whole);

/** Runs some of three shards, each into a folder of its own. */
async function shards(indices: readonly number[], study = file): Promise<string[]> {
  const folder = temporaryFolder();
  const outs: string[] = [];
  for (const index of indices) {
    const out = join(folder, `part-${index}`);
    await runHere(study, out, { shard: { index, count: 3 } });
    outs.push(out);
  }
  return outs;
}

/** Calls a command, and gathers what it says on stderr. */
async function call(command: () => Promise<number>): Promise<{ code: number; stderr: string }> {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const code = await command();
    return { code, stderr: error.mock.calls.flat().join('\n') };
  } finally {
    error.mockRestore();
  }
}

const merge = (folders: readonly string[], out = join(temporaryFolder(), 'out')) =>
  call(() => mergeCommand(folders, { out, quiet: true })).then((result) => ({ ...result, out }));

describe('preemptlab merge', () => {
  it.each([[[0, 1, 2]], [[2, 0, 1]]])(
    'makes the bytes of a run on one machine: %j',
    async (order) => {
      const { code, out } = await merge(await shards(order));
      expect(code).toBe(0);
      expect(contents(out)).toEqual(expected);
    },
  );

  it('takes the same replication twice, from complete results and unfinished ones', async () => {
    const { code, out } = await merge([...(await shards([1])), ...(await shards([1, 2])), whole]);
    expect(code).toBe(0);
    expect(contents(out)).toEqual(expected);
    expect(recorded(out)).toHaveLength(6);
  });

  it('tells what is missing, and leaves nothing', async () => {
    const { code, stderr, out } = await merge(await shards([0, 2]));
    expect(code).toBe(1);
    expect(stderr).toContain('2 replications missing');
    expect(stderr).toContain('upstream, replication 1');
    expect(stderr).toContain('never, replication 1');
    expect(readdirSync(out)).toEqual([]);
  });

  it('names both folders that have different results of a replication', async () => {
    const parts = await shards([0, 1, 2]);
    const path = join(parts[1], 'journal', 'records.jsonl');
    const [, line] = readFileSync(path, 'utf8').split('\n');
    // A record that is whole, but not what the simulator says.
    const { encodeRecord } = await import('../../src/results/record.ts');
    const { decodeRecord } = await import('../../src/results/decode-record.ts');
    const key = keyOf(join(parts[1], 'journal'), 'study.json');
    const place = fromJournalLine(line);
    const record = decodeRecord(place.line, key);
    if (record === undefined || !record.outcome.ok) throw new Error('no record');
    const counters = { ...record.outcome.result.counters, events: 1 };
    const forged = {
      ...record,
      outcome: { ...record.outcome, result: { ...record.outcome.result, counters } },
    };
    const { bytes } = record.samples ?? { bytes: 0 };
    const lines = [HEADER, journalLine(encodeRecord(forged, key), place.at, bytes), ''];
    writeFileSync(path, lines.join('\n'));
    const { code, stderr } = await merge([...parts, whole]);
    expect(code).toBe(2);
    expect(stderr).toContain(`replication 1: ${parts[1]} and ${whole} have different results`);
  });

  it.each([
    ['seed', SMALL.replace('seed: 7', 'seed: 8'), /seed 8, not 7/],
    ['experiment', SMALL.replace('mean: 300us', 'mean: 200us'), /another experiment/],
    [
      'number of replications',
      SMALL.replace('replications: 3', 'replications: 4'),
      /4 repl.*not 3/,
    ],
    ['text', SMALL.replace('Does it', 'Why does it'), /experiment files differ/],
  ])('refuses parts of another %s', async (_, text, message) => {
    const [first] = await shards([0]);
    const [other] = await shards([1], studyFile(text));
    const { code, stderr, out } = await merge([first, other]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(other);
    expect(existsSync(out)).toBe(false);
  });

  it('refuses parts made by another version', async () => {
    const [first, other] = await shards([0, 1]);
    const path = join(other, 'journal', 'study.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(`"${version()}"`, '"0.0.1"'));
    const said = `made by preemptlab 0.0.1, this is ${version()}`;
    expect((await merge([first, other])).stderr).toContain(said);
  });

  it('says so if --out is one of the folders, and leaves it', async () => {
    const [first, other] = await shards([0, 1]);
    const before = contents(join(first, 'journal'));
    const { code, stderr } = await merge([first, other], `${first}/.`);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--out .* is one of the folders/)]);
    expect(contents(join(first, 'journal'))).toEqual(before);
  });

  it.each(['ENOSPC', 'dies before', 'dies after'] as const)(
    'can be repeated whatever goes wrong on its way: %s',
    async (fault) => {
      const parts = await shards([0, 1, 2]);
      let failures = 0;
      for (let at = 0; at < 60; at += 7) {
        const out = join(temporaryFolder(), 'out');
        const said = vi.spyOn(console, 'error').mockImplementation(() => {});
        let code: number | undefined;
        const { name } = await withFault(
          at,
          fault,
          async () => {
            code = await mergeCommand(parts, { out, quiet: true });
          },
          ['writeSync', 'renameSync', 'fsyncSync'],
        );
        if (fault === 'ENOSPC' && name === 'writeSync' && code !== 0) {
          failures++;
          // What could not be written is in the new folder, not in a source.
          const message = said.mock.calls.flat().join('\n');
          expect(message).toContain(`'${out}`);
          for (const part of parts) expect(message).not.toContain(part);
        }
        said.mockRestore();
        for (const entry of existsSync(out) ? readdirSync(out) : []) {
          if (entry.startsWith('.lock-')) rmSync(join(out, entry));
        }
        const again = await merge(parts, out);
        expect([again.code, again.stderr], `${fault} at ${name} ${at}`).toEqual([0, '']);
        expect(contents(out)).toEqual(expected);
      }
      if (fault === 'ENOSPC') expect(failures).toBeGreaterThan(0);
    },
  );

  it('refuses folders without results', async () => {
    const { code, stderr } = await merge([whole, temporaryFolder()]);
    expect(code).toBe(2);
    expect(stderr).toContain('manifest.json');
  });
});

describe('preemptlab report', () => {
  it('makes the same files again', async () => {
    const out = join(temporaryFolder(), 'out');
    cpSync(whole, out, { recursive: true });
    for (const name of ['summary.csv', 'answer.md', 'flush.svg']) rmSync(join(out, name));
    const { code } = await call(() => reportCommand(out, { quiet: true }));
    expect(code).toBe(0);
    expect(contents(out)).toEqual(expected);
  });

  it('says so if replications missing, and keeps those that are there', async () => {
    const [part] = await shards([0]);
    const { code, stderr } = await call(() => reportCommand(part, { quiet: true }));
    expect(code).toBe(1);
    expect(stderr).toContain('2 of 6 replications done');
    expect(readdirSync(part)).toEqual(['journal']);
  });

  it('refuses results without their replications', async () => {
    const out = join(temporaryFolder(), 'out');
    cpSync(whole, out, { recursive: true });
    rmSync(join(out, 'records.jsonl.gz'));
    const { code, stderr } = await call(() => reportCommand(out, { quiet: true }));
    expect(code).toBe(2);
    expect(stderr).toContain('records.jsonl.gz');
  });
});
