import { Digest } from '../analysis/digest.ts';
import { firstSetting, isAt } from '../analysis/first-setting.ts';
import type { CellResult } from '../experiment/outcome.ts';
import type { Cell, Experiment } from '../experiment/schema/schema.ts';
import type { Journal } from '../results/journal.ts';
import { ReplicationFiles } from '../results/replication-files.ts';
import { ResultsReader } from '../results/results.ts';
import { PAGE_CELLS_MAX } from './html/page-data.ts';

/** What was read of a study, for what is made of it. */
export interface Read {
  readonly results: readonly CellResult[];
  readonly digests: readonly Digest[];
  /** The files with lines of every replication: name and SHA-256. */
  readonly written: readonly (readonly [name: string, sha256: string])[];
  /** To be called when the results are not needed any more. */
  close(): void;
}

/**
 * Reads every replication of a study, once, cell by cell in the order of the plan: writes the files that have lines of each, and
 * keeps what the others need. Cells can be read while later ones are simulated.
 */
export class Reading {
  private readonly experiment: Experiment;
  private readonly journal: Journal;
  private readonly digests: readonly Digest[];
  private readonly files: ReplicationFiles;
  private readonly reader: ResultsReader;

  constructor(experiment: Experiment, journal: Journal) {
    const { cells } = experiment;
    const setting = firstSetting(
      experiment,
      cells.map((cell) => ({ cell })),
    );
    const isDrawn = (cell: Cell) => cells.length <= PAGE_CELLS_MAX || isAt(setting, { cell });
    const digests = cells.map((cell) => new Digest(cell, isDrawn(cell)));
    const files = new ReplicationFiles(experiment, journal.folder);
    this.experiment = experiment;
    this.journal = journal;
    this.digests = digests;
    this.files = files;
    this.reader = new ResultsReader(experiment, journal, (cell, outcome, line) => {
      files.add(cells[cell], outcome, line);
      digests[cell].add(outcome);
    });
  }

  /**
   * Reads the next cell, if the journal has all its replications: at most one, so that nobody waits long. If that fails, who began
   * it has to give it up.
   */
  readAhead(): void {
    const { experiment, journal, reader } = this;
    const next = reader.cells.length;
    if (next === experiment.cells.length) return;
    if (journal.index.count(next) === experiment.replications) reader.next();
  }

  /** Reads what is left; if that fails, it is given up. */
  finish(): Read {
    const { reader, digests, files } = this;
    try {
      while (reader.next());
    } catch (error) {
      this.abandon();
      throw error;
    }
    const written = files.finish();
    return { results: reader.cells, digests, written, close: () => reader.close() };
  }

  /** Gives up what was written. */
  abandon(): void {
    this.files.abandon();
    this.reader.close();
  }
}
