import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { openFile } from './disk.ts';

/** A line of a file without its line end, and where it starts [bytes]. */
export interface Line {
  /** Undefined if it is longer than allowed. */
  readonly text: string | undefined;
  readonly at: number;
  /** Without its line end [bytes]; of one that is too long, those that were seen when that was found. */
  readonly bytes: number;
}

const LINE_END = 10;

/**
 * The lines of a file, which may be compressed. What follows its last line end is a line unless it is empty.
 * @param longest - a longer line is told as soon as that is known, and what is left of it passed over [bytes]
 */
export async function* readLines(
  path: string,
  compressed: boolean,
  longest: number,
): AsyncGenerator<Line> {
  const { descriptor } = openFile(path);
  const file = createReadStream('', { fd: descriptor, start: 0, highWaterMark: 1 << 18 });
  // Errors of either end the iteration with the error.
  const chunks = compressed ? pipeline(file, createGunzip(), () => {}) : file;
  // What has come of the present line, in pieces: a long one is put together once.
  let pieces: Buffer[] = [];
  let length = 0;
  let at = 0;
  let passing = false;
  for await (const chunk of chunks) {
    const bytes = chunk as Buffer;
    let start = 0;
    for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, start)) {
      pieces.push(bytes.subarray(start, end));
      length += end - start;
      if (!passing) yield { text: textOf(pieces), at, bytes: length };
      at += length + 1;
      [pieces, length, passing] = [[], 0, false];
      start = end + 1;
    }
    length += bytes.length - start;
    if (!passing) pieces.push(bytes.subarray(start));
    if (length > longest && !passing) {
      yield { text: undefined, at, bytes: length };
      [pieces, passing] = [[], true];
    }
  }
  if (length > 0 && !passing) yield { text: textOf(pieces), at, bytes: length };
}

function textOf(pieces: readonly Buffer[]): string {
  return (pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)).toString('utf8');
}
