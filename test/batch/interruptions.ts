import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../cli/cli.ts';
import { tally } from '../tally.ts';
import { BUILT, withWorkers } from './built-pool.ts';
import { FAULTS, READS, withFault } from './faults.ts';
import { contents, interrupted, recorded, runHere, studyFile } from './fixtures.ts';

/** A study that takes no time, and what its results are. */
export const file = studyFile();
export const whole = join(temporaryFolder(), 'whole');
await runHere(file, whole);
export const expected = contents(whole);
export const ALL = recorded(whole);

const DEATHS = 'file operations before, within or after which the process dies';
const FAILURES = 'file operations that fail: full disk, I/O error, half-written';
const DYING_WORKER = pathToFileURL(resolve('test/batch/dying-worker.mjs')).href;

/** The process that left them is dead, it is only played by this one. */
function removeLocks(out: string): void {
  if (!existsSync(out)) return;
  for (const name of readdirSync(out)) if (name.startsWith('.lock-')) rmSync(join(out, name));
}

/** Cuts both files of the journal at so many places, in three ways each. */
export function losesOnlyWhatWasCut(places: number): void {
  it.each(['records.jsonl', 'samples.bin'])(
    'loses only what a power cut took, wherever it cut %s',
    async (name) => {
      const source = join(temporaryFolder(), 'out');
      await interrupted(file, source, 4);
      const bytes = readFileSync(join(source, 'journal', name));
      const step = Math.max(1, Math.floor(bytes.length / places));
      for (let cut = bytes.length - 1; cut >= 0; cut -= step) {
        for (const damage of ['missing', 'zeros', 'garbage']) {
          const out = join(temporaryFolder(), 'out');
          await interrupted(file, out, 4);
          const path = join(out, 'journal', name);
          const tail = bytes.length - cut;
          truncateSync(path, cut);
          if (damage !== 'missing') {
            const fill = damage === 'zeros' ? Buffer.alloc(tail) : Buffer.alloc(tail, '{"cell":');
            writeFileSync(path, Buffer.concat([bytes.subarray(0, cut), fill]));
          }
          const again = await runHere(file, out, { resume: true });
          // What was there may have been zeros, and of a line that has only lost its end nothing is lost.
          const harmless = damage === 'zeros' || (damage === 'missing' && tail === 1);
          expect(again).toBeGreaterThanOrEqual(ALL.length - 4 + (harmless ? 0 : 1));
          expect(again).toBeLessThanOrEqual(ALL.length);
          expect(contents(out)).toEqual(expected);
          tally('journals of which a power cut took the end', 1);
        }
      }
    },
  );
}

/** Makes every `stride`th file operation fail in every way, in a run, a resumed run and an extension. */
export function losesNothing(stride: number): void {
  describe('whatever goes wrong at whatever file operation', () => {
    const scenarios = {
      'of a run': { prepare: async (_: string) => {}, how: {} },
      'of a resumed run': {
        prepare: (out: string) => interrupted(file, out, 2),
        how: { resume: true },
      },
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
        // Other operations for every kind of fault.
        for (let at = FAULTS.indexOf(fault) % stride; at < operations; at += stride) {
          const out = join(temporaryFolder(), 'out');
          await prepare(out);
          const { error, name: operation } = await withFault(at, fault, () =>
            runHere(file, out, how),
          );
          // Only what is read may be missing without notice, and then without consequence. How often is flushed in the
          // background differs, so that the last operations may not come.
          if (operation !== '' && !READS.includes(operation))
            expect(error, `${fault} at ${operation}`).toBeDefined();
          removeLocks(out);
          await runHere(file, out, { resume: true });
          expect(contents(out), `${fault} at operation ${at}, ${operation}`).toEqual(expected);
          if (operation !== '') tally(fault.startsWith('dies') ? DEATHS : FAILURES, 1);
        }
      });
    }
  });
}

/** Each worker dies at this step of its work, and those in place of it too. */
export function losesNothingToWorkers(steps: readonly number[]): void {
  it.each(steps)('whose workers all die at their step %i, and then again', async (step) => {
    const out = join(temporaryFolder(), 'out');
    let made = 0;
    const done = await withWorkers(
      (options) => ({
        ...options,
        execArgv: [...(options.execArgv ?? []), '--import', DYING_WORKER],
        env: { ...process.env, DIES_AT: String(step) },
      }),
      () => made++,
      async () => {
        const pool = BUILT.startPool(2);
        const count = await runHere(file, out, { pool });
        await pool.close();
        return count;
      },
    );
    // What was not done was tried three times.
    expect(made).toBeGreaterThanOrEqual(2 + 3 * (ALL.length - done) - 2);
    if (done < ALL.length)
      expect(await runHere(file, out, { resume: true })).toBe(ALL.length - done);
    expect(contents(out)).toEqual(expected);
    expect(recorded(out)).toEqual(ALL);
    tally('steps of their work at which all workers die', 1);
  });
}
