import { Digest } from '../../analysis/digest.ts';
import type { CellResult, Outcome } from '../../experiment/outcome.ts';
import type { Cell, Experiment } from '../../experiment/schema/schema.ts';
import { cellResult, runOne } from '../../experiment/study.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';

/** Cells whose replications are remembered: moving something back, or holding two settings against each other, runs nothing. */
const REMEMBERED_MAX = 64;

/** What is known of a cell of any setting: its first replications. */
interface Known {
  readonly outcomes: Outcome[];
}

/** Replications of cells, each run once and remembered for a while. */
export class Runs {
  private readonly known = new Map<string, Known>();

  /** The replications of an experiment, as far as they have been run. */
  of(experiment: Experiment): Run {
    const parts = experiment.cells.map((cell) => ({
      cell,
      known: this.recall(cell, experiment.seed),
    }));
    return new Run(experiment, parts);
  }

  /** What decides a replication is its setup and the seed, not what the cell is called. */
  private recall({ setup }: Cell, seed: number): Known {
    const key = JSON.stringify([seed, setup]);
    const known = this.known.get(key) ?? { outcomes: [] };
    this.known.delete(key);
    this.known.set(key, known);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= REMEMBERED_MAX) break;
      this.known.delete(oldest);
    }
    return known;
  }
}

/** The replications of one experiment. All cells get their first before any gets its second: they are compared in pairs. */
export class Run {
  readonly all: number;
  /** Of each cell, when all is done. */
  readonly replications: number;
  private readonly experiment: Experiment;
  private readonly parts: readonly { readonly cell: Cell; readonly known: Known }[];

  constructor(experiment: Experiment, parts: readonly { cell: Cell; known: Known }[]) {
    this.experiment = experiment;
    this.parts = parts;
    this.replications = experiment.replications;
    this.all = experiment.replications * parts.length;
  }

  /** Replications that have been run, of all cells. */
  get done(): number {
    const { replications } = this.experiment;
    return this.parts.reduce(
      (sum, { known }) => sum + Math.min(known.outcomes.length, replications),
      0,
    );
  }

  /** How many replications every cell has. */
  get rounds(): number {
    const counts = this.parts.map(({ known }) => known.outcomes.length);
    return Math.min(this.experiment.replications, ...counts);
  }

  /** Runs one replication more. @returns whether there was one to run */
  step(): boolean {
    const { rounds, experiment } = this;
    if (rounds === experiment.replications) return false;
    const next = this.parts.find(({ known }) => known.outcomes.length === rounds);
    if (next === undefined) return false;
    next.known.outcomes.push(runOne(next.cell, experiment.seed, rounds));
    return true;
  }

  /** The results for one kind of latency of the rounds so far, as a study of so many replications has them. */
  results(kind: LatencyKind, rounds = this.rounds): CellResult[] {
    return this.parts.map(({ cell, known }) => {
      const measure = { ...cell.setup.measure, latencies: [kind] };
      return cellResult(
        { ...cell, setup: { ...cell.setup, measure } },
        known.outcomes.slice(0, rounds),
      );
    });
  }

  /** What went wrong in replications that failed, each once. */
  failures(): string[] {
    const messages = this.parts.flatMap(({ known }) =>
      known.outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.message])),
    );
    return [...new Set(messages)];
  }

  /** What the samples of each cell were made of, and the worst. */
  digests(): Digest[] {
    return this.parts.map(({ cell, known }) => {
      const digest = new Digest(cell, false);
      for (const outcome of known.outcomes.slice(0, this.rounds)) digest.add(outcome);
      return digest;
    });
  }
}
