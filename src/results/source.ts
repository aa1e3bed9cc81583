import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { csvLines } from './csv.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { sampleColumns } from './tables.ts';
import { decodeRecord } from './decode-record.ts';
import { gzip, kindOf, O_NOFOLLOW, O_RDONLY, readLines } from './disk.ts';
import {
  hasJournal,
  type Journal,
  journalFolder,
  RECORDS_FILE,
  readPieces,
  SAMPLES_FILE,
  STUDY_FILE,
} from './journal.ts';
import { RECORD_MAX } from './record.ts';
import { readStudy, type Study } from './study.ts';

/** Names of the files of a complete results folder that hold its replications, and describe it. */
export const FINISHED_RECORDS = 'records.jsonl.gz';
export const FINISHED_SAMPLES = 'samples.csv.gz';
export const MANIFEST = 'manifest.json';

/** Finished replications in some folder: in the journal of unfinished work, or in complete results. */
export interface ResultSource {
  readonly folder: string;
  readonly study: Study;
  readonly finished: boolean;
}

/** The records in a folder, or why there are none. */
export type SourceResult =
  | { readonly ok: true; readonly source: ResultSource }
  | { readonly ok: false; readonly message: string };

/** Finds the records in a results folder; unfinished work is newer than complete results beside it. */
export function findSource(folder: string): SourceResult {
  const finished = !hasJournal(folder);
  const described = finished
    ? readStudy(folder, MANIFEST)
    : readStudy(journalFolder(folder), STUDY_FILE);
  if (!described.ok) return described;
  if (finished && kindOf(join(folder, FINISHED_RECORDS)) !== 'file') {
    const message = `${folder}: there is no ${FINISHED_RECORDS}: its replications cannot be used again`;
    return { ok: false, message };
  }
  return { ok: true, source: { folder, study: described.study, finished } };
}

/** The header of samples.csv.gz: not compressed, so that its length is known. */
export function samplesHeader(experiment: Experiment): Buffer {
  return gzip(csvLines([sampleColumns(experiment)]), 0);
}

/** Called with a replication that is there already; says what is wrong with that, if anything. */
export type Duplicate = (cell: number, replication: number, line: string) => string | undefined;

/**
 * Adds all records of a source to a journal of the same experiment.
 * @returns what is wrong with the source, if anything
 */
export async function copyRecords(
  source: ResultSource,
  journal: Journal,
  experiment: Experiment,
  duplicate: Duplicate,
): Promise<string | undefined> {
  const folder = source.finished ? source.folder : journalFolder(source.folder);
  const path = join(folder, source.finished ? FINISHED_RECORDS : RECORDS_FILE);
  let samplesAt = source.finished ? samplesHeader(experiment).length : 0;
  const samples = openSamples(join(folder, source.finished ? FINISHED_SAMPLES : SAMPLES_FILE));
  try {
    let number = 0;
    for await (const line of readLines(path, source.finished, RECORD_MAX)) {
      number++;
      const record = line.whole ? decodeRecord(line.text) : undefined;
      // The end of a journal may be there in part.
      if (record === undefined && !source.finished) return undefined;
      const cell = record === undefined ? undefined : journal.cellNumber(record.cell);
      if (record === undefined || cell === undefined) return `${path}: line ${number} is damaged`;
      const { replication, ok } = record.outcome;
      const { bytes, sha256 } = record.samples ?? { bytes: 0, sha256: '' };
      if (bytes > 0 && hashOf(readPieces(samples, samplesAt, bytes)) !== sha256) {
        if (!source.finished) return undefined;
        return `${folder}: the samples of line ${number} of ${FINISHED_RECORDS} are damaged`;
      }
      if (journal.index.has(cell, replication)) {
        const message = duplicate(cell, replication, line.text);
        if (message !== undefined) return message;
      } else {
        const pieces = readPieces(samples, samplesAt, bytes);
        journal.append(cell, replication, line.text, pieces, !ok);
      }
      samplesAt += bytes;
    }
    return undefined;
  } catch (error) {
    return `${path}: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    if (samples !== NONE) closeSync(samples);
  }
}

const NONE = -1;

function openSamples(path: string): number {
  return kindOf(path) === 'file' ? openSync(path, O_RDONLY | O_NOFOLLOW) : NONE;
}

function hashOf(pieces: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
