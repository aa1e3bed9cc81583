import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../cli/cli.ts';
import { FAULTS, withFault } from './faults.ts';
import { contents, HERE, recorded, runHere, studyFile } from './fixtures.ts';

/** Every how manieth file operation is made to fail. */
const STRIDE = Number(process.env.FAULT_STRIDE ?? 6);

const file = studyFile();
const whole = join(temporaryFolder(), 'whole');
await runHere(file, whole);
const expected = contents(whole);
const ALL = recorded(whole);

it('the study has samples', () => {
  expect(readFileSync(join(whole, 'samples.csv.gz')).length).toBeGreaterThan(500);
});

/** Runs until `count` replications are done, as if Ctrl-C came then. */
async function interrupted(out: string, count: number): Promise<void> {
  const pool: typeof HERE = {
    ...HERE,
    run: (task) => HERE.run({ ...task, replications: task.replications.slice(0, 1) }),
  };
  await runHere(file, out, { pool, stopAfter: count });
}

describe('a run that was interrupted', () => {
  it('leaves its journal and no results, and is completed by --resume', async () => {
    const out = join(temporaryFolder(), 'out');
    await interrupted(out, 2);
    expect(readdirSync(out)).toEqual(['journal']);
    expect(await runHere(file, out, { resume: true })).toBe(ALL.length - 2);
    expect(contents(out)).toEqual(expected);
    expect(ALL).toHaveLength(new Set(ALL).size);
  });

  it('is not begun anew by mistake', async () => {
    const out = join(temporaryFolder(), 'out');
    await interrupted(out, 1);
    await expect(runHere(file, out)).rejects.toThrow(/unfinished work.*--resume/);
    expect(await runHere(file, out, { resume: true })).toBe(ALL.length - 1);
  });

  it.each(['records.jsonl', 'samples.bin'])(
    'loses only what a power cut took, wherever it cut %s',
    async (name) => {
      const source = join(temporaryFolder(), 'out');
      await interrupted(source, 4);
      const bytes = readFileSync(join(source, 'journal', name));
      const step = Math.max(1, Math.floor(bytes.length / 40));
      for (let cut = bytes.length - 1; cut >= 0; cut -= step) {
        for (const damage of ['missing', 'zeros', 'garbage']) {
          const out = join(temporaryFolder(), 'out');
          await interrupted(out, 4);
          const path = join(out, 'journal', name);
          const tail = bytes.length - cut;
          truncateSync(path, cut);
          if (damage !== 'missing') {
            const fill = damage === 'zeros' ? Buffer.alloc(tail) : Buffer.alloc(tail, '{"cell":');
            writeFileSync(path, Buffer.concat([bytes.subarray(0, cut), fill]));
          }
          const again = await runHere(file, out, { resume: true });
          // What was there may have been zeros.
          expect(again).toBeGreaterThanOrEqual(ALL.length - 4 + (damage === 'zeros' ? 0 : 1));
          expect(again).toBeLessThanOrEqual(ALL.length);
          expect(contents(out)).toEqual(expected);
        }
      }
    },
  );
});

describe('complete results', () => {
  it('are extended: only the new replications are carried out', async () => {
    const out = join(temporaryFolder(), 'out');
    await runHere(file, out);
    expect(await runHere(file, out, { resume: true, replications: 5 })).toBe(4);
    const fresh = join(temporaryFolder(), 'out');
    expect(await runHere(file, fresh, { replications: 5 })).toBe(10);
    expect(contents(out)).toEqual(contents(fresh));
  });

  it('are not shortened', async () => {
    const out = join(temporaryFolder(), 'out');
    await runHere(file, out);
    const less = runHere(file, out, { resume: true, replications: 2 });
    await expect(less).rejects.toThrow(/3 replications, more than the 2/);
    expect(contents(out)).toEqual(expected);
  });

  it('of another experiment or seed are not mixed in', async () => {
    const out = join(temporaryFolder(), 'out');
    await runHere(file, out);
    const text = readFileSync(file, 'utf8');
    const otherSeed = studyFile(text.replace('seed: 7', 'seed: 8'));
    await expect(runHere(otherSeed, out, { resume: true })).rejects.toThrow(/seed 7, not 8/);
    const otherCell = studyFile(text.replace('period: 1ms', 'period: 2ms'));
    await expect(runHere(otherCell, out, { resume: true })).rejects.toThrow(/another experiment/);
    expect(contents(out)).toEqual(expected);
  });

  it('that were damaged are refused', async () => {
    const out = join(temporaryFolder(), 'out');
    await runHere(file, out);
    const path = join(out, 'samples.csv.gz');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    await expect(runHere(file, out, { resume: true })).rejects.toThrow(/line 6.*damaged/);
  });

  it('lose no file of theirs to a run that fails, and keep none that new ones do not have', async () => {
    const out = join(temporaryFolder(), 'out');
    await runHere(file, out);
    const noSamples = studyFile(readFileSync(file, 'utf8').replace('samples: true', ''));
    await runHere(noSamples, out);
    expect(existsSync(join(out, 'samples.csv.gz'))).toBe(false);
    rmSync(out, { recursive: true });
  });
});

describe('whatever goes wrong at whatever file operation', () => {
  const scenarios = {
    'of a run': { prepare: async (_: string) => {}, how: {} },
    'of a resumed run': { prepare: (out: string) => interrupted(out, 2), how: { resume: true } },
    'of an extension': {
      prepare: async (out: string) => {
        await runHere(file, out, { replications: 2 });
      },
      how: { resume: true },
    },
  };
  for (const [name, { prepare, how }] of Object.entries(scenarios)) {
    it.each(FAULTS)(`${name}, nothing is lost: %s`, async (fault) => {
      const dry = join(temporaryFolder(), 'out');
      await prepare(dry);
      const { operations } = await withFault(-1, fault, () => runHere(file, dry, how));
      expect(contents(dry)).toEqual(expected);
      expect(operations).toBeGreaterThan(60);
      let failed = 0;
      let tried = 0;
      // Other operations for every kind of fault; FAULT_STRIDE=1 tries all.
      for (let at = FAULTS.indexOf(fault) % STRIDE; at < operations; at += STRIDE) {
        tried++;
        const out = join(temporaryFolder(), 'out');
        await prepare(out);
        const { error, name: operation } = await withFault(at, fault, () =>
          runHere(file, out, how),
        );
        if (error !== undefined) failed++;
        await runHere(file, out, { resume: true });
        expect(contents(out), `${fault} at operation ${at}, ${operation}`).toEqual(expected);
      }
      // Only what has no consequence may go wrong without notice.
      expect(failed / tried).toBeGreaterThan(0.8);
    });
  }
});
