import type { Duration } from '../engine/time.ts';
import { CAUSES } from './causes.ts';

/**
 * Where in a row is: its vCPU (-1: of a pCPU), when the sample ended [ns], its pCPU, the latency [ns], whether that is
 * *censored* (1: it had not ended then, so it is at least so long; else 0), it by cause [ns].
 */
export const ROW_VCPU = 0;
export const ROW_TIME = 1;
export const ROW_PCPU = 2;
export const ROW_LATENCY = 3;
export const ROW_CENSORED = 4;
export const FIRST_CAUSE = 5;
/** Numbers of a row, where there are no jobs. */
export const SAMPLE_FIELDS = FIRST_CAUSE + CAUSES.length;

/** Numbers of a row where there are so many jobs. */
export function fieldsWith(jobs: number): number {
  return SAMPLE_FIELDS + 2 * jobs;
}

/** The sample that is being taken. Few of its causes have any time, and only these are gone through. */
export class SampleRow {
  readonly numbers: Float64Array;
  /** The causes that have some, a bit each. */
  private present = 0;

  constructor(fields = SAMPLE_FIELDS) {
    this.numbers = new Float64Array(fields);
  }

  /** Adds `length` > 0 ns to a cause. */
  addCause(cause: number, length: Duration): void {
    this.numbers[FIRST_CAUSE + cause] += length;
    this.present |= 1 << cause;
  }

  clearCauses(): void {
    const { numbers } = this;
    for (let left = this.present; left !== 0; left &= left - 1) numbers[firstOf(left)] = 0;
    this.present = 0;
  }

  /** All causes together [ns]. */
  causesTotal(): Duration {
    const { numbers } = this;
    let total = 0;
    for (let left = this.present; left !== 0; left &= left - 1) total += numbers[firstOf(left)];
    return total;
  }

  /** Adds the causes to a row of sums. */
  addCausesTo(sums: Float64Array): void {
    const { numbers } = this;
    for (let left = this.present; left !== 0; left &= left - 1) {
      const at = firstOf(left);
      sums[at] += numbers[at];
    }
  }
}

/** Where in a row the first cause is of those that have a bit in `causes`. */
function firstOf(causes: number): number {
  return FIRST_CAUSE + 31 - Math.clz32(causes & -causes);
}
