import type { Duration } from '../engine/time.ts';
import { CAUSES } from './causes.ts';

/** Where in a row is: when the sample ended [ns], its pCPU, its vCPU (-1: of a pCPU), the latency [ns], it by cause [ns]. */
export const ROW_TIME = 0;
export const ROW_PCPU = 1;
export const ROW_VCPU = 2;
export const ROW_LATENCY = 3;
export const FIRST_CAUSE = 4;
/** Numbers of a row. */
export const SAMPLE_FIELDS = FIRST_CAUSE + CAUSES.length;

/** The sample that is being taken. Few of its causes have any time, and only these are gone through. */
export class SampleRow {
  readonly numbers = new Float64Array(SAMPLE_FIELDS);
  /** Places in `numbers` of the causes that have some, `causeCount` of them. */
  private readonly present = new Uint8Array(CAUSES.length);
  private causeCount = 0;

  /** Adds `length` > 0 ns to a cause. */
  addCause(cause: number, length: Duration): void {
    const { numbers } = this;
    const at = FIRST_CAUSE + cause;
    if (numbers[at] === 0) this.present[this.causeCount++] = at;
    numbers[at] += length;
  }

  clearCauses(): void {
    for (let i = 0; i < this.causeCount; i++) this.numbers[this.present[i]] = 0;
    this.causeCount = 0;
  }

  /** All causes together [ns]. */
  causesTotal(): Duration {
    let total = 0;
    for (let i = 0; i < this.causeCount; i++) total += this.numbers[this.present[i]];
    return total;
  }

  /** Adds the causes to a row of sums. */
  addCausesTo(sums: Float64Array): void {
    for (let i = 0; i < this.causeCount; i++) {
      const at = this.present[i];
      sums[at] += this.numbers[at];
    }
  }
}
