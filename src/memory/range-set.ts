/**
 * A set of whole numbers as sorted ranges that do not touch: its size grows with the number of ranges, never with the number
 * of members.
 */
export class RangeSet {
  /** Range i is [bounds[2 i], bounds[2 i + 1]). */
  private bounds: number[] = [];

  has(member: number): boolean {
    // A member lies behind an odd number of bounds.
    return this.boundsUpTo(member) % 2 === 1;
  }

  /** Adds [first, end). */
  add(first: number, end: number): void {
    this.replace(first, end, true);
  }

  /** Removes [first, end). @returns how many of its numbers were members */
  delete(first: number, end: number): number {
    let count = 0;
    const { bounds } = this;
    for (let i = this.boundsUpTo(first) & ~1; i < bounds.length && bounds[i] < end; i += 2) {
      count += Math.max(0, Math.min(bounds[i + 1], end) - Math.max(bounds[i], first));
    }
    if (count > 0) this.replace(first, end, false);
    return count;
  }

  private replace(first: number, end: number, isMember: boolean): void {
    if (first >= end) return;
    const { bounds } = this;
    // Bounds before `first`, and up to `end`; one that lies exactly at either end is made anew or vanishes.
    const from = this.boundsUpTo(first - 1);
    const to = this.boundsUpTo(end);
    const added: number[] = [];
    if ((from % 2 === 1) !== isMember) added.push(first);
    if ((to % 2 === 1) !== isMember) added.push(end);
    bounds.splice(from, to - from, ...added);
  }

  /** How many bounds are at most `value`. */
  private boundsUpTo(value: number): number {
    const { bounds } = this;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bounds[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
