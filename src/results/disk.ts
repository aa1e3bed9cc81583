import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';

/** Files are opened for writing only if they are no links: a results folder may come from a stranger. */
export const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;

/** Writes all of `bytes` at a position of a file. @throws when the disk is full, and for every other error */
export function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
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

/** A file that is there whole or not at all: written elsewhere on the same disk, flushed, then renamed. */
export class AtomicFile {
  private readonly temporary: string;
  private readonly path: string;
  private readonly descriptor: number;
  private readonly hash: Hash = createHash('sha256');
  private position = 0;

  /**
   * @param path - where it shall be
   * @param staging - folder in which it is written
   */
  constructor(path: string, staging: string, name: string) {
    this.path = path;
    this.temporary = join(staging, `${name}.tmp`);
    this.descriptor = openSync(this.temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o666);
  }

  write(chunk: string | Uint8Array): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.hash.update(bytes);
    writeAll(this.descriptor, bytes, this.position);
    this.position += bytes.length;
  }

  /** Puts it in its place. @returns its SHA-256 */
  finish(): string {
    fsyncSync(this.descriptor);
    closeSync(this.descriptor);
    renameSync(this.temporary, this.path);
    syncFolder(dirname(this.path));
    return this.hash.digest('hex');
  }

  /** Gives it up after an error. */
  abandon(): void {
    closeSync(this.descriptor);
  }
}

/** Writes a file that is there whole or not at all. @returns its SHA-256 */
export function writeWhole(
  folder: string,
  name: string,
  staging: string,
  chunks: Iterable<string | Uint8Array>,
): string {
  const file = new AtomicFile(join(folder, name), staging, name);
  try {
    for (const chunk of chunks) file.write(chunk);
  } catch (error) {
    file.abandon();
    throw error;
  }
  return file.finish();
}

/** Whether there is something of this name, and of what kind; links are not followed. */
export function kindOf(path: string): 'file' | 'folder' | 'other' | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
}

/** A line of a file without its line end, and where it starts [bytes]. */
export interface Line {
  readonly text: string;
  readonly at: number;
  /** With its line end [bytes]. */
  readonly bytes: number;
  /** Whether it has a line end. */
  readonly whole: boolean;
}

/**
 * The lines of a file, which may be compressed.
 * @param longest - a longer line ends the reading, as a last line that is not whole [bytes]
 */
export async function* readLines(
  path: string,
  compressed: boolean,
  longest: number,
): AsyncGenerator<Line> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  // Errors of either end the iteration with the error.
  const chunks = compressed ? pipeline(file, createGunzip(), () => {}) : file;
  let rest = Buffer.alloc(0);
  let at = 0;
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      const length = end + 1 - start;
      yield { text: bytes.toString('utf8', start, end), at, bytes: length, whole: true };
      at += length;
      start = end + 1;
    }
    rest = Buffer.from(bytes.subarray(start));
    if (rest.length > longest) break;
  }
  if (rest.length > 0) yield { text: '', at, bytes: rest.length, whole: false };
}

/** Compressed, with the header's operating system field set to "unknown" so that it tells no machine. */
export function gzip(data: string | Uint8Array, level?: number): Buffer {
  const compressed = gzipSync(data, level === undefined ? {} : { level });
  compressed[9] = 255;
  return compressed;
}
