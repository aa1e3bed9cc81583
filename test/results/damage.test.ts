import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { mergeCommand } from '../../src/cli/merge.ts';
import { reportCommand } from '../../src/cli/report.ts';
import { decodeRecord } from '../../src/results/decode-record.ts';
import { Journal } from '../../src/results/journal.ts';
import { fromJournalLine, journalLine } from '../../src/results/journal-line.ts';
import { encodeRecord } from '../../src/results/record.ts';
import { withFault } from '../batch/faults.ts';
import {
  contents,
  experimentFrom,
  interrupted,
  keyOf,
  runHere,
  SMALL,
  studyFile,
  studyIn,
} from '../batch/fixtures.ts';
import { quietly } from '../batch/fuzzing.ts';
import { temporaryFolder } from '../cli/cli.ts';

const file = studyFile();
const whole = join(temporaryFolder(), 'whole');
await runHere(file, whole);
const expected = contents(whole);
const otherSeed = join(temporaryFolder(), 'seed-8');
await runHere(studyFile(SMALL.replace('seed: 7', 'seed: 8')), otherSeed);

const report = (folder: string) => quietly(() => reportCommand(folder, { quiet: true }));

/** A copy of complete results with another file of records, whose hash the manifest has. */
function withRecords(bytes: Buffer): string {
  const out = join(temporaryFolder(), 'out');
  cpSync(whole, out, { recursive: true });
  writeFileSync(join(out, 'records.jsonl.gz'), bytes);
  const manifest = join(out, 'manifest.json');
  const hash = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(
    manifest,
    readFileSync(manifest, 'utf8').replace(expected['records.jsonl.gz'], hash),
  );
  return out;
}

const records = () => gunzipSync(readFileSync(join(whole, 'records.jsonl.gz'))).toString();

/** An interrupted study: `count` replications are in its journal, or all. */
async function unfinished(count?: number): Promise<{ out: string; path: string; bytes: Buffer }> {
  const out = join(temporaryFolder(), 'out');
  if (count === undefined) await runHere(file, out, { shard: { index: 0, count: 1 } });
  else await interrupted(file, out, count);
  const path = join(out, 'journal', 'records.jsonl');
  return { out, path, bytes: readFileSync(path) };
}

describe('a damaged line of a journal', () => {
  it('costs one line, wherever it is, and is told; what was there stays there', async () => {
    const { bytes } = await unfinished();
    const ends = [...bytes.keys()].filter((at) => bytes[at] === 10);
    // The middle of every line; of the first, which says what the file is, nothing is lost.
    for (const [line, end] of ends.entries()) {
      const at = Math.floor((end + (ends[line - 1] ?? 0)) / 2);
      const { out, path } = await unfinished();
      const flipped = Buffer.from(bytes);
      flipped[at] ^= 4;
      writeFileSync(path, flipped);
      const before = await report(out);
      expect(before.said).toContain('a line of its journal cannot be used');
      expect(before.code).toBe(line === 0 ? 0 : 1);
      if (line > 0) {
        expect(before.said).toContain('5 of 6 replications done');
        expect(readFileSync(path).equals(flipped)).toBe(true);
        expect(await runHere(file, out, { resume: true })).toBe(1);
      }
      expect(contents(out)).toEqual(expected);
    }
    expect(ends).toHaveLength(7);
  }, 60_000);

  it('is done again, and is not written over', async () => {
    const { out, path, bytes } = await unfinished(4);
    const flipped = Buffer.from(bytes);
    flipped[200] ^= 1;
    writeFileSync(path, flipped);
    await runHere(file, out, { resume: true, stopAfter: 1 });
    expect(readFileSync(path).subarray(0, bytes.length).equals(flipped)).toBe(true);
    await runHere(file, out, { resume: true });
    expect(contents(out)).toEqual(expected);
  });

  it('in a shard is told by merge, which goes on', async () => {
    const { out, path, bytes } = await unfinished(4);
    bytes[200] ^= 1;
    writeFileSync(path, bytes);
    const to = join(temporaryFolder(), 'out');
    const { code, said } = await quietly(() =>
      mergeCommand([out, whole], { out: to, quiet: true }),
    );
    expect([code, said]).toEqual([0, expect.stringMatching(`${out}: a line of its journal`)]);
    expect(contents(to)).toEqual(expected);
  });

  it('that is very long is passed over', async () => {
    const { out, path, bytes } = await unfinished(4);
    const [header, ...lines] = bytes.toString().split('\n');
    writeFileSync(path, [header, 'x'.repeat(3e6), ...lines].join('\n'));
    const { said } = await report(out);
    expect(said).toContain('4 of 6 replications done');
    expect(said).toContain('a line of its journal');
  });
});

describe('report', () => {
  it('does not take a replication out of range for one that is missing', async () => {
    const { out, path, bytes } = await unfinished();
    const key = keyOf(join(out, 'journal'), 'study.json');
    const lines = bytes.toString().split('\n');
    const { line, at } = fromJournalLine(lines[1]);
    const record = decodeRecord(line, key);
    if (record === undefined) throw new Error('no record');
    for (const replication of [3, 1e9]) {
      const forged = { ...record, outcome: { ...record.outcome, replication } };
      lines[1] = journalLine(encodeRecord(forged, key), at, record.samples?.bytes ?? 0);
      writeFileSync(path, lines.join('\n'));
      const { code, said } = await report(out);
      expect([code, said]).toEqual([1, expect.stringContaining('5 of 6 replications done')]);
      expect(records()).toContain(line);
      const finished = withRecords(
        gzipSync(records().replace(line, () => encodeRecord(forged, key))),
      );
      expect((await report(finished)).said).toMatch(/line \d is of no replication of this study/);
    }
  });

  it('says what is missing in complete results, and leaves them as they were', async () => {
    const out = withRecords(gzipSync(records().split('\n').slice(2).join('\n')));
    const samples = join(out, 'samples.csv.gz');
    rmSync(samples);
    const before = contents(out);
    expect((await report(out)).said).toContain('samples.csv.gz');
    expect(contents(out)).toEqual(before);
  });
});

describe('records of another study', () => {
  const theirs = () => readFileSync(join(otherSeed, 'records.jsonl.gz'));

  it('are refused: the manifest knows its records', async () => {
    const out = join(temporaryFolder(), 'out');
    cpSync(whole, out, { recursive: true });
    writeFileSync(join(out, 'records.jsonl.gz'), theirs());
    const what = 'records.jsonl.gz: it is not the file that manifest.json belongs to';
    expect((await report(out)).said).toContain(what);
    const resumed = runHere(file, out, { resume: true });
    await expect(resumed).rejects.toThrow('records.jsonl.gz: it is not as a run has written it');
    const to = join(temporaryFolder(), 'to');
    const { code, said } = await quietly(() => mergeCommand([out], { out: to, quiet: true }));
    expect([code, said]).toEqual([2, expect.stringContaining(what)]);
  });

  it('are refused: each knows its study', async () => {
    const out = withRecords(theirs());
    const { code, said } = await report(out);
    expect([code, said]).toEqual([
      2,
      `${join(out, 'records.jsonl.gz')}: line 1 is damaged, or not of this study`,
    ]);
    const { out: journal, path } = await unfinished(3);
    const line = gunzipSync(theirs()).toString().split('\n')[0];
    writeFileSync(path, `${line}\n`);
    expect((await report(journal)).said).toContain('0 of 6 replications done');
  });

  it('are refused if a line changes after it was found', async () => {
    const { out, path, bytes } = await unfinished(3);
    const study = studyIn(join(out, 'journal'), 'study.json');
    const journal = await Journal.open(out, study, experimentFrom(file), false);
    bytes[200] ^= 1;
    writeFileSync(path, bytes);
    const { replication } = await import('../../src/results/record.ts').then(({ outcomeOf }) =>
      outcomeOf(fromJournalLine(bytes.toString().split('\n')[2]).line),
    );
    expect(journal.index.size).toBe(3);
    const all = [0, 1].flatMap((cell) =>
      [...journal.index.replications(cell)].map((found) => [cell, found] as const),
    );
    expect(all.map(([, found]) => found)).toContain(replication);
    expect(() => all.map(([cell, found]) => journal.line(cell, found))).toThrow(
      'something else has changed it',
    );
    await journal.close();
  });
});

describe('a description that was changed', () => {
  it.each([
    ['the seed', /"seed": 7/, '"seed": 8', /seed is 8, but that of its experiment is 7/],
    ['the replications', /"replications": 3/, '"replications": 2', /replications is 2, but .* 3/],
    ['the identity', /"identity": "./, '"identity": "', /identity: .*|identity is/],
    ['the experiment', /period: 1ms/, 'period: 2ms', /sha256 is not the hash/],
    ['the version', /"preemptlab": "[\d.]+"/, '"preemptlab": "0.0.1"', /preemptlab 0\.0\.1, and/],
  ])('in %s is not believed', async (_, from, to, message) => {
    const out = join(temporaryFolder(), 'out');
    cpSync(whole, out, { recursive: true });
    const path = join(out, 'manifest.json');
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(from);
    writeFileSync(path, text.replace(from, to));
    const { code, said } = await report(out);
    expect([code, said]).toEqual([2, expect.stringMatching(message)]);
    const merged = await quietly(() =>
      mergeCommand([out], { out: join(temporaryFolder(), 'to'), quiet: true }),
    );
    expect([merged.code, merged.said]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('files of two runs', () => {
  it('are never beside a manifest of one: killed at any rename', async () => {
    const longer = studyFile(SMALL.replace('duration: 6ms', 'duration: 7ms'));
    vi.spyOn(console, 'error').mockImplementation(() => {});
    let killed = 0;
    for (const fault of ['dies before', 'dies after'] as const) {
      for (let at = 0; ; at++) {
        const out = join(temporaryFolder(), 'out');
        cpSync(whole, out, { recursive: true });
        const { name } = await withFault(at, fault, () => runHere(longer, out), ['renameSync']);
        if (name === '') break;
        killed++;
        const now = contents(out, (entry) => entry !== 'journal' && !entry.startsWith('.lock-'));
        if (now['manifest.json'] === undefined) continue;
        const { files } = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
        const { 'manifest.json': _, ...others } = now;
        expect(others).toEqual(files);
      }
    }
    vi.restoreAllMocks();
    expect(killed).toBeGreaterThan(20);
  }, 120_000);
});
