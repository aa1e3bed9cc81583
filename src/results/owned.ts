import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { FolderError, hashOfFile, kindOf, syncFolder, temporaryPath, writeWhole } from './disk.ts';
import { isFileName, MANIFEST } from './file-names.ts';
import { journalFolder, OWNED_FILE } from './journal-folder.ts';
import { readJson, readStudy } from './read-study.ts';

/** By name: hashes of files that stand in a results folder by our doing. */
type Owned = ReadonlyMap<string, ReadonlySet<string>>;

const ownedSchema = z.record(z.string(), z.array(z.string()));

/**
 * What is ours in a results folder: the files that its manifest names, with the content it names; the manifest itself;
 * and what an interrupted completion has put there or was about to replace, as its journal knows.
 */
function ownedIn(out: string): Owned {
  const owned = new Map<string, Set<string>>();
  const add = (name: string, hash: string | undefined) => {
    if (hash === undefined || !isFileName(name)) return;
    owned.set(name, (owned.get(name) ?? new Set()).add(hash));
  };
  const manifest = readStudy(out, MANIFEST);
  if (manifest.ok) {
    for (const [name, hash] of manifest.files) add(name, hash);
    add(MANIFEST, hashOfFile(join(out, MANIFEST)));
  }
  for (const [name, hashes] of Object.entries(journalsOwned(out))) {
    for (const hash of hashes) add(name, hash);
  }
  return owned;
}

function journalsOwned(out: string): Record<string, string[]> {
  const path = join(journalFolder(out), OWNED_FILE);
  try {
    const checked = kindOf(path) === 'file' ? ownedSchema.safeParse(readJson(path)) : undefined;
    return checked?.data ?? {};
  } catch {
    return {};
  }
}

/** What stands in `out` under one of the names and is not ours to replace, for people. */
export function strangersIn(out: string, names: readonly string[]): string[] {
  const owned = ownedIn(out);
  return names
    .filter((name) => kindOf(join(out, name)) !== undefined && !isOwned(out, name, owned))
    .map((name) => {
      const path = join(out, name);
      const what = kindOf(path) === 'file' ? 'it is not as a run has written it' : 'it is no file';
      return `${path}: ${what}: move it away, or name another folder`;
    });
}

function isOwned(out: string, name: string, owned: Owned): boolean {
  const hash = hashOfFile(join(out, name));
  return hash !== undefined && (owned.get(name)?.has(hash) ?? false);
}

/**
 * Puts complete results in place of earlier ones. All new files are in the journal's folder. While they are moved there is no
 * manifest in `out`, so that files of two runs are never taken for results of one.
 * @param hashes - of the new files by name, the manifest's among them
 * @throws Error if something that is not ours stands in the way
 */
export function placeResults(out: string, hashes: ReadonlyMap<string, string>): void {
  const names = [...hashes.keys()];
  const strangers = strangersIn(out, names);
  if (strangers.length > 0) throw new FolderError(strangers.join('\n'));
  const owned = ownedIn(out);
  const known = new Map([...owned].map(([name, set]) => [name, [...set]]));
  for (const [name, hash] of hashes) {
    known.set(name, [...new Set([...(known.get(name) ?? []), hash])]);
  }
  const folder = journalFolder(out);
  writeWhole(folder, OWNED_FILE, `${JSON.stringify(Object.fromEntries(known), null, 2)}\n`);
  if (kindOf(join(out, MANIFEST)) !== undefined) rmSync(join(out, MANIFEST));
  syncFolder(out);
  const place = (name: string) => renameSync(temporaryPath(folder, name), join(out, name));
  for (const name of names) if (name !== MANIFEST) place(name);
  // What earlier results had and these have not.
  for (const name of owned.keys()) {
    if (!hashes.has(name) && isOwned(out, name, owned)) rmSync(join(out, name));
  }
  syncFolder(out);
  place(MANIFEST);
  syncFolder(out);
}
