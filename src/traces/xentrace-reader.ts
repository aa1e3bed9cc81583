import { EventQueue } from '../engine/event-queue.ts';
import * as xen from './xentrace-format.ts';
import { ByteProblems, findWindows, type Window } from './xentrace-windows.ts';

/** A record of a file. */
export interface ReadRecord {
  /** Where it is in the file [byte]. */
  readonly byte: number;
  readonly pcpu: number;
  readonly event: number;
  /** Ticks since the first TSC of the file's first window, by the clock of all pCPUs; may be negative. */
  readonly ticks: number;
  readonly words: readonly number[];
}

/** The first TSC in the file, in two words: ticks are counted from it, as 64 bits do not fit a number. */
interface Base {
  readonly low: number;
  readonly high: number;
}

/** A time in which a pCPU could not write its records, which may have been about any vCPU. */
export interface Loss {
  readonly from: number;
  readonly to: number;
  /** Records lost. */
  readonly count: number;
}

/** The records of a xentrace file, and which pCPUs have any place in it. */
export interface XentraceFile {
  readonly pcpus: readonly number[];
  /** All records by TSC; of equal ones those of the pCPU of the last record come first, as in xenalyze. */
  readonly records: Iterable<ReadRecord>;
  /** By their beginning. */
  readonly losses: readonly Loss[];
}

/**
 * Reads a xentrace file; records that are wrong are told to `problems` and left out, with the rest of their window.
 * It is read once for losses, which are recorded after they have happened, and again for its records.
 * @param ahead - by how many ticks the TSCs of pCPUs are ahead of the others
 */
export function readXentrace(
  bytes: Uint8Array,
  problems: ByteProblems,
  ahead: ReadonlyMap<number, number> = new Map(),
): XentraceFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const windows = [...findWindows(view, problems)].sort(([a], [b]) => a - b);
  const base: { value: Base | undefined } = { value: undefined };
  const readers = (told: ByteProblems) =>
    windows.map(
      ([pcpu, ofPcpu]) => new PcpuReader(view, pcpu, ofPcpu, base, told, ahead.get(pcpu) ?? 0),
    );
  return {
    pcpus: windows.map(([pcpu]) => pcpu),
    losses: findLosses(readers(new ByteProblems()), base),
    records: merge(readers(problems), problems),
  };
}

function findLosses(readers: readonly PcpuReader[], base: { readonly value: Base | undefined }) {
  const losses: Loss[] = [];
  for (const reader of readers) {
    for (; reader.record !== undefined; reader.advance()) {
      const { event, words, ticks } = reader.record;
      if (event !== xen.LOST_RECORDS || words.length < 4 || base.value === undefined) continue;
      // The count, the vCPU that ran then, the TSC of the first one lost.
      const [count, , low, high] = words;
      const from = Math.min(ticks, ticksSince(base.value, low, high) - reader.ahead);
      losses.push({ from, to: ticks, count });
    }
  }
  return losses.sort((a, b) => a.from - b.from);
}

function* merge(readers: readonly PcpuReader[], problems: ByteProblems): Generator<ReadRecord> {
  const queue = new EventQueue(Math.max(1, readers.length));
  for (const [slot, { record }] of readers.entries()) {
    if (record !== undefined) queue.arm(slot, record.ticks);
  }
  for (let slot = queue.peek(); slot >= 0; slot = queue.peek()) {
    const reader = readers[slot];
    queue.take(slot);
    const others = queue.nextTime();
    while (reader.record !== undefined && reader.record.ticks <= others) {
      if (problems.isFull) return;
      yield reader.record;
      reader.advance();
    }
    if (reader.record !== undefined) queue.arm(slot, reader.record.ticks);
  }
}

/** A record before the first TSC of its pCPU: nobody knows when it was. */
const UNDATED = 'undated';

/** The records of one pCPU in their order. */
class PcpuReader {
  /** The next record; undefined: there is none left. */
  record: ReadRecord | undefined;
  /** By so many ticks its TSC is ahead. */
  readonly ahead: number;
  private readonly bytes: DataView;
  private readonly pcpu: number;
  private readonly windows: readonly Window[];
  private readonly base: { value: Base | undefined };
  private readonly problems: ByteProblems;
  private window = 0;
  private at: number;
  private ticks: number | undefined;

  constructor(
    bytes: DataView,
    pcpu: number,
    windows: readonly Window[],
    base: { value: Base | undefined },
    problems: ByteProblems,
    ahead: number,
  ) {
    this.ahead = ahead;
    this.bytes = bytes;
    this.pcpu = pcpu;
    this.windows = windows;
    this.base = base;
    this.problems = problems;
    this.at = windows[0]?.from ?? 0;
    this.advance();
  }

  /** Goes on to the next record. */
  advance(): void {
    this.record = undefined;
    while (this.window < this.windows.length && this.record === undefined) {
      const window = this.windows[this.window];
      if (this.at < window.to) this.record = this.read(window);
      if (this.record === undefined && !this.problems.isFull) this.skipWindow();
      else if (this.record === undefined) return;
    }
  }

  private skipWindow(): void {
    this.window++;
    this.at = this.windows[this.window]?.from ?? 0;
  }

  /** Reads the next record of a window that has a time. @returns undefined if there is none, or it is wrong */
  private read(window: Window): ReadRecord | undefined {
    for (;;) {
      const record = this.readOne(window);
      if (record !== UNDATED) return record;
    }
  }

  /** Reads the record at `at`. @returns undefined if it is none, or wrong; UNDATED if it is skipped */
  private readOne(window: Window): ReadRecord | typeof UNDATED | undefined {
    this.skipPadding(window);
    const { bytes, at, problems } = this;
    if (at === window.to) return undefined;
    if (at + 4 > window.to) return this.refuseCut(window);
    const head = bytes.getUint32(at, true);
    const event = head % (xen.EVENT_MASK + 1);
    const count = Math.floor(head / 2 ** xen.WORDS_SHIFT) % (xen.WORDS_MAX + 1);
    const hasTsc = head >= xen.HAS_TSC;
    const from = at + (hasTsc ? 12 : 4);
    const end = from + 4 * count;
    const flaw = flawOf(event);
    if (flaw !== undefined) {
      problems.add(at, `${flaw} (0x${event.toString(16)})`);
      return undefined;
    }
    if (end > window.to) return this.refuseCut(window);
    if (hasTsc) {
      const ticks = this.ticksAt(at + 4) - this.ahead;
      const goesBack = this.ticks !== undefined && ticks < this.ticks;
      if (goesBack && !problems.believes(at + 4, `the TSC of pCPU ${this.pcpu} goes back`)) {
        return undefined;
      }
      // Time goes on: what is older than the record before it happened at the same time.
      this.ticks = Math.max(ticks, this.ticks ?? ticks);
    }
    this.at = end;
    if (this.ticks === undefined) {
      const message = `a record without TSC is the first of pCPU ${this.pcpu}`;
      return problems.believes(at, message) ? UNDATED : undefined;
    }
    const words: number[] = [];
    for (let word = from; word < end; word += 4) words.push(bytes.getUint32(word, true));
    return { byte: at, pcpu: this.pcpu, event, ticks: this.ticks, words };
  }

  /** Skips WRAP_BUFFER records, with which Xen pads its buffers, and their words. */
  private skipPadding({ to }: Window): void {
    for (; this.at + 4 <= to; ) {
      const head = this.bytes.getUint32(this.at, true);
      if (head % (xen.EVENT_MASK + 1) !== xen.WRAP_BUFFER) return;
      const words = Math.floor(head / 2 ** xen.WORDS_SHIFT) % (xen.WORDS_MAX + 1);
      this.at = Math.min(to, this.at + (head >= xen.HAS_TSC ? 12 : 4) + 4 * words);
    }
  }

  /** A record goes on behind its window: wrong, unless the file was cut off there. */
  private refuseCut({ to, isCut }: Window): undefined {
    if (!isCut)
      this.problems.add(this.at, `a record goes on behind its window, which ends at ${to}`);
    return undefined;
  }

  private ticksAt(at: number): number {
    const low = this.bytes.getUint32(at, true);
    const high = this.bytes.getUint32(at + 4, true);
    this.base.value ??= { low, high };
    return ticksSince(this.base.value, low, high);
  }
}

function ticksSince(base: Base, low: number, high: number): number {
  return (high - base.high) * 2 ** 32 + low - base.low;
}

/** Why no record has this event; undefined if one may. */
function flawOf(event: number): string | undefined {
  const classBits = event >>> 16;
  if (classBits === 0 || (classBits & (classBits - 1)) !== 0) {
    return 'this is no record: its event has not exactly one class';
  }
  if (event === xen.CPU_CHANGE) return 'a TRACE_CPU_CHANGE record is inside a window';
  return undefined;
}
