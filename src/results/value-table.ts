import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import { METRICS } from '../measure/metrics.ts';
import type { Outcome } from '../experiment/outcome.ts';
import { O_CREAT, O_NOFOLLOW, O_RDWR, O_TRUNC, writeAll } from './disk.ts';

/** What is kept of each kind. */
const VALUES = ['count', 'censored', ...METRICS] as const;

const ROWS_PER_BLOCK = 2048;
/** Blocks that are kept in memory [bytes]. */
const CACHE_MAX = 32e6;

/**
 * All statistics of all replications as numbers on disk, a row of the same length per replication: what comparisons
 * and plots read, one statistic of one cell at a time, without reading records again.
 */
export class ValueTable {
  private readonly path: string;
  private readonly descriptor: number;
  private readonly kinds: readonly LatencyKind[];
  private readonly replications: number;
  private readonly width: number;
  /** Blocks that were read, by their place; the oldest first. */
  private readonly cache = new Map<number, Float64Array>();
  private cached = 0;

  /** @param folder - in which the table is made; it is scratch */
  constructor(folder: string, kinds: readonly LatencyKind[], replications: number) {
    this.path = join(folder, 'values.bin');
    this.descriptor = openSync(this.path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o666);
    this.kinds = kinds;
    this.replications = replications;
    this.width = kinds.length * VALUES.length;
  }

  /** Writes the rows of a cell. */
  fill(cell: number, outcomes: Iterable<Outcome>): void {
    const { width, replications } = this;
    let first = 0;
    let block = this.block(first);
    for (const outcome of outcomes) {
      while (outcome.replication >= first + block.length / width) {
        this.write(cell, first, block);
        first += block.length / width;
        block = this.block(first);
      }
      if (outcome.ok) block.set(this.row(outcome), (outcome.replication - first) * width);
    }
    for (; first < replications; first += ROWS_PER_BLOCK, block = this.block(first)) {
      this.write(cell, first, block);
    }
  }

  private block(first: number): Float64Array {
    const rows = Math.max(0, Math.min(ROWS_PER_BLOCK, this.replications - first));
    return new Float64Array(rows * this.width).fill(Number.NaN);
  }

  private row(outcome: Outcome & { ok: true }): number[] {
    const { latencies } = outcome.result;
    return this.kinds.flatMap((kind) => {
      const latency = latencies.find((candidate) => candidate.kind === kind);
      if (latency === undefined) return VALUES.map(() => Number.NaN);
      const { summary, censored } = latency;
      return VALUES.map((name) => (name === 'censored' ? censored : summary[name]));
    });
  }

  private write(cell: number, first: number, block: Float64Array): void {
    const bytes = new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
    writeAll(this.descriptor, bytes, this.offset(cell, first));
  }

  private offset(cell: number, replication: number): number {
    return 8 * this.width * (cell * this.replications + replication);
  }

  /** A statistic of a cell by replication; NaN where there is none. */
  values(cell: number, kind: LatencyKind, value: (typeof VALUES)[number]): Float64Array {
    const { width, replications } = this;
    const column = this.kinds.indexOf(kind) * VALUES.length + VALUES.indexOf(value);
    const values = new Float64Array(replications).fill(Number.NaN);
    if (column < 0) return values;
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
    readSync(this.descriptor, new Uint8Array(block.buffer), 0, block.byteLength, offset);
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
    closeSync(this.descriptor);
    rmSync(this.path, { force: true });
  }
}
