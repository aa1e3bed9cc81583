/** "No such pCPU". */
export const NO_PCPU = -1;

/**
 * A set of pCPUs. The searches are Xen's cpumask functions under their names; where Xen says "not
 * found = nr_cpu_ids", these return NO_PCPU.
 */
export class CpuMask {
  private readonly words: Int32Array;
  /** pCPUs are 0 .. size-1. */
  readonly size: number;

  constructor(size: number) {
    this.size = size;
    this.words = new Int32Array((size + 31) >>> 5);
  }

  /** The set of `members`, all below `size`. */
  static of(size: number, members: Iterable<number>): CpuMask {
    const mask = new CpuMask(size);
    for (const cpu of members) mask.add(cpu);
    return mask;
  }

  /** All pCPUs 0 .. size-1. */
  static all(size: number): CpuMask {
    const mask = new CpuMask(size);
    for (let cpu = 0; cpu < size; cpu++) mask.add(cpu);
    return mask;
  }

  has(cpu: number): boolean {
    return (this.words[cpu >>> 5] & (1 << (cpu & 31))) !== 0;
  }

  add(cpu: number): void {
    this.words[cpu >>> 5] = this.words[cpu >>> 5] | (1 << (cpu & 31));
  }

  remove(cpu: number): void {
    this.words[cpu >>> 5] = this.words[cpu >>> 5] & ~(1 << (cpu & 31));
  }

  isEmpty(): boolean {
    for (let w = 0; w < this.words.length; w++) if (this.words[w] !== 0) return false;
    return true;
  }

  /** The number of members. */
  weight(): number {
    let count = 0;
    for (let w = 0; w < this.words.length; w++) count += bitsOf(this.words[w]);
    return count;
  }

  intersects(other: CpuMask): boolean {
    for (let w = 0; w < this.words.length; w++) {
      if ((this.words[w] & other.words[w]) !== 0) return true;
    }
    return false;
  }

  isSubsetOf(other: CpuMask): boolean {
    for (let w = 0; w < this.words.length; w++) {
      if ((this.words[w] & ~other.words[w]) !== 0) return false;
    }
    return true;
  }

  /** Becomes `a`. */
  setTo(a: CpuMask): this {
    for (let w = 0; w < this.words.length; w++) this.words[w] = a.words[w];
    return this;
  }

  /** Becomes the intersection of `a` and `b`. */
  setToAnd(a: CpuMask, b: CpuMask): this {
    for (let w = 0; w < this.words.length; w++) {
      this.words[w] = a.words[w] & b.words[w];
    }
    return this;
  }

  /** Keeps only what is in `other` too. */
  and(other: CpuMask): this {
    return this.setToAnd(this, other);
  }

  /** Removes the members of `other`. */
  andNot(other: CpuMask): this {
    for (let w = 0; w < this.words.length; w++) {
      this.words[w] = this.words[w] & ~other.words[w];
    }
    return this;
  }

  /** The lowest member. */
  first(): number {
    return this.next(-1);
  }

  /** The lowest member above `cpu`. */
  next(cpu: number): number {
    const from = cpu + 1;
    let w = from >>> 5;
    if (w >= this.words.length) return NO_PCPU;
    let bits = this.words[w] & (-1 << (from & 31));
    while (bits === 0) {
      if (++w >= this.words.length) return NO_PCPU;
      bits = this.words[w];
    }
    return (w << 5) + 31 - Math.clz32(bits & -bits);
  }

  /** `next(cpu)`, or if there is none the lowest member: `cpu` itself only when it is alone. */
  cycle(cpu: number): number {
    const next = this.next(cpu);
    return next !== NO_PCPU ? next : this.first();
  }

  /** `cpu` if it is a member, else `cycle(cpu)`. */
  testOrCycle(cpu: number): number {
    return cpu !== NO_PCPU && this.has(cpu) ? cpu : this.cycle(cpu);
  }

  toArray(): number[] {
    const members: number[] = [];
    for (let cpu = this.first(); cpu !== NO_PCPU; cpu = this.next(cpu)) members.push(cpu);
    return members;
  }
}

/** How many bits of a 32-bit number are set: in pairs, fours, and all of them by a product. */
function bitsOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
