import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  FolderError,
  hashOfFile,
  kindOf,
  syncFolder,
  temporaryPath,
  writeNew,
  writeWhole,
} from './disk.ts';
import { readJson } from './read-study.ts';

/*
 * Files of commands that write a few files and no study (timelines, workloads, scripts). Beside them, in the folder
 * .preemptlab, is what of the folder is ours, and what is being written.
 */

const STAGING = '.preemptlab';
const WRITTEN = 'written.json';

/** By name: hashes of what was, or was about to be, written. */
const writtenSchema = z.record(z.string(), z.array(z.string()));
type Written = z.output<typeof writtenSchema>;

/** What stands in a folder under one of the names and is not ours to replace, for people. */
export function strangersAmong(folder: string, names: readonly string[]): string[] {
  const staging = join(folder, STAGING);
  const kind = kindOf(staging);
  if (kind !== undefined && kind !== 'folder') return [`${staging}: it is no folder`];
  const written = readWritten(staging);
  return names
    .map((name) => ({ name, path: join(folder, name) }))
    .filter(({ name, path }) => {
      if (kindOf(path) === undefined) return false;
      const hash = hashOfFile(path);
      return hash === undefined || !(Object.hasOwn(written, name) && written[name].includes(hash));
    })
    .map(({ path }) => {
      const what = kindOf(path) === 'file' ? 'it is not as it was written here' : 'it is no file';
      return `${path}: ${what}: move it away, or name another folder`;
    });
}

/**
 * Writes a file so that it is there whole or not at all, in place of one of ours only.
 * @throws Error if it cannot be written, or if something that is not ours stands there
 */
export function writeOutput(
  folder: string,
  name: string,
  pieces: Iterable<string | Uint8Array>,
): void {
  const staging = join(folder, STAGING);
  if (kindOf(staging) === undefined) mkdirSync(staging);
  const temporary = temporaryPath(staging, name);
  try {
    const hash = writeNew(temporary, pieces);
    const strangers = strangersAmong(folder, [name]);
    if (strangers.length > 0) throw new FolderError(strangers.join('\n'));
    const written = readWritten(staging);
    const before = Object.hasOwn(written, name) ? written[name] : [];
    note(staging, { ...written, [name]: [...before, hash] });
    renameSync(temporary, join(folder, name));
    syncFolder(folder);
    note(staging, { ...written, [name]: [hash] });
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function note(staging: string, written: Written): void {
  writeWhole(staging, WRITTEN, `${JSON.stringify(written, null, 2)}\n`);
}

function readWritten(staging: string): Written {
  const path = join(staging, WRITTEN);
  try {
    return writtenSchema.safeParse(kindOf(path) === 'file' ? readJson(path) : {}).data ?? {};
  } catch {
    return {};
  }
}
