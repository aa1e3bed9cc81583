import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../cli/cli.ts';
import { contents, interrupted, runHere, studyFile } from './fixtures.ts';
import {
  ALL,
  expected,
  file,
  losesNothing,
  losesNothingToWorkers,
  losesOnlyWhatWasCut,
  whole,
} from './interruptions.ts';

it('the study has samples', () => {
  expect(readFileSync(join(whole, 'samples.csv.gz')).length).toBeGreaterThan(500);
});

describe('a run that was interrupted', () => {
  it('leaves its journal and no results, and is completed by --resume', async () => {
    const out = join(temporaryFolder(), 'out');
    await interrupted(file, out, 2);
    expect(readdirSync(out)).toEqual(['journal']);
    expect(await runHere(file, out, { resume: true })).toBe(ALL.length - 2);
    expect(contents(out)).toEqual(expected);
    expect(ALL).toHaveLength(new Set(ALL).size);
  });

  it('is not begun anew by mistake', async () => {
    const out = join(temporaryFolder(), 'out');
    await interrupted(file, out, 1);
    await expect(runHere(file, out)).rejects.toThrow(/unfinished work.*--resume/);
    expect(await runHere(file, out, { resume: true })).toBe(ALL.length - 1);
  });
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
    await expect(runHere(file, out, { resume: true })).rejects.toThrow(
      /samples\.csv\.gz: it is not as a run has written it/,
    );
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

// A few places; interrupted.slow.test.ts has many.
losesOnlyWhatWasCut(2);
losesNothing(97);
losesNothingToWorkers([9]);
