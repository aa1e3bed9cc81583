import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/**
 * Files are opened only if they are no links, made only where there is nothing, and never waited for (a FIFO): a results
 * folder may come from a stranger.
 */
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

/** Something is wrong with files of a folder, for people to mend: its message is all there is to say. */
export class FolderError extends Error {}

/** Whether the system refused something: a disk that is full, a file that may not be read. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** An open file, and its path for messages. */
export interface OpenFile {
  readonly descriptor: number;
  readonly path: string;
}

/** Opens a file that must be there, and a file. @param write - else it is only read */
export function openFile(path: string, write = false): OpenFile {
  const access = write ? O_RDWR : O_RDONLY;
  const descriptor = openSync(path, access | O_NOFOLLOW | O_NONBLOCK);
  if (fstatSync(descriptor).isFile()) return { descriptor, path };
  closeSync(descriptor);
  throw new FolderError(`${path}: it is no file`);
}

/** Makes a file, to read and write. @throws if there is anything of this name */
export function makeFile(path: string): OpenFile {
  return { descriptor: openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666), path };
}

/** Writes all of `bytes` at a position of a file. @throws when the disk is full, and for every other error */
export function writeAll(
  { descriptor, path }: OpenFile,
  bytes: Uint8Array,
  position: number,
): void {
  try {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
    }
  } catch (error) {
    throw named(error, path);
  }
}

/** The error, which says nothing of the file if that was open, with its path. */
function named(error: unknown, path: string): unknown {
  if (error instanceof Error) error.message += ` '${path}'`;
  return error;
}

/**
 * Makes a folder, and those above it that are missing. (Node's own recursion says of a read-only disk that there is no such
 * file, and in /proc it never ends.)
 */
export function makeFolders(path: string): void {
  const missing: string[] = [];
  for (let at = path; !isFolder(at) && at !== missing[0]; at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    try {
      mkdirSync(folder);
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
      // Another process may have made it meanwhile.
      if (!isFolder(folder)) throw new FolderError(`${folder} is no folder`);
    }
  }
}

/** Whether it is a folder, or a link to one, as far as that can be known. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Makes renames and new names in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A new file on its way to a place of its own, where it is whole or not at all. */
export class NewFile {
  private readonly file: OpenFile;
  private readonly hash: Hash = createHash('sha256');
  private position = 0;

  /** @param path - where it is written: remains of an earlier one are removed */
  constructor(path: string) {
    if (kindOf(path) === 'file') rmSync(path);
    this.file = makeFile(path);
  }

  write(chunk: string | Uint8Array): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.hash.update(bytes);
    writeAll(this.file, bytes, this.position);
    this.position += bytes.length;
  }

  /** It is complete, and survives a power cut. @returns its SHA-256 */
  finish(): string {
    const { descriptor, path } = this.file;
    try {
      fsyncSync(descriptor);
    } catch (error) {
      throw named(error, path);
    } finally {
      closeSync(descriptor);
    }
    return this.hash.digest('hex');
  }

  /** Gives it up after an error. */
  abandon(): void {
    closeSync(this.file.descriptor);
  }
}

/** Writes a new file. @returns its SHA-256 */
export function writeNew(path: string, chunks: Iterable<string | Uint8Array>): string {
  const file = new NewFile(path);
  try {
    for (const chunk of chunks) file.write(chunk);
  } catch (error) {
    file.abandon();
    throw error;
  }
  return file.finish();
}

/** Where a file of a folder is written before it is renamed. */
export function temporaryPath(folder: string, name: string): string {
  return join(folder, `${name}.tmp`);
}

/** The name of the file that `name` is on the way to be; undefined: it is none's. */
export function temporaryOf(name: string): string | undefined {
  return name.endsWith('.tmp') ? name.slice(0, -'.tmp'.length) : undefined;
}

/** Writes a file of a folder of ours, whole or not at all, in place of an earlier one. */
export function writeWhole(folder: string, name: string, text: string): void {
  const temporary = temporaryPath(folder, name);
  writeNew(temporary, [text]);
  renameSync(temporary, join(folder, name));
  syncFolder(folder);
}

/** Whether there is something of this name, and of what kind; links are not followed. */
export function kindOf(path: string): 'file' | 'folder' | 'other' | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
}

/** The SHA-256 of a file; undefined if it is no file, or cannot be read. */
export function hashOfFile(path: string): string | undefined {
  if (kindOf(path) !== 'file') return undefined;
  const file = openFile(path);
  try {
    return hashOf(readPieces(file, 0, Number.POSITIVE_INFINITY));
  } finally {
    closeSync(file.descriptor);
  }
}

/** The SHA-256 of what comes in pieces. */
export function hashOf(pieces: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

const PIECE = 1 << 20;

/** A part of a file in pieces; less if the file ends before. */
export function* readPieces(
  { descriptor, path }: OpenFile,
  at: number,
  bytes: number,
): Generator<Uint8Array> {
  for (let done = 0; done < bytes; ) {
    const piece = Buffer.alloc(Math.min(PIECE, bytes - done));
    let read: number;
    try {
      read = readSync(descriptor, piece, 0, piece.length, at + done);
    } catch (error) {
      throw named(error, path);
    }
    if (read === 0) return;
    yield piece.subarray(0, read);
    done += read;
  }
}

/** The text of a file of at most `most` bytes. @throws Error, for people, if it is no file or larger */
export function readText(path: string, most: number): string {
  const text = firstBytes(path, most + 1);
  if (text.length > most) throw new FolderError(`${path}: it has more than ${most} bytes`);
  return text.toString('utf8');
}

/** What a file begins with, at most so many bytes. @throws Error if it is no file */
export function firstBytes(path: string, most: number): Buffer {
  const file = openFile(path);
  try {
    return Buffer.concat([...readPieces(file, 0, most)]);
  } finally {
    closeSync(file.descriptor);
  }
}

/** Compressed, with the header's operating system field set to "unknown" so that it tells no machine. */
export function gzip(data: string | Uint8Array, level?: number): Buffer {
  const compressed = gzipSync(data, level === undefined ? {} : { level });
  compressed[9] = 255;
  return compressed;
}
