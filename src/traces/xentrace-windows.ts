import * as xen from './xentrace-format.ts';

/** What is wrong with a file, and where. */
export interface ByteProblem {
  /** From the start of the file, from 0. */
  readonly byte: number;
  readonly message: string;
}

/** Problems are collected up to this many: a file that is no trace has no end of them. */
const PROBLEMS_MAX = 20;

/** Collects what is wrong with a file. */
export class ByteProblems {
  readonly found: ByteProblem[] = [];
  /** Records that contradict those before them, and are believed. */
  contradictions = 0;
  private readonly isStrict: boolean;

  /** @param isStrict - no record is believed that contradicts others */
  constructor(isStrict = false) {
    this.isStrict = isStrict;
  }

  add(byte: number, message: string): void {
    const isKnown = this.found.some((one) => one.byte === byte && one.message === message);
    if (!this.isFull && !isKnown) this.found.push({ byte, message });
  }

  /** A record contradicts those before it, or says nothing. @returns whether that is only counted; else the file is wrong */
  believes(byte: number, message: string): boolean {
    if (this.isStrict) this.add(byte, message);
    else this.contradictions++;
    return !this.isStrict;
  }

  get isFull(): boolean {
    return this.found.length >= PROBLEMS_MAX;
  }
}

/** Where records of a pCPU are in the file: from one byte to another. */
export interface Window {
  readonly from: number;
  readonly to: number;
  /** The file ends before the window does. */
  readonly isCut: boolean;
}

const HEAD = 12;
const HEAD_WORD = 2 * 2 ** xen.WORDS_SHIFT + xen.CPU_CHANGE;

/**
 * Finds the windows of each pCPU, in their order, hopping from head to head. A file that ends within its last
 * window was cut off while it was written; that is no mistake.
 */
export function findWindows(bytes: DataView, problems: ByteProblems): Map<number, Window[]> {
  const windows = new Map<number, Window[]>();
  for (let at = 0; at < bytes.byteLength && !problems.isFull; ) {
    const isWhole = at + HEAD <= bytes.byteLength;
    if (!isWhole && at > 0) break;
    if (!isWhole || bytes.getUint32(at, true) !== HEAD_WORD) {
      const what =
        at === 0 ? 'this is no xentrace file: it' : 'a window ends here, but what follows';
      problems.add(at, `${what} does not begin with a TRACE_CPU_CHANGE record`);
      break;
    }
    const pcpu = bytes.getUint32(at + 4, true);
    const from = at + HEAD;
    const to = from + bytes.getUint32(at + 8, true);
    if (pcpu >= xen.TRACED_PCPUS_MAX) {
      problems.add(
        at + 4,
        `there is no pCPU ${pcpu}: allowed are 0 to ${xen.TRACED_PCPUS_MAX - 1}`,
      );
    }
    const isCut = to > bytes.byteLength;
    const ofPcpu = windows.get(pcpu) ?? [];
    windows.set(pcpu, ofPcpu);
    if (to > from) ofPcpu.push({ from, to: Math.min(to, bytes.byteLength), isCut });
    at = to;
  }
  if (bytes.byteLength === 0) problems.add(0, 'the file is empty');
  return windows;
}
