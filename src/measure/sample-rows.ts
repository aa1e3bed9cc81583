import type { LatencyKind } from './latency-kinds.ts';
import { SampleList } from './sample-list.ts';
import {
  FIRST_CAUSE,
  ROW_CENSORED,
  ROW_LATENCY,
  ROW_PCPU,
  ROW_TIME,
  ROW_VCPU,
  SAMPLE_FIELDS,
} from './sample-row.ts';

/** Rows that are handed on at a time. */
const ROWS = 1024;

/** Takes some samples of `kind`, row after row, in the order in which they ended, of `fields` numbers each. `rows` is overwritten afterwards. */
export type SampleSink = (kind: LatencyKind, rows: Float64Array, fields: number) => void;

/** Hands the samples of one kind on while they come, so that they need not all be in memory. */
export class SampleRows {
  private readonly kind: LatencyKind;
  private readonly sink: SampleSink;
  private readonly fields: number;
  private readonly rows: Float64Array;
  private used = 0;

  constructor(kind: LatencyKind, sink: SampleSink, fields = SAMPLE_FIELDS) {
    this.kind = kind;
    this.sink = sink;
    this.fields = fields;
    this.rows = new Float64Array(ROWS * fields);
  }

  /** @param row - overwritten afterwards */
  add(row: Float64Array): void {
    this.rows.set(row, this.used);
    this.used += this.fields;
    if (this.used === this.rows.length) this.end();
  }

  /** Hands on what has not been. */
  end(): void {
    if (this.used > 0) this.sink(this.kind, this.rows.subarray(0, this.used), this.fields);
    this.used = 0;
  }
}

/** The samples of one kind, column by column: latency [ns], time it ended [ns], pCPU, vCPU (-1: of a pCPU). */
export interface SampleColumns {
  readonly latency: Float64Array<ArrayBuffer>;
  readonly time: Float64Array<ArrayBuffer>;
  readonly pcpu: Float64Array<ArrayBuffer>;
  readonly vcpu: Float64Array<ArrayBuffer>;
  /** 1: it had not ended, and is at least so long; else 0. */
  readonly censored: Float64Array<ArrayBuffer>;
  /** What each was made of, all causes of a sample one after the other, in the order of causesOf [ns]. */
  readonly causes: Float64Array<ArrayBuffer>;
}

/** Keeps samples in memory. */
export class SampleCollector {
  private readonly byKind = new Map<LatencyKind, SampleList>();
  private fields = SAMPLE_FIELDS;

  readonly sink: SampleSink = (kind, rows, fields) => {
    this.fields = fields;
    let list = this.byKind.get(kind);
    if (list === undefined) {
      list = new SampleList();
      this.byKind.set(kind, list);
    }
    for (const value of rows) list.push(value);
  };

  /** The samples of `kind` so far. */
  columns(kind: LatencyKind): SampleColumns {
    const rows = this.byKind.get(kind)?.values() ?? new Float64Array(0);
    const { fields } = this;
    const count = rows.length / fields;
    const column = (field: number) =>
      Float64Array.from({ length: count }, (_, i) => rows[i * fields + field]);
    const causes = new Float64Array(count * (fields - FIRST_CAUSE));
    for (let i = 0; i < count; i++) {
      const own = rows.subarray(i * fields + FIRST_CAUSE, (i + 1) * fields);
      causes.set(own, i * (fields - FIRST_CAUSE));
    }
    return {
      time: column(ROW_TIME),
      pcpu: column(ROW_PCPU),
      vcpu: column(ROW_VCPU),
      latency: column(ROW_LATENCY),
      censored: column(ROW_CENSORED),
      causes,
    };
  }
}
