import { closeSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { COLUMNS, cellStatistics } from '../experiment/cell-statistics.ts';
import type { Outcome, OwnValue, Statistic, Strata } from '../experiment/outcome.ts';
import { COUNTER_NAMES, type CounterName } from '../measure/counters.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import { METRICS, type Metric } from '../measure/metrics.ts';
import { NOTHING, type Scale } from '../stats/pooled-statistics.ts';
import { kindOf, makeFile, type OpenFile, writeAll } from './disk.ts';
import { VALUES_FILE } from './journal-folder.ts';

const ROWS_PER_BLOCK = 2048;
/** Blocks that are kept in memory [bytes]. */
const CACHE_MAX = 32e6;

/**
 * All statistics of all cells, and what each replication contributes to them, as numbers on disk, a row of the same length
 * per replication: what comparisons and plots read, one statistic of one cell at a time, without reading records again.
 */
export class ValueTable {
  private readonly file: OpenFile;
  private readonly kinds: readonly LatencyKind[];
  private readonly replications: number;
  private readonly counters: readonly string[];
  private readonly width: number;
  /** Of each cell, by kind and metric. */
  private readonly scales: Scale[][][] = [];
  /** Blocks that were read, by their place; the oldest first. */
  private readonly cache = new Map<number, Float64Array>();
  private cached = 0;

  /**
   * @param folder - in which the table is made; it is scratch
   * @param counters - the names of the experiment's counters
   */
  constructor(
    folder: string,
    kinds: readonly LatencyKind[],
    replications: number,
    counters: readonly string[] = COUNTER_NAMES,
  ) {
    const path = join(folder, VALUES_FILE);
    if (kindOf(path) === 'file') rmSync(path);
    this.file = makeFile(path);
    this.kinds = kinds;
    this.replications = replications;
    this.counters = counters;
    this.width = kinds.length * COLUMNS.length + counters.length;
  }

  /**
   * Writes the rows of a cell.
   * @param again - the same outcomes, for a second pass
   * @param strata - how its replications were drawn; undefined: all alike
   */
  fill(cell: number, outcomes: Iterable<Outcome>, again: Iterable<Outcome>, strata?: Strata): void {
    const { width, replications } = this;
    let first = 0;
    let block = this.block(first);
    const row = (replication: number, values: readonly number[]) => {
      while (replication >= first + block.length / width) {
        this.write(cell, first, block);
        first += block.length / width;
        block = this.block(first);
      }
      block.set(values, (replication - first) * width);
    };
    this.scales[cell] = cellStatistics(this.kinds, outcomes, again, strata, this.counters, row);
    for (; first < replications; first += ROWS_PER_BLOCK, block = this.block(first)) {
      this.write(cell, first, block);
    }
  }

  private block(first: number): Float64Array {
    const rows = Math.max(0, Math.min(ROWS_PER_BLOCK, this.replications - first));
    return new Float64Array(rows * this.width).fill(Number.NaN);
  }

  private write(cell: number, first: number, block: Float64Array): void {
    const bytes = new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
    writeAll(this.file, bytes, this.offset(cell, first));
  }

  private offset(cell: number, replication: number): number {
    return 8 * this.width * (cell * this.replications + replication);
  }

  /** A statistic of a cell; NaN where there is none. */
  statistic(cell: number, kind: LatencyKind, metric: Metric): Statistic {
    return this.scales[cell]?.[this.kinds.indexOf(kind)]?.[METRICS.indexOf(metric)] ?? NOTHING;
  }

  /** What each replication of a cell contributes to a statistic, or has by itself; NaN where there is none. */
  values(cell: number, kind: LatencyKind, value: Metric | OwnValue): Float64Array {
    const at = this.kinds.indexOf(kind);
    if (at < 0) return new Float64Array(this.replications).fill(Number.NaN);
    const of = COLUMNS.indexOf(value);
    const { offset, slope } = this.scales[cell]?.[at]?.[of] ?? PLAIN;
    return this.column(cell, at * COLUMNS.length + of).map((own) => offset + slope * own);
  }

  /** A counter of each replication of a cell; NaN where it failed. */
  counter(cell: number, name: CounterName): Float64Array {
    return this.column(cell, this.kinds.length * COLUMNS.length + this.counters.indexOf(name));
  }

  private column(cell: number, column: number): Float64Array {
    const { width, replications } = this;
    const values = new Float64Array(replications).fill(Number.NaN);
    for (let first = 0; first < replications; first += ROWS_PER_BLOCK) {
      const block = this.read(this.offset(cell, first), first);
      for (let i = column; i < block.length; i += width) {
        values[first + (i - column) / width] = block[i];
      }
    }
    return values;
  }

  private read(offset: number, first: number): Float64Array {
    const known = this.cache.get(offset);
    if (known !== undefined) return known;
    const block = this.block(first);
    readSync(this.file.descriptor, new Uint8Array(block.buffer), 0, block.byteLength, offset);
    this.cache.set(offset, block);
    this.cached += block.byteLength;
    for (const [oldest, { byteLength }] of this.cache) {
      if (this.cached <= CACHE_MAX) break;
      this.cache.delete(oldest);
      this.cached -= byteLength;
    }
    return block;
  }

  close(): void {
    closeSync(this.file.descriptor);
    rmSync(this.file.path, { force: true });
  }
}

/** What a replication has by itself is as it was written. */
const PLAIN = { offset: 0, slope: 1 };
