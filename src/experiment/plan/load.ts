import { makeSource, problemAt } from '../../input/tree.ts';
import { costProfileFiles, readTextFile } from './files.ts';
import { fail, type LoadResult, readExperiment } from './parse.ts';

/**
 * Reads an experiment file and checks it, with all its cells. Never throws on wrong input.
 * @param overrides `path=value` each, applied to the file in order, before the factors.
 */
export function loadExperiment(file: string, overrides: readonly string[] = []): LoadResult {
  const text = readTextFile(file);
  if (text.ok) return readExperiment(file, text.text, costProfileFiles(file), overrides);
  return fail([problemAt({ source: makeSource(file, '', false), offset: 0 }, [], text.complaint)]);
}
