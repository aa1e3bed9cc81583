import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All experiment files of a folder and those below it, but cost profiles. */
export function experimentFiles(folder = 'experiments'): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'costs' ? [] : experimentFiles(path);
    return entry.name.endsWith('.yaml') ? [path] : [];
  });
}
