import type { Duration, Time } from '../engine/time.ts';
import {
  FIRST_CAUSE,
  ROW_CENSORED,
  ROW_LATENCY,
  ROW_PCPU,
  ROW_TIME,
  ROW_VCPU,
  SAMPLE_FIELDS,
  type SampleRow,
} from './sample-row.ts';

/** One latency and what it was made of. */
export interface WorstSample {
  /** When it ended [ns]. */
  readonly time: Time;
  readonly pcpu: number;
  /** -1: none, or an idle vCPU. */
  readonly vcpu: number;
  readonly latency: Duration;
  /** It had not ended, and is at least so long. */
  readonly censored: boolean;
  /** By cause, in the order of causesOf [ns]. */
  readonly causes: readonly number[];
}

/** What the latencies of one kind were made of, together. */
export interface CauseSums {
  /** Sum over all samples, by cause [ns]. */
  readonly all: readonly number[];
  /** The worst samples, 1 % of all but at most TAIL_MAX: how many, and their sum by cause [ns]. */
  readonly tailCount: number;
  readonly tail: readonly number[];
  /** The worst ones, worst first; among equals the earlier. */
  readonly worst: readonly WorstSample[];
}

/** Most samples that count as the tail of a replication. */
const TAIL_MAX = 100;
/** Samples that are kept whole. */
const WORST_MAX = 5;

/** Keeps the worst samples of one kind, and what all of them were made of. */
export class WorstSamples {
  private count = 0;
  /** A row in which the causes are those of all samples. */
  private readonly fields: number;
  private readonly sums: Float64Array;
  /** Rows of the worst samples, in any order, and room for one more. */
  private readonly rows: Float64Array;
  /** Where in `rows` each begins, the worst first; how many there are. */
  private readonly starts = new Int32Array(TAIL_MAX);
  private kept = 0;
  /** Where the next is put. */
  private free = 0;
  /** Shorter ones are not among the worst [ns]. */
  private least: Duration = 0;

  constructor(fields = SAMPLE_FIELDS) {
    this.fields = fields;
    this.sums = new Float64Array(fields);
    this.rows = new Float64Array((TAIL_MAX + 1) * fields);
  }

  /** @param sample - overwritten afterwards */
  add(sample: SampleRow): void {
    this.count++;
    sample.addCausesTo(this.sums);
    if (sample.numbers[ROW_LATENCY] >= this.least) this.addWorse(sample.numbers);
  }

  private addWorse(numbers: Float64Array): void {
    const { rows, starts, free, fields } = this;
    for (let i = 0; i < fields; i++) rows[free + i] = numbers[i];
    const last = starts[TAIL_MAX - 1];
    if (this.kept < TAIL_MAX) this.free = ++this.kept * fields;
    else if (this.isWorse(free, last)) this.free = last;
    else return;
    this.rank(free);
    if (this.kept === TAIL_MAX) this.least = rows[starts[TAIL_MAX - 1] + ROW_LATENCY];
  }

  summary(): CauseSums {
    const { rows, fields } = this;
    const starts = [...this.starts.subarray(0, this.kept)];
    const tailCount = Math.min(starts.length, Math.max(1, Math.ceil(this.count / 100)));
    const tail = new Array<number>(fields - FIRST_CAUSE).fill(0);
    for (let rank = 0; rank < tailCount; rank++) {
      for (let i = 0; i < tail.length; i++) tail[i] += rows[starts[rank] + FIRST_CAUSE + i];
    }
    const worst = starts.slice(0, WORST_MAX).map(
      (start): WorstSample => ({
        time: rows[start + ROW_TIME],
        pcpu: rows[start + ROW_PCPU],
        vcpu: rows[start + ROW_VCPU],
        latency: rows[start + ROW_LATENCY],
        censored: rows[start + ROW_CENSORED] === 1,
        causes: [...rows.subarray(start + FIRST_CAUSE, start + fields)],
      }),
    );
    return { all: [...this.sums.subarray(FIRST_CAUSE)], tailCount, tail, worst };
  }

  /** Gives the sample at `start` its rank among the others, the last of which it replaces. */
  private rank(start: number): void {
    const { starts } = this;
    const last = this.kept - 1;
    let rank = 0;
    for (let end = last; rank < end; ) {
      const middle = (rank + end) >> 1;
      if (this.isWorse(start, starts[middle])) end = middle;
      else rank = middle + 1;
    }
    starts.copyWithin(rank + 1, rank, last);
    starts[rank] = start;
  }

  private isWorse(a: number, b: number): boolean {
    const { rows } = this;
    const latency = rows[a + ROW_LATENCY] - rows[b + ROW_LATENCY];
    const time = rows[a + ROW_TIME] - rows[b + ROW_TIME];
    return (
      latency > 0 ||
      (latency === 0 && (time < 0 || (time === 0 && rows[a + ROW_VCPU] < rows[b + ROW_VCPU])))
    );
  }
}
