import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Complaint, makeSource } from '../../input/tree.ts';
import { TEXT_MAX, TOO_LARGE } from '../../input/yaml-limits.ts';
import { noSuchProfile, type ProfileSource } from './cost-profile.ts';

/** The text of a file, or why it cannot be read as text. */
export type TextFile =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly complaint: Complaint };

/**
 * Reads a UTF-8 text of at most 1 MiB; never more than that, so it works (or fails at once) on
 * files of any size and on pipes and devices.
 */
export function readTextFile(file: string): TextFile {
  const buffer = Buffer.allocUnsafe(TEXT_MAX + 1);
  let length = 0;
  try {
    const descriptor = openSync(file, 'r');
    try {
      for (let read = -1; read !== 0 && length < buffer.length; length += read) {
        read = readSync(descriptor, buffer, length, buffer.length - length, null);
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return refuse(reasonOf(error));
  }
  const bytes = buffer.subarray(0, length);
  if (bytes.includes(0)) return refuse('it is not a text file: it contains a NUL byte');
  if (length > TEXT_MAX) return { ok: false, complaint: TOO_LARGE };
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return refuse('it is not a text file: it is not valid UTF-8');
  }
}

function refuse(message: string): TextFile {
  return { ok: false, complaint: { message } };
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a directory, not a file';
    case 'EACCES':
      return 'it may not be read (permission denied)';
    default:
      return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The folder of the cost profiles that come with the package. */
const SHIPPED = fileURLToPath(new URL('../../../experiments/costs', import.meta.url));

/**
 * Returns the cost profiles an experiment file can name: `costs/NAME.yaml` beside it, else shipped
 * ones.
 */
export function costProfileFiles(experimentFile: string): ProfileSource {
  const folders = profileFolders(experimentFile);
  return {
    read(name) {
      for (const folder of folders) {
        const file = join(folder, `${name}.yaml`);
        if (!existsSync(file)) continue;
        const text = readTextFile(file);
        if (!text.ok) return { complaint: { message: `${file}: ${text.complaint.message}` } };
        return { source: makeSource(file, text.text) };
      }
      return { complaint: noSuchProfile(name, folders.flatMap(profileNames)) };
    },
  };
}

/** The texts of all of these that can be read, by name. */
export function costProfileTexts(experimentFile: string): Record<string, string> {
  const profiles = costProfileFiles(experimentFile);
  const names = new Set(profileFolders(experimentFile).flatMap(profileNames));
  const texts = [...names].flatMap((name) => {
    const found = profiles.read(name);
    return 'source' in found ? [[name, found.source.text] as const] : [];
  });
  return Object.fromEntries(texts);
}

function profileFolders(experimentFile: string): string[] {
  return [join(dirname(experimentFile), 'costs'), SHIPPED];
}

function profileNames(folder: string): string[] {
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
    return files.map((file) => file.slice(0, -'.yaml'.length)).sort();
  } catch {
    return [];
  }
}
