import type { Time } from '../engine/time.ts';

const NONE = -1;

/** The events that have come for each vCPU and that its guest has not seen, by when they were due [ns]. */
export class PendingEvents {
  /** By vCPU: the first. Most have one at most. */
  private readonly first: Float64Array;
  /** The others. */
  private readonly others: Time[][];

  constructor(vcpus: number) {
    this.first = new Float64Array(vcpus).fill(NONE);
    this.others = Array.from({ length: vcpus }, () => []);
  }

  has(vcpu: number): boolean {
    return this.first[vcpu] !== NONE;
  }

  add(vcpu: number, due: Time): void {
    if (this.has(vcpu)) this.others[vcpu].push(due);
    else this.first[vcpu] = due;
  }

  /** How many there are for `vcpu`. */
  count(vcpu: number): number {
    return this.has(vcpu) ? 1 + this.others[vcpu].length : 0;
  }

  /** When the one with number `i` was due, in the order in which they came. */
  due(vcpu: number, i: number): Time {
    return i === 0 ? this.first[vcpu] : this.others[vcpu][i - 1];
  }

  /** The guest has seen them. */
  clear(vcpu: number): void {
    this.first[vcpu] = NONE;
    this.others[vcpu].length = 0;
  }
}
