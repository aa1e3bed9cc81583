import type { Outcome } from '../experiment/outcome.ts';
import type { Cell, Experiment } from '../experiment/schema/schema.ts';
import { csvFields } from './csv.ts';
import { gzip, NewFile, temporaryPath } from './disk.ts';
import { FINISHED_RECORDS } from './file-names.ts';
import {
  cellValues,
  type ReplicationTable,
  replicationColumns,
  replicationTables,
} from './tables.ts';

/** Text that is written, or compressed, at a time [characters]. */
const PIECE = 1 << 20;

/** A little larger than at the usual level, in half the time. */
const LEVEL = 5;
const packed = (text: string) => gzip(text, LEVEL);

/** The files that have lines of every replication: its record, and the tables. All are written in one pass. */
export class ReplicationFiles {
  private readonly experiment: Experiment;
  private readonly records: TextFile;
  private readonly layouts: readonly ReplicationTable[];
  private readonly tables: readonly TextFile[];
  private cell: Cell | undefined;
  private head = '';

  /** @param staging - folder in which they are written, under temporary names */
  constructor(experiment: Experiment, staging: string) {
    this.experiment = experiment;
    this.records = new TextFile(staging, FINISHED_RECORDS, packed);
    this.layouts = replicationTables(experiment.jobs);
    this.tables = this.layouts.map((layout) => {
      const table = new TextFile(staging, layout.file);
      table.add(`${csvFields(replicationColumns(experiment, layout))}\n`);
      return table;
    });
  }

  /** @param line - its line in the journal */
  add(cell: Cell, outcome: Outcome, line: string): void {
    this.records.add(`${line}\n`);
    if (!outcome.ok) return;
    if (cell !== this.cell) this.head = csvFields(cellValues(this.experiment, cell));
    this.cell = cell;
    this.layouts.forEach(({ lines }, i) => {
      for (const own of lines(outcome.result)) {
        this.tables[i].add(`${this.head},${outcome.replication},${own}\n`);
      }
    });
  }

  /** They are complete. @returns their hashes by name */
  finish(): [name: string, sha256: string][] {
    return [this.records, ...this.tables].map((file) => [file.name, file.finish()]);
  }

  /** Gives them up after an error. */
  abandon(): void {
    for (const file of [this.records, ...this.tables]) file.abandon();
  }
}

/** A file to which text is added in small pieces. */
class TextFile {
  readonly name: string;
  private readonly file: NewFile;
  private readonly pack: (text: string) => string | Uint8Array;
  private text = '';

  /** @param pack - what is made of a piece of the text */
  constructor(
    staging: string,
    name: string,
    pack: (text: string) => string | Uint8Array = (text) => text,
  ) {
    this.name = name;
    this.file = new NewFile(temporaryPath(staging, name));
    this.pack = pack;
  }

  add(text: string): void {
    this.text += text;
    if (this.text.length >= PIECE) this.flush();
  }

  private flush(): void {
    if (this.text !== '') this.file.write(this.pack(this.text));
    this.text = '';
  }

  finish(): string {
    this.flush();
    return this.file.finish();
  }

  abandon(): void {
    this.file.abandon();
  }
}
