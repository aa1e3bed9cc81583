import { createHash } from 'node:crypto';
import {
  closeSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Experiment } from '../experiment/schema/schema.ts';
import { decodeRecord } from './decode-record.ts';
import {
  kindOf,
  O_CREAT,
  O_NOFOLLOW,
  O_RDWR,
  readLines,
  syncFolder,
  writeAll,
  writeWhole,
} from './disk.ts';
import { RECORD_MAX } from './record.ts';
import { RecordIndex } from './record-index.ts';
import type { Study } from './study.ts';

const FOLDER = 'journal';
/** Written last when a journal begins, removed first when it ends: it says that there is a journal. */
export const STUDY_FILE = 'study.json';
export const RECORDS_FILE = 'records.jsonl';
export const SAMPLES_FILE = 'samples.bin';

/** The folder of the journal of a results folder. */
export function journalFolder(out: string): string {
  return join(out, FOLDER);
}

/** Whether there is unfinished work in a results folder. */
export function hasJournal(out: string): boolean {
  return (
    kindOf(journalFolder(out)) === 'folder' &&
    kindOf(join(journalFolder(out), STUDY_FILE)) === 'file'
  );
}

/** Begins an empty journal in `out`, in place of any remains of one. */
export function createJournal(out: string): void {
  const folder = journalFolder(out);
  if (kindOf(folder) !== undefined) rmSync(folder, { recursive: true });
  mkdirSync(folder);
  syncFolder(out);
}

/** Says what the journal is of; from then on it is there. */
export function writeStudy(out: string, study: Study): void {
  const folder = journalFolder(out);
  writeWhole(folder, STUDY_FILE, folder, [`${JSON.stringify(study, null, 2)}\n`]);
}

/** Removes the journal of `out`: its results are complete. */
export function removeJournal(out: string): void {
  const folder = journalFolder(out);
  rmSync(join(folder, STUDY_FILE), { force: true });
  syncFolder(folder);
  rmSync(folder, { recursive: true });
  syncFolder(out);
}

/**
 * The finished replications of a study: `records.jsonl`, a line per replication in the order in which they finished,
 * and their compressed samples one after another in `samples.bin`. Both only grow. After a crash the last records may
 * be there in part, or without their samples: then they are dropped when the journal is opened.
 */
export class Journal {
  readonly folder: string;
  readonly index: RecordIndex;
  /** How many replications failed. */
  failed = 0;
  private readonly cellNumbers: ReadonlyMap<string, number>;
  private readonly records: number;
  private readonly samples: number;
  private recordsEnd = 0;
  private samplesEnd = 0;
  private syncing: Promise<void> | undefined;
  private unsynced = false;
  private failure: unknown;

  private constructor(out: string, experiment: Experiment) {
    this.folder = journalFolder(out);
    this.index = new RecordIndex(experiment.cells.length);
    this.cellNumbers = new Map(experiment.cells.map(({ id }, number) => [id, number]));
    const flags = O_RDWR | O_CREAT | O_NOFOLLOW;
    this.records = openSync(join(this.folder, RECORDS_FILE), flags, 0o666);
    this.samples = openSync(join(this.folder, SAMPLES_FILE), flags, 0o666);
    syncFolder(this.folder);
  }

  /** Opens the journal in `out`, and drops what is not whole at its end. */
  static async open(out: string, experiment: Experiment): Promise<Journal> {
    const journal = new Journal(out, experiment);
    await journal.recover();
    return journal;
  }

  private async recover(): Promise<void> {
    const path = join(this.folder, RECORDS_FILE);
    for await (const line of readLines(path, false, RECORD_MAX)) {
      const record = line.whole ? decodeRecord(line.text) : undefined;
      const cell = this.cellNumbers.get(record?.cell ?? '');
      if (record === undefined || cell === undefined) break;
      const { outcome, samples } = record;
      if (this.index.has(cell, outcome.replication)) break;
      const blob = samples ?? { bytes: 0, sha256: '' };
      if (blob.bytes > 0 && this.hashOf(this.samplesEnd, blob.bytes) !== blob.sha256) break;
      this.note(cell, outcome.replication, line.bytes, blob.bytes, !outcome.ok);
    }
    ftruncateSync(this.records, this.recordsEnd);
    ftruncateSync(this.samples, this.samplesEnd);
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
    const text = Buffer.from(`${line}\n`);
    writeAll(this.records, text, this.recordsEnd);
    this.note(cell, replication, text.length, bytes, failed);
    this.unsynced = true;
    this.syncing ??= this.syncSoon();
  }

  private note(cell: number, replication: number, line: number, samples: number, failed: boolean) {
    this.index.add(cell, replication, {
      lineAt: this.recordsEnd,
      lineBytes: line,
      samplesAt: this.samplesEnd,
      samplesBytes: samples,
    });
    this.recordsEnd += line;
    this.samplesEnd += samples;
    if (failed) this.failed++;
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

  /** The line of a replication; undefined if there is no record of it. */
  line(cell: number, replication: number): string | undefined {
    const place = this.index.find(cell, replication);
    if (place === undefined) return undefined;
    const bytes = Buffer.alloc(place.lineBytes - 1);
    readSync(this.records, bytes, 0, bytes.length, place.lineAt);
    return bytes.toString('utf8');
  }

  /** The compressed samples of a replication, in pieces. */
  samplesOf(cell: number, replication: number): Iterable<Uint8Array> {
    const place = this.index.find(cell, replication);
    return place === undefined ? [] : this.pieces(place.samplesAt, place.samplesBytes);
  }

  private *pieces(at: number, bytes: number): Generator<Uint8Array> {
    yield* readPieces(this.samples, at, bytes);
  }

  private hashOf(at: number, bytes: number): string {
    const hash = createHash('sha256');
    for (const piece of this.pieces(at, bytes)) hash.update(piece);
    return hash.digest('hex');
  }

  /** Flushes. @throws if something could not be flushed */
  async sync(): Promise<void> {
    await this.syncing;
    if (this.failure !== undefined) throw this.failure;
    fsyncSync(this.samples);
    fsyncSync(this.records);
  }

  /** Flushes and closes. @throws if something could not be flushed */
  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      closeSync(this.samples);
      closeSync(this.records);
    }
  }
}

const PIECE = 1 << 20;

/** A part of a file in pieces; less if the file ends before. */
export function* readPieces(descriptor: number, at: number, bytes: number): Generator<Uint8Array> {
  for (let done = 0; done < bytes; ) {
    const piece = Buffer.alloc(Math.min(PIECE, bytes - done));
    const read = readSync(descriptor, piece, 0, piece.length, at + done);
    if (read === 0) return;
    yield piece.subarray(0, read);
    done += read;
  }
}

function synced(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) =>
    fsync(descriptor, (error) => (error === null ? resolve() : reject(error))),
  );
}
