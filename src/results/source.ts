import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { Experiment } from '../experiment/schema/schema.ts';
import { csvLines } from './csv.ts';
import { decodeRecord } from './decode-record.ts';
import { gzip, hashOf, hashOfFile, kindOf, type OpenFile, openFile, readPieces } from './disk.ts';
import { FINISHED_RECORDS, FINISHED_SAMPLES, MANIFEST } from './file-names.ts';
import { Journal } from './journal.ts';
import { hasJournal, journalFolder, STUDY_FILE, strangerInJournal } from './journal-folder.ts';
import { readLines } from './lines.ts';
import { messageAbout, readStudy } from './read-study.ts';
import { RECORD_MAX } from './record.ts';
import type { Study } from './study.ts';
import { sampleColumns } from './tables.ts';

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
  const refuse = (message: string): SourceResult => ({ ok: false, message });
  const finished = !hasJournal(folder);
  const described = finished
    ? readStudy(folder, MANIFEST)
    : readStudy(journalFolder(folder), STUDY_FILE);
  if (!described.ok) return described;
  const { study, files } = described;
  if (!finished) {
    const stranger = strangerInJournal(folder);
    return stranger === undefined
      ? { ok: true, source: { folder, study, finished } }
      : refuse(stranger);
  }
  if (kindOf(join(folder, FINISHED_RECORDS)) !== 'file') {
    const what = `there is no ${FINISHED_RECORDS}`;
    return refuse(`${folder}: ${what}: its replications cannot be used again`);
  }
  try {
    const changed = [FINISHED_RECORDS, FINISHED_SAMPLES].find(
      (name) => files.get(name) !== hashOfFile(join(folder, name)),
    );
    if (changed === undefined) return { ok: true, source: { folder, study, finished } };
    return refuse(`${join(folder, changed)}: it is not the file that ${MANIFEST} belongs to`);
  } catch (error) {
    return refuse(messageAbout(folder, error));
  }
}

/** The header of samples.csv.gz: not compressed, so that its length is known. */
export function samplesHeader(experiment: Experiment): Buffer {
  return gzip(csvLines([sampleColumns(experiment)]), 0);
}

/** Called with a replication that is there already; says what is wrong with that, if anything. */
export type Duplicate = (cell: number, replication: number, line: string) => string | undefined;

/** What came of copying: lines that were passed over, or why there is no use going on. */
export type Copied =
  | { readonly ok: true; readonly damaged: number }
  | { readonly ok: false; readonly message: string };

/**
 * Adds all records of a source to a journal of the same study.
 * @throws if the journal cannot be written
 */
export async function copyRecords(
  source: ResultSource,
  journal: Journal,
  experiment: Experiment,
  duplicate: Duplicate,
): Promise<Copied> {
  return source.finished
    ? copyFinished(source, journal, experiment, duplicate)
    : copyJournal(source, journal, experiment, duplicate);
}

async function copyJournal(
  { folder, study }: ResultSource,
  journal: Journal,
  experiment: Experiment,
  duplicate: Duplicate,
): Promise<Copied> {
  let from: Journal;
  try {
    from = await Journal.open(folder, study, experiment, false);
  } catch (error) {
    return { ok: false, message: messageAbout(journalFolder(folder), error) };
  }
  try {
    for (let cell = 0; cell < experiment.cells.length; cell++) {
      for (const replication of from.index.replications(cell)) {
        const line = from.line(cell, replication) ?? '';
        if (journal.index.has(cell, replication)) {
          const message = duplicate(cell, replication, line);
          if (message !== undefined) return { ok: false, message };
        } else {
          const failed = outcomeFails(line, journal.key);
          journal.append(cell, replication, line, from.samplesOf(cell, replication), failed);
        }
      }
    }
    return { ok: true, damaged: from.damaged };
  } finally {
    await from.close();
  }
}

function outcomeFails(line: string, key: string): boolean {
  return decodeRecord(line, key)?.outcome.ok === false;
}

async function copyFinished(
  { folder }: ResultSource,
  journal: Journal,
  experiment: Experiment,
  duplicate: Duplicate,
): Promise<Copied> {
  const path = join(folder, FINISHED_RECORDS);
  const refuse = (message: string): Copied => ({ ok: false, message });
  let samplesAt = samplesHeader(experiment).length;
  let samples: OpenFile | undefined;
  try {
    samples = openSamples(join(folder, FINISHED_SAMPLES));
    let number = 0;
    for await (const { text } of readable(readLines(path, true, RECORD_MAX), path)) {
      number++;
      const record = text === undefined ? undefined : decodeRecord(text, journal.key);
      const cell = record === undefined ? undefined : journal.cellNumber(record.cell);
      if (text === undefined || record === undefined || cell === undefined) {
        return refuse(`${path}: line ${number} is damaged, or not of this study`);
      }
      const { replication, ok } = record.outcome;
      if (replication >= experiment.replications) {
        return refuse(`${path}: line ${number} is of no replication of this study`);
      }
      const { bytes, sha256 } = record.samples ?? { bytes: 0, sha256: '' };
      const pieces = () => (samples === undefined ? [] : readPieces(samples, samplesAt, bytes));
      if (bytes > 0 && hashOf(pieces()) !== sha256) {
        return refuse(
          `${folder}: the samples of line ${number} of ${FINISHED_RECORDS} are damaged`,
        );
      }
      if (journal.index.has(cell, replication)) {
        const message = duplicate(cell, replication, text);
        if (message !== undefined) return refuse(message);
      } else journal.append(cell, replication, text, pieces(), !ok);
      samplesAt += bytes;
    }
    return { ok: true, damaged: 0 };
  } catch (error) {
    if (error instanceof UnreadableError) return refuse(error.message);
    throw error;
  } finally {
    if (samples !== undefined) closeSync(samples.descriptor);
  }
}

/** A source cannot be read; other errors are the journal's, which is written meanwhile. */
class UnreadableError extends Error {}

async function* readable<Item>(items: AsyncIterable<Item>, path: string): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    throw new UnreadableError(messageAbout(path, error));
  }
}

function openSamples(path: string): OpenFile | undefined {
  return kindOf(path) === 'file' ? openFile(path) : undefined;
}
