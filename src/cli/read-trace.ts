import { closeSync, openSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Largest trace that is read [bytes]. */
const TRACE_MAX = 2 ** 26;
/** The first two bytes of what gzip has packed. */
const GZIP_MAGIC = 0x1f8b;

/** A file's bytes, or why they cannot be read; never more than allowed, so it works on pipes and devices. */
export function readTrace(file: string): Uint8Array | string {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    const descriptor = openSync(file, 'r');
    try {
      for (let read = -1; read !== 0; length += read) {
        if (length > TRACE_MAX) {
          return `it is larger than ${TRACE_MAX / 2 ** 20} MiB: trace for a shorter time, and class 0x21000 only`;
        }
        const piece = Buffer.allocUnsafe(2 ** 20);
        read = readSync(descriptor, piece, 0, piece.length, null);
        pieces.push(piece.subarray(0, read));
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return 'there is no such file';
    if (code === 'EISDIR') return 'it is a directory, not a file';
    return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  return unpacked(Buffer.concat(pieces));
}

/** The bytes, unpacked if gzip has packed them, or why they cannot be. */
function unpacked(bytes: Buffer): Uint8Array | string {
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== GZIP_MAGIC) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: TRACE_MAX });
  } catch (error) {
    return `it is packed by gzip, and cannot be unpacked to at most ${TRACE_MAX / 2 ** 20} MiB: ${error instanceof Error ? error.message : String(error)}`;
  }
}
