import { invariant } from '../engine/invariant.ts';
import type { RandomStream } from '../engine/random-stream.ts';
import type { SetWayTarget } from '../hypervisor/ports.ts';

/** Lines of 64 bytes in a page of 4 KiB. */
const LINES_PER_PAGE = 64;

const CLEAN = -1;
const NOWHERE = -1;
/** `holder` of a line that only the system cache holds dirty. */
const SYSTEM = -2;

/**
 * Where the newest value of each line of a piece of memory is: in memory, or dirty in the write-back cache of a pCPU, or
 * dirty in a system cache. Caches are coherent as long as they are on: a write takes the line away from any other
 * cache. Set/Way operations act on the cache of the pCPU that executes them and on nothing else; what they clean goes to
 * the next level, which is the system cache if there is one (Arm ARM, D7.5.9: system caches need not implement them).
 */
export class CpuCaches implements SetWayTarget {
  private readonly sets: number;
  private readonly ways: number;
  private readonly stream: RandomStream;
  private readonly hasSystemCache: boolean;
  /** By pCPU and position in its cache: the dirty line there, or CLEAN. */
  private readonly dirty: Int32Array[];
  /** By line: the pCPU whose cache has it dirty, SYSTEM, or NOWHERE; and its position there. */
  private readonly holder: Int32Array;
  private readonly position: Int32Array;

  /**
   * @param sets - sets of each pCPU's cache; with `ways` the number of operations of a loop over it
   * @param lines - lines of memory that can be dirty
   * @param stream - chooses the way that a line goes to
   */
  constructor(
    pcpus: number,
    geometry: { readonly sets: number; readonly ways: number },
    lines: number,
    hasSystemCache: boolean,
    stream: RandomStream,
  ) {
    this.sets = geometry.sets;
    this.ways = geometry.ways;
    this.stream = stream;
    this.hasSystemCache = hasSystemCache;
    const positions = this.sets * this.ways;
    this.dirty = Array.from({ length: pcpus }, () => new Int32Array(positions).fill(CLEAN));
    this.holder = new Int32Array(lines).fill(NOWHERE);
    this.position = new Int32Array(lines);
  }

  /** Operations of a loop over one pCPU's cache. */
  get positions(): number {
    return this.sets * this.ways;
  }

  /** `pcpu` writes `line`, caches on. */
  write(pcpu: number, line: number): void {
    if (this.holder[line] === pcpu) return;
    this.release(line);
    const way = Math.floor(this.stream.uniform() * this.ways);
    const position = (line % this.sets) * this.ways + way;
    const evicted = this.dirty[pcpu][position];
    if (evicted !== CLEAN) this.writeBack(evicted);
    this.dirty[pcpu][position] = line;
    this.holder[line] = pcpu;
    this.position[line] = position;
  }

  setWay(pcpu: number, from: number, to: number): void {
    invariant(0 <= from && to <= this.positions, 'a loop stays within the cache');
    for (let position = from; position < to; position++) {
      const line = this.dirty[pcpu][position];
      if (line !== CLEAN) this.writeBack(line);
    }
  }

  /** Cleans the lines of `pages` pages from `firstPage` on by address, to memory, wherever they are. */
  cleanPages(firstPage: number, pages: number): void {
    const end = Math.min(this.holder.length, (firstPage + pages) * LINES_PER_PAGE);
    for (let line = firstPage * LINES_PER_PAGE; line < end; line++) {
      this.release(line);
      this.holder[line] = NOWHERE;
    }
  }

  /** Memory does not have the newest value of `line`: who reads it with the caches off reads a stale one. */
  isStale(line: number): boolean {
    return this.holder[line] !== NOWHERE;
  }

  /** The line leaves the cache of the pCPU that has it; its value goes to the next level. */
  private writeBack(line: number): void {
    this.release(line);
    this.holder[line] = this.hasSystemCache ? SYSTEM : NOWHERE;
  }

  private release(line: number): void {
    const pcpu = this.holder[line];
    if (pcpu >= 0) this.dirty[pcpu][this.position[line]] = CLEAN;
  }
}
