/** Where a record and its samples are [bytes]. */
export interface Place {
  readonly lineAt: number;
  readonly lineBytes: number;
  readonly samplesAt: number;
  readonly samplesBytes: number;
}

const FIELDS = 4;

/**
 * Where the record of each replication is. About 40 bytes per replication, in typed arrays: this is all that grows
 * in memory with the number of replications.
 */
export class RecordIndex {
  size = 0;
  private places = new Float64Array(FIELDS * 1024);
  /** By cell, by replication: number of the record, from 1. */
  private readonly slots: Int32Array[];
  private readonly counts: Float64Array;

  constructor(cells: number) {
    this.slots = Array.from({ length: cells }, () => new Int32Array(0));
    this.counts = new Float64Array(cells);
  }

  has(cell: number, replication: number): boolean {
    return this.number(cell, replication) > 0;
  }

  /** How many replications of a cell there are records of. */
  count(cell: number): number {
    return this.counts[cell];
  }

  /** The how manieth record that was added is of this replication, from 1; 0 if none is. */
  number(cell: number, replication: number): number {
    return this.slots[cell][replication] ?? 0;
  }

  add(cell: number, replication: number, place: Place): void {
    const at = FIELDS * this.size;
    if (at === this.places.length) this.places = grown(this.places, 2 * at);
    const { lineAt, lineBytes, samplesAt, samplesBytes } = place;
    this.places.set([lineAt, lineBytes, samplesAt, samplesBytes], at);
    if (replication >= this.slots[cell].length) {
      const larger = new Int32Array(Math.max(16, 2 * replication));
      larger.set(this.slots[cell]);
      this.slots[cell] = larger;
    }
    this.slots[cell][replication] = ++this.size;
    this.counts[cell]++;
  }

  find(cell: number, replication: number): Place | undefined {
    const number = this.number(cell, replication);
    if (number === 0) return undefined;
    const at = FIELDS * (number - 1);
    const [lineAt, lineBytes, samplesAt, samplesBytes] = this.places.subarray(at, at + FIELDS);
    return { lineAt, lineBytes, samplesAt, samplesBytes };
  }

  /** Replications of a cell that there are records of, ascending. */
  *replications(cell: number): Generator<number> {
    const slots = this.slots[cell];
    for (let replication = 0; replication < slots.length; replication++) {
      if (slots[replication] > 0) yield replication;
    }
  }
}

function grown(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length);
  larger.set(array);
  return larger;
}
