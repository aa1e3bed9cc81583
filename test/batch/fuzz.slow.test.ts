import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportCommand } from '../../src/cli/report.ts';
import { temporaryFolder } from '../cli/cli.ts';
import { byteMutation, expectBoundedMemory, fuzz } from '../fuzzing.ts';
import { contents } from './fixtures.ts';
import { asText, changed, originals, quietly } from './fuzzing.ts';

/** What may be a hash. */
const HASH = 'a'.repeat(64);

const { whole, part, expected } = await originals();

describe('results that were changed', () => {
  it.each(['records.jsonl.gz', 'samples.csv.gz'])(
    'in %s are refused, or make the same files again',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(byteMutation, async (mutate) => {
          const folder = changed(whole, name, mutate);
          const { code, said } = await quietly(() => reportCommand(folder, { quiet: true }));
          if (code === 0) expect(contents(folder)).toEqual(expected);
          else expect(said).toContain(folder);
          expect(readdirSync(join(folder, '..'))).toEqual(['x']);
          rmSync(join(folder, '..'), { recursive: true });
        }),
        fuzz(60),
      );
      expectBoundedMemory();
    },
  );

  it('in manifest.json are refused or understood, and nothing outside is touched', async () => {
    const codes = new Set<number>();
    await fc.assert(
      fc.asyncProperty(asText, async (mutate) => {
        const folder = changed(whole, 'manifest.json', mutate);
        const { code, said } = await quietly(() => reportCommand(folder, { quiet: true }));
        codes.add(code);
        if (code !== 0) expect(said).toContain(folder);
        expect(said).not.toMatch(/undefined \(reading|is not a function/);
        expect(readdirSync(join(folder, '..'))).toEqual(['x']);
        rmSync(join(folder, '..'), { recursive: true });
      }),
      fuzz(150),
    );
    expect([...codes].sort()).toContain(2);
    expectBoundedMemory();
  });
});

describe('a results folder from a stranger', () => {
  it('cannot make the program write or delete elsewhere', async () => {
    const outside = join(temporaryFolder(), 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'precious'), 'x');
    const before = contents(outside);

    const links = changed(whole, 'manifest.json', (bytes) =>
      Buffer.from(
        bytes
          .toString()
          .replace(
            '"files": {',
            `"files": {"../../precious": "${HASH}", "${outside}/precious": "${HASH}",`,
          ),
      ),
    );
    rmSync(join(links, 'summary.csv'));
    symlinkSync(join(outside, 'precious'), join(links, 'summary.csv'));
    const refused = await quietly(() => reportCommand(links, { quiet: true }));
    expect(refused.code).toBe(2);
    expect(refused.said).toContain(join(links, 'summary.csv'));
    expect(contents(outside)).toEqual(before);
    rmSync(join(links, 'summary.csv'));
    expect((await quietly(() => reportCommand(links, { quiet: true }))).code).toBe(0);
    expect(contents(outside)).toEqual(before);
    expect(contents(links)).toEqual(expected);

    const journal = changed(whole, 'manifest.json', (bytes) => bytes);
    symlinkSync(outside, join(journal, 'journal'));
    const { code, said } = await quietly(() => reportCommand(journal, { quiet: true }));
    expect(code).toBe(2);
    expect(said).toContain('it is no folder');
    expect(contents(outside)).toEqual(before);

    const inside = changed(part, 'journal/records.jsonl', (bytes) => bytes);
    rmSync(join(inside, 'journal', 'records.jsonl'));
    symlinkSync(join(outside, 'precious'), join(inside, 'journal', 'records.jsonl'));
    await quietly(() => reportCommand(inside, { quiet: true }));
    expect(contents(outside)).toEqual(before);
  });

  it('with a bomb for records is refused in little memory', async () => {
    const { gzipSync } = await import('node:zlib');
    const bomb = gzipSync(Buffer.alloc(300e6, 'x'));
    const folder = changed(whole, 'records.jsonl.gz', () => bomb);
    const other = await quietly(() => reportCommand(folder, { quiet: true }));
    expect(other.code).toBe(2);
    expect(other.said).toContain('it is not the file that manifest.json belongs to');
    const path = join(folder, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    manifest.files['records.jsonl.gz'] = createHash('sha256').update(bomb).digest('hex');
    writeFileSync(path, JSON.stringify(manifest));
    const { code, said } = await quietly(() => reportCommand(folder, { quiet: true }));
    expect(code).toBe(2);
    expect(said).toContain('line 1 is damaged');
    expect(process.memoryUsage().rss / 1e6).toBeLessThan(900);
  });

  it('with a manifest that is nested deeply is refused in little time', async () => {
    const folder = changed(whole, 'manifest.json', () => Buffer.from('['.repeat(10e6)));
    const { code, said } = await quietly(() => reportCommand(folder, { quiet: true }));
    const problem = 'it is nested deeper than 8 levels';
    expect([code, said]).toEqual([2, `${join(folder, 'manifest.json')}: ${problem}`]);
    expectBoundedMemory();
  });

  it('with a manifest of a million mistakes is refused in little time', async () => {
    const folder = changed(whole, 'manifest.json', (bytes) => {
      const mistakes = `"overrides": [${'1,'.repeat(1e6)}1]`;
      return Buffer.from(bytes.toString().replace(/"overrides": \[\]/, mistakes));
    });
    const { code, said } = await quietly(() => reportCommand(folder, { quiet: true }));
    expect([code, said]).toEqual([
      2,
      `${join(folder, 'manifest.json')}: experiment.overrides: expected a list of at most 10000 texts`,
    ]);
  });
});
