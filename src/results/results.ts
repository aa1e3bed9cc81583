import type { CellResult, Outcome } from '../experiment/outcome.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import { strataOf } from '../experiment/strata.ts';
import { counterNames } from '../measure/counters.ts';
import type { Journal } from './journal.ts';
import { outcomeOf } from './record.ts';
import { ValueTable } from './value-table.ts';

/** The finished replications of a study, cell by cell in the order of the plan, read from its journal when needed. */
export interface Results {
  readonly cells: readonly CellResult[];
  /** To be called when they are not needed any more. */
  close(): void;
}

/** What is called once with each replication, in the order of the plan, and with its line in the journal. */
export type Seen = (cell: number, outcome: Outcome, line: string) => void;

/** Reads the results of a study from its journal, cell by cell in the order of the plan, each replication once. */
export class ResultsReader implements Results {
  readonly cells: CellResult[] = [];
  private readonly experiment: Experiment;
  private readonly journal: Journal;
  private readonly seen: Seen;
  private readonly table: ValueTable;

  constructor(experiment: Experiment, journal: Journal, seen: Seen) {
    const { measure, replications, jobs } = experiment;
    const counters = counterNames(jobs);
    this.experiment = experiment;
    this.journal = journal;
    this.seen = seen;
    this.table = new ValueTable(journal.folder, measure.latencies, replications, counters);
  }

  /** Reads the next cell, if there is one left. @returns whether there was */
  next(): boolean {
    const { experiment, journal, seen, table } = this;
    const { replications } = experiment;
    const number = this.cells.length;
    if (number === experiment.cells.length) return false;
    const cell = experiment.cells[number];
    const outcomes = { [Symbol.iterator]: () => outcomesOf(journal, number, replications) };
    const strata = strataOf(cell.setup, () => ranOf(journal, number, outcomes));
    table.fill(number, outcomesOf(journal, number, replications, seen), outcomes, strata);
    this.cells.push({
      cell,
      outcomes,
      strata,
      statistic: (kind, metric) => table.statistic(number, kind, metric),
      counter: (name) => table.counter(number, name),
      values: (kind, value) => table.values(number, kind, value),
    });
    return true;
  }

  close(): void {
    this.table.close();
  }
}

/** The results of a study whose journal is complete. */
export function resultsOf(experiment: Experiment, journal: Journal): Results {
  const reader = new ResultsReader(experiment, journal, () => {});
  while (reader.next());
  return reader;
}

/** The replications of a cell that ran. They are read only if any of the study failed. */
function ranOf(journal: Journal, cell: number, outcomes: Iterable<Outcome>): number[] {
  if (journal.failed === 0) return [...journal.index.replications(cell)];
  return [...outcomes].filter(({ ok }) => ok).map(({ replication }) => replication);
}

function* outcomesOf(
  journal: Journal,
  cell: number,
  replications: number,
  seen?: Seen,
): Generator<Outcome> {
  for (const replication of journal.index.replications(cell)) {
    const line = replication < replications ? journal.line(cell, replication) : undefined;
    if (line === undefined) continue;
    const outcome = outcomeOf(line);
    seen?.(cell, outcome, line);
    yield outcome;
  }
}
