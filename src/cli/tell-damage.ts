import { complain } from './say.ts';

/** Says how many lines of the journal in a folder were passed over, if any. */
export function tellDamage(folder: string, lines: number): void {
  if (lines === 0) return;
  const what = lines === 1 ? 'a line' : `${lines} lines`;
  complain(
    `${folder}: ${what} of its journal cannot be used (damaged, or of another study): passed over`,
  );
}
