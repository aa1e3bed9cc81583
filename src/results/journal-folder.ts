import { closeSync, fsyncSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  firstBytes,
  kindOf,
  makeFile,
  syncFolder,
  temporaryOf,
  writeAll,
  writeWhole,
} from './disk.ts';
import { isFileName } from './file-names.ts';
import type { Study } from './study.ts';

const FOLDER = 'journal';
/** Written last when a journal begins, removed first when it ends: it says that there is a journal. */
export const STUDY_FILE = 'study.json';
/** Made first when a journal begins, removed last: its first line says that the folder is a journal's. */
export const RECORDS_FILE = 'records.jsonl';
export const SAMPLES_FILE = 'samples.bin';
export const VALUES_FILE = 'values.bin';
/** Hashes of what may stand in the results folder by our doing. */
export const OWNED_FILE = 'owned.json';

/** The first line of the records. */
export const HEADER = '{"journal":"preemptlab"}';

const PLAIN = [STUDY_FILE, RECORDS_FILE, SAMPLES_FILE, VALUES_FILE, OWNED_FILE];

/** Whether a file of a journal can have that name, or one of results on its way to its place. */
function isJournalName(name: string): boolean {
  if (PLAIN.includes(name)) return true;
  const whole = temporaryOf(name);
  return whole !== undefined && ([STUDY_FILE, OWNED_FILE].includes(whole) || isFileName(whole));
}

/** The folder of the journal of a results folder. */
export function journalFolder(out: string): string {
  return join(out, FOLDER);
}

/** Whether there is unfinished work in a results folder. */
export function hasJournal(out: string): boolean {
  return (
    kindOf(journalFolder(out)) === 'folder' &&
    kindOf(join(journalFolder(out), STUDY_FILE)) === 'file'
  );
}

/**
 * What stands where a journal of `out` is or shall be and is none of ours; undefined if nothing. Without a description,
 * what is left of a journal is known by its first line, and of one that had hardly begun by being empty.
 */
export function strangerInJournal(out: string): string | undefined {
  const folder = journalFolder(out);
  const kind = kindOf(folder);
  if (kind === undefined) return undefined;
  if (kind !== 'folder') return `${folder}: it is no folder`;
  const entries = readdirSync(folder);
  const stranger = entries.find(
    (name) => !isJournalName(name) || kindOf(join(folder, name)) !== 'file',
  );
  if (stranger !== undefined) return `${join(folder, stranger)}: it is not of a journal`;
  if (hasJournal(out) || beginsWithHeader(folder)) return undefined;
  const unknown = entries.find((name) => !isBeginning(folder, name));
  return unknown === undefined ? undefined : `${join(folder, unknown)}: it is not of a journal`;
}

function beginsWithHeader(folder: string): boolean {
  const path = join(folder, RECORDS_FILE);
  return kindOf(path) === 'file' && startOf(path) === `${HEADER}\n`;
}

/** Whether a file is empty, or has a part of the first line of the records. */
function isBeginning(folder: string, name: string): boolean {
  const text = startOf(join(folder, name));
  return text === '' || (name === RECORDS_FILE && `${HEADER}\n`.startsWith(text));
}

function startOf(path: string): string {
  return firstBytes(path, HEADER.length + 1).toString('latin1');
}

/** Begins an empty journal in `out`, in place of remains of ours; `strangerInJournal` has found nothing else. */
export function createJournal(out: string): void {
  removeJournal(out);
  const folder = journalFolder(out);
  mkdirSync(folder);
  syncFolder(out);
  const records = makeFile(join(folder, RECORDS_FILE));
  try {
    writeAll(records, Buffer.from(`${HEADER}\n`), 0);
    fsyncSync(records.descriptor);
  } finally {
    closeSync(records.descriptor);
  }
  closeSync(makeFile(join(folder, SAMPLES_FILE)).descriptor);
  syncFolder(folder);
}

/** Says what the journal is of; from then on it is there. */
export function writeStudy(out: string, study: Study): void {
  writeWhole(journalFolder(out), STUDY_FILE, `${JSON.stringify(study, null, 2)}\n`);
}

/** Removes the journal of `out`: its results are complete. What is not ours stays, and so its folder. */
export function removeJournal(out: string): void {
  const folder = journalFolder(out);
  if (kindOf(folder) === undefined) return;
  const remove = (name: string) => {
    if (kindOf(join(folder, name)) === 'file') rmSync(join(folder, name));
  };
  remove(STUDY_FILE);
  syncFolder(folder);
  for (const name of readdirSync(folder)) {
    if (isJournalName(name) && name !== RECORDS_FILE) remove(name);
  }
  syncFolder(folder);
  remove(RECORDS_FILE);
  if (readdirSync(folder).length === 0) rmdirSync(folder);
  syncFolder(out);
}
