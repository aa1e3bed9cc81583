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
  let rest: Buffer = Buffer.alloc(0);
  let at = 0;
  let passing = false;
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let start = 0;
    for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, start)) {
      if (!passing) yield { text: bytes.toString('utf8', start, end), at, bytes: end - start };
      passing = false;
      at += end + 1 - start;
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > longest) {
      if (!passing) yield { text: undefined, at, bytes: rest.length };
      passing = true;
    }
    if (passing) {
      at += rest.length;
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0 && !passing) yield { text: rest.toString('utf8'), at, bytes: rest.length };
}
