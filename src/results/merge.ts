import type { Experiment } from '../experiment/schema/schema.ts';
import { counted } from '../input/counted.ts';
import type { Journal } from './journal.ts';
import { copyRecords, findSource, type ResultSource } from './source.ts';
import { incompatibility, type Study } from './study.ts';

/** Folders to be merged, all of one study; or what is wrong with them. */
export type SourcesResult =
  | { readonly ok: true; readonly sources: readonly ResultSource[] }
  | { readonly ok: false; readonly messages: readonly string[] };

/** Finds the records in all folders, and makes sure that they are parts of one study. */
export function findSources(folders: readonly string[]): SourcesResult {
  const messages: string[] = [];
  const sources: ResultSource[] = [];
  for (const folder of folders) {
    const found = findSource(folder);
    if (!found.ok) messages.push(found.message);
    else sources.push(found.source);
  }
  for (const { folder, study } of sources.slice(1)) {
    const why = difference(study, sources[0].study);
    if (why !== undefined)
      messages.push(`${folder} does not belong to ${sources[0].folder}: ${why}`);
  }
  return messages.length > 0 ? { ok: false, messages } : { ok: true, sources };
}

/** Results are made from all of a description, so parts must agree in all of it. */
function difference(a: Study, b: Study): string | undefined {
  const why = incompatibility(a, b);
  if (why !== undefined) return why;
  if (a.replications !== b.replications) {
    return `made for ${counted(a.replications, 'replication')}, not ${b.replications}`;
  }
  return JSON.stringify(a) === JSON.stringify(b) ? undefined : 'the experiment files differ';
}

/**
 * Adds the records of all sources to a journal. The same replication in several sources is fine if it gave the same
 * bytes.
 * @param damaged - told of each source with lines that were passed over
 * @returns what is wrong with the sources, if anything
 * @throws if the journal cannot be written
 */
export async function mergeInto(
  journal: Journal,
  sources: readonly ResultSource[],
  experiment: Experiment,
  damaged: (folder: string, lines: number) => void,
): Promise<string | undefined> {
  /** The last record that comes from each source. */
  const origins: { folder: string; end: number }[] = [];
  for (const source of sources) {
    const duplicate = (cell: number, replication: number, line: string) => {
      if (journal.line(cell, replication) === line) return undefined;
      const number = journal.index.number(cell, replication);
      const other = origins.find(({ end }) => number <= end)?.folder ?? source.folder;
      const { id } = experiment.cells[cell];
      return `${id}, replication ${replication}: ${other} and ${source.folder} have different results`;
    };
    const copied = await copyRecords(source, journal, experiment, duplicate);
    if (!copied.ok) return copied.message;
    if (copied.damaged > 0) damaged(source.folder, copied.damaged);
    origins.push({ folder: source.folder, end: journal.index.size });
  }
  return undefined;
}
