import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsync, fsyncSync } from 'node:fs';
import { join } from 'node:path';
import type { Experiment } from '../experiment/schema/schema.ts';
import { decodeRecord } from './decode-record.ts';
import { FolderError, hashOf, type OpenFile, openFile, readPieces, writeAll } from './disk.ts';
import { HEADER, journalFolder, RECORDS_FILE, SAMPLES_FILE } from './journal-folder.ts';
import { fromJournalLine, journalLine } from './journal-line.ts';
import { readLines } from './lines.ts';
import { RECORD_MAX, wholeJson } from './record.ts';
import { RecordIndex } from './record-index.ts';
import { recordKey, type Study } from './study.ts';

const LINE_END = 10;

/**
 * The finished replications of a study: `records.jsonl`, a line per replication in the order in which they finished,
 * and their compressed samples in `samples.bin`. Both only grow. A line that is damaged, there in part, of another
 * study, or without its samples is passed over when the journal is opened; it stays in the file.
 */
export class Journal {
  readonly folder: string;
  /** What its records are bound to. */
  readonly key: string;
  readonly index: RecordIndex;
  /** How many replications failed. */
  failed = 0;
  /** How many lines were passed over. */
  damaged = 0;
  private readonly experiment: Experiment;
  private readonly cellNumbers: ReadonlyMap<string, number>;
  private readonly records: OpenFile;
  private readonly samples: OpenFile;
  private recordsEnd: number;
  private samplesEnd: number;
  /** Whether the last line has no line end yet. */
  private endsInLine = false;
  private syncing: Promise<void> | undefined;
  private unsynced = false;
  private failure: unknown;

  private constructor(out: string, study: Study, experiment: Experiment, write: boolean) {
    this.folder = journalFolder(out);
    this.key = recordKey(study);
    this.experiment = experiment;
    this.index = new RecordIndex(experiment.cells.length);
    this.cellNumbers = new Map(experiment.cells.map(({ id }, number) => [id, number]));
    this.records = openFile(join(this.folder, RECORDS_FILE), write);
    try {
      this.samples = openFile(join(this.folder, SAMPLES_FILE), write);
    } catch (error) {
      closeSync(this.records.descriptor);
      throw error;
    }
    this.recordsEnd = sizeOf(this.records);
    this.samplesEnd = sizeOf(this.samples);
  }

  /**
   * Opens the journal in `out`.
   * @param write - to add to it; else not a byte of it is changed
   */
  static async open(
    out: string,
    study: Study,
    experiment: Experiment,
    write: boolean,
  ): Promise<Journal> {
    const journal = new Journal(out, study, experiment, write);
    try {
      await journal.recover();
    } catch (error) {
      journal.closeFiles();
      throw error;
    }
    return journal;
  }

  private async recover(): Promise<void> {
    const { path } = this.records;
    for await (const { text, at, bytes } of readLines(path, false, RECORD_MAX)) {
      if (text === '' || (at === 0 && text === HEADER)) continue;
      if (text === undefined || !this.take(text, at, bytes)) this.damaged++;
    }
    if (this.recordsEnd === 0) return;
    const [last] = readPieces(this.records, this.recordsEnd - 1, 1);
    this.endsInLine = last[0] !== LINE_END;
  }

  /** Takes note of a line that is in the file. @returns whether it is a record that was not there yet, with its samples */
  private take(text: string, lineAt: number, lineBytes: number): boolean {
    const { line, at } = fromJournalLine(text);
    const record = decodeRecord(line, this.key);
    const cell = this.cellNumbers.get(record?.cell ?? '');
    if (record === undefined || cell === undefined) return false;
    const { outcome, samples } = record;
    const { replication } = outcome;
    if (replication >= this.experiment.replications) return false;
    if (this.index.has(cell, replication)) return this.line(cell, replication) === line;
    const blob = samples ?? { bytes: 0, sha256: '' };
    if (blob.bytes > 0 && hashOf(this.pieces(at, blob.bytes)) !== blob.sha256) return false;
    this.index.add(cell, replication, {
      lineAt,
      lineBytes,
      samplesAt: at,
      samplesBytes: blob.bytes,
    });
    if (!outcome.ok) this.failed++;
    return true;
  }

  /** Number of a cell of the experiment; undefined for others. */
  cellNumber(id: string): number | undefined {
    return this.cellNumbers.get(id);
  }

  /**
   * Adds a finished replication.
   * @param line - as `encodeRecord` made it
   * @param samples - the bytes that the record names, in pieces
   * @throws if the disk does not take it; the journal must not be used further then
   */
  append(
    cell: number,
    replication: number,
    line: string,
    samples: Iterable<Uint8Array>,
    failed: boolean,
  ): void {
    if (this.failure !== undefined) throw this.failure;
    let bytes = 0;
    for (const piece of samples) {
      writeAll(this.samples, piece, this.samplesEnd + bytes);
      bytes += piece.length;
    }
    const before = this.endsInLine ? 1 : 0;
    const own = journalLine(line, this.samplesEnd, bytes);
    const text = Buffer.from(`${before === 1 ? '\n' : ''}${own}\n`);
    writeAll(this.records, text, this.recordsEnd);
    this.endsInLine = false;
    this.index.add(cell, replication, {
      lineAt: this.recordsEnd + before,
      lineBytes: text.length - before - 1,
      samplesAt: this.samplesEnd,
      samplesBytes: bytes,
    });
    this.recordsEnd += text.length;
    this.samplesEnd += bytes;
    if (failed) this.failed++;
    this.unsynced = true;
    this.syncing ??= this.syncSoon();
  }

  /** Flushes in the background for as long as there is something to flush. */
  private async syncSoon(): Promise<void> {
    while (this.unsynced && this.failure === undefined) {
      this.unsynced = false;
      try {
        await synced(this.samples);
        await synced(this.records);
      } catch (error) {
        this.failure = error;
      }
    }
    this.syncing = undefined;
  }

  /**
   * The record of a replication as a line; undefined if there is none.
   * @throws Error if the file was changed since the journal was opened
   */
  line(cell: number, replication: number): string | undefined {
    const place = this.index.find(cell, replication);
    if (place === undefined) return undefined;
    const bytes = Buffer.concat([...readPieces(this.records, place.lineAt, place.lineBytes)]);
    const { line } = fromJournalLine(bytes.toString('utf8'));
    if (wholeJson(line, this.key) !== undefined) return line;
    throw changed(this.records);
  }

  /**
   * The compressed samples of a replication, in pieces.
   * @throws Error, at their end, if the file was changed since the journal was opened
   */
  *samplesOf(cell: number, replication: number): Generator<Uint8Array> {
    const place = this.index.find(cell, replication);
    if (place === undefined || place.samplesBytes === 0) return;
    const hash = createHash('sha256');
    for (const piece of this.pieces(place.samplesAt, place.samplesBytes)) {
      hash.update(piece);
      yield piece;
    }
    const record = decodeRecord(this.line(cell, replication) ?? '', this.key);
    if (record?.samples?.sha256 !== hash.digest('hex')) throw changed(this.samples);
  }

  private pieces(at: number, bytes: number): Generator<Uint8Array> {
    return readPieces(this.samples, at, bytes);
  }

  /** Flushes. @throws if something could not be flushed */
  async sync(): Promise<void> {
    await this.syncing;
    if (this.failure !== undefined) throw this.failure;
    fsyncSync(this.samples.descriptor);
    fsyncSync(this.records.descriptor);
  }

  /** Flushes and closes. @throws if something could not be flushed */
  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      this.closeFiles();
    }
  }

  private closeFiles(): void {
    closeSync(this.samples.descriptor);
    closeSync(this.records.descriptor);
  }
}

function changed({ path }: OpenFile): Error {
  return new FolderError(`${path}: something else has changed it meanwhile; --resume goes on`);
}

function sizeOf({ descriptor }: OpenFile): number {
  return fstatSync(descriptor).size;
}

function synced({ descriptor }: OpenFile): Promise<void> {
  return new Promise((resolve, reject) =>
    fsync(descriptor, (error) => (error === null ? resolve() : reject(error))),
  );
}
