import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeCommand } from '../../src/cli/merge.ts';
import { decodeRecord } from '../../src/results/decode-record.ts';
import { encodeRecord } from '../../src/results/record.ts';
import { contents, runHere } from '../batch/fixtures.ts';
import { asText, changed, originals, quietly } from '../batch/fuzzing.ts';
import { bounded, byteMutation, expectBoundedMemory, fuzz, jsonMutation } from '../fuzzing.ts';

const { part, expected, file } = await originals();

describe('a line that is no record', () => {
  it('is never taken for one', () => {
    const outcome = { ok: false, replication: 3, message: 'x' } as const;
    const line = encodeRecord({ cell: 'a', outcome }, 'key');
    expect(decodeRecord(line, 'key')?.outcome).toEqual(outcome);
    fc.assert(
      fc.property(
        fc.oneof(
          jsonMutation,
          fc.string().map((text) => () => text),
        ),
        (mutate) => {
          const text = mutate(line);
          const record = bounded(() => decodeRecord(text, 'key'));
          if (text !== line) expect(record).toBeUndefined();
        },
      ),
      fuzz(1000),
    );
  });
});

describe('a journal that was changed', () => {
  it.each(['records.jsonl', 'samples.bin'])(
    'in %s only costs work that is done again',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(byteMutation, async (mutate) => {
          const folder = changed(part, join('journal', name), mutate);
          await runHere(file, folder, { resume: true });
          expect(contents(folder)).toEqual(expected);
          rmSync(join(folder, '..'), { recursive: true });
        }),
        fuzz(60),
      );
      expectBoundedMemory();
    },
  );

  it('in study.json is refused or understood', async () => {
    await fc.assert(
      fc.asyncProperty(asText, async (mutate) => {
        const folder = changed(part, 'journal/study.json', mutate);
        const out = join(folder, '..', 'y');
        const { code, said } = await quietly(() => mergeCommand([folder], { out, quiet: true }));
        if (code !== 0) expect(said).toContain(folder);
        expect(readdirSync(join(folder, '..')).filter((name) => name !== 'y')).toEqual(['x']);
        expect(said).not.toMatch(/undefined \(reading|is not a function/);
        rmSync(join(folder, '..'), { recursive: true });
      }),
      fuzz(150),
    );
  });
});
