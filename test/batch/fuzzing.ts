import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { temporaryFolder } from '../cli/cli.ts';
import { jsonMutation } from '../fuzzing.ts';
import { contents, runHere, SMALL, studyFile } from './fixtures.ts';

/** Calls a command of which nothing is printed. @returns its exit code, and what it would have said */
export async function quietly(
  command: () => Promise<number>,
): Promise<{ code: number; said: string }> {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  const start = process.cpuUsage();
  try {
    const code = await command();
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(2000);
    return { code, said: error.mock.calls.flat().join('\n') };
  } finally {
    error.mockRestore();
  }
}

/** A copy of a folder, alone in a new one, in which one file was changed. */
export function changed(source: string, name: string, change: (bytes: Buffer) => Buffer): string {
  const folder = join(temporaryFolder(), 'x');
  cpSync(source, folder, { recursive: true });
  writeFileSync(join(folder, name), change(readFileSync(join(folder, name))));
  return folder;
}

/** A study's results, complete and as the journal of a shard that has all of them; and what the files hold when complete. */
export async function originals() {
  const file = studyFile(SMALL.replace('replications: 3', 'replications: 1'));
  const home = temporaryFolder();
  const [whole, part] = [join(home, 'whole'), join(home, 'part')];
  await runHere(file, whole);
  await runHere(file, part, { shard: { index: 0, count: 1 } });
  return { file, whole, part, expected: contents(whole) };
}

/** Changes to a file of JSON. */
export const asText = fc
  .array(jsonMutation, { minLength: 1, maxLength: 3 })
  .map((mutations) => (bytes: Buffer) => {
    return Buffer.from(mutations.reduce((text, mutate) => mutate(text), bytes.toString()));
  });
