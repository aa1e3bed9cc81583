import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * Makes sure that files can be written to `folder` before anything is simulated.
 * @returns why they cannot, undefined if they can
 */
export function whyUnwritable(folder: string): string | undefined {
  const probe = join(folder, '.writable');
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Writes a file so that it is there whole or not at all. @throws Error if it cannot be written */
export function writePieces(path: string, pieces: Iterable<Uint8Array>): void {
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      for (const piece of pieces) {
        for (let written = 0; written < piece.length; ) {
          written += writeSync(file, piece, written);
        }
      }
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
