import { type FlushCycles, recordCycle, rideCycle } from './flush-cycle.ts';
import { type FlushCosts, type FlushCount, type FlushRule, flushCount } from './flush-rule.ts';
import type { P2mRun } from './p2m.ts';

/** A loop top on the way through the p2m. All totals are those of the call. */
export interface FlushCursor {
  /** Index of the run that holds gfn. */
  run: number;
  /** Pages of each mapping in that run, and whether it is flushed. */
  size: number;
  flush: boolean;
  gfn: number;
  /** As in Xen: where the next lookup is due; gfn itself at the start of a call or of a mapping. */
  boundary: number;
  /** Work since the call began [ns]. */
  time: number;
  /** What the rule has counted since the last check. */
  count: number;
  flushed: number;
  skipped: number;
  lookups: number;
  checks: number;
}

/**
 * Finds the check points of p2m_cache_flush_range() by arithmetic, without doing it page by page.
 *
 * Where all items count the same, the checks are an arithmetic progression. They are not where time
 * counts and a lookup takes some: there it goes block by block until the count at a block's start
 * repeats, and rides that cycle from then on. So a search costs a few steps per run. Time rules
 * need, until they meet a known cycle, steps for each block or check, whichever are fewer: at most
 * about as many as a block has pages, or lie between two checks. All times are exact up to 2^53 ns.
 */
export class FlushSeek {
  private readonly costs: FlushCosts;
  private readonly counts: FlushCount;
  /** By pages per block. Kept, for the same cycles serve all runs, questions and calls. */
  private readonly cycles = new Map<number, FlushCycles>();

  constructor(costs: FlushCosts, rule: FlushRule) {
    this.costs = costs;
    this.counts = flushCount(rule, costs);
  }

  /**
   * Moves `at` forward to the first check of a call on `runs` that is executed at or after `time`
   * [ns], before it is executed; if there is none, to `endGfn`, or behind it by a mapping skipped
   * there. Returns whether there is one.
   */
  seek(at: FlushCursor, time: number, runs: readonly P2mRun[], endGfn: number): boolean {
    const { perPage, perLookup, perSkip, countsPages } = this.counts;
    while (at.gfn < endGfn) {
      const run = runs[at.run];
      const end = Math.min(run.end, endGfn);
      at.size = 1 << run.order;
      at.flush = run.type === 'ram' && run.valid;
      let stopped: boolean;
      if (!at.flush) {
        const skips = Math.ceil(end / at.size) - Math.floor(at.gfn / at.size);
        stopped = this.advance(at, time, skips, countsPages ? at.size : perSkip);
      } else if (perLookup === 0 || at.size === 1) {
        stopped = this.advance(at, time, end - at.gfn, perPage + perLookup);
      } else {
        stopped = this.seekInBlocks(at, time, end);
      }
      if (stopped) return true;
      if (at.gfn >= run.end) at.run += 1;
    }
    return false;
  }

  /** Nothing is new. */
  beginPass(): void {}

  /** What a call that starts at `gfn` has counted at its start. */
  countAtStart(gfn: number): number {
    return this.counts.countsPages ? gfn % this.counts.limit : 0;
  }

  /** `seek` in blocks whose first page counts more than the others, up to `end`. */
  private seekInBlocks(at: FlushCursor, time: number, end: number): boolean {
    const cycles = this.cyclesOf(at.size);
    // Brent's cycle finding: `mark` is the count some steps ago, renewed after 1, 2, 4, ... steps.
    let mark = -1;
    let steps = 0;
    let power = 1;
    while (at.gfn < end) {
      if (at.gfn % at.size === 0) {
        const known = cycles.get(at.count);
        if (known !== undefined) {
          rideCycle(at, known.cycle, known.step, time, end);
        } else if (mark === at.count) {
          this.learnCycle(at, cycles);
        } else if (++steps === power) {
          mark = at.count;
          power *= 2;
          steps = 0;
        }
        this.passBlocksWithoutCheck(at, end);
      }
      if (at.gfn < end && this.advanceToBlockEnd(at, time, end)) return true;
    }
    return false;
  }

  /** Learns the cycle through `at`, which stays. */
  private learnCycle(at: FlushCursor, cycles: FlushCycles): void {
    const scout = { ...at };
    recordCycle(cycles, scout, at.size, () => {
      this.passBlocksWithoutCheck(scout, Infinity);
      this.advanceToBlockEnd(scout, Infinity, Infinity);
    });
  }

  private cyclesOf(size: number): FlushCycles {
    let cycles = this.cycles.get(size);
    if (cycles === undefined) {
      cycles = new Map();
      this.cycles.set(size, cycles);
    }
    return cycles;
  }

  /** Moves `at` from a block's start over the blocks before `end` at whose ends no check is due. */
  private passBlocksWithoutCheck(at: FlushCursor, end: number): void {
    const { perPage, perLookup, limit } = this.counts;
    const perBlock = at.size * perPage + perLookup;
    const room = Math.floor((end - at.gfn) / at.size);
    const blocks = Math.min(room, divideUp(limit - at.count, perBlock) - 1);
    if (blocks <= 0) return;
    this.move(at, blocks * at.size, 0);
    at.count += blocks * perBlock;
  }

  /** As `advance`, over the rest of the block of `at`. */
  private advanceToBlockEnd(at: FlushCursor, time: number, end: number): boolean {
    const { perPage, perLookup } = this.counts;
    if (at.gfn === at.boundary && this.advance(at, time, 1, perPage + perLookup)) return true;
    const rest = Math.min(at.boundary, end) - at.gfn;
    return this.advance(at, time, rest, perPage);
  }

  /**
   * Moves `at` over `items` items that count `weight` each, or forward to the first check among
   * them that is not before `time`; true in the second case.
   */
  private advance(at: FlushCursor, time: number, items: number, weight: number): boolean {
    const { limit, restart } = this.counts;
    // Checks come before the items first, first + step, first + 2 * step, ...
    const first = divideUp(limit - at.count, weight);
    if (first >= items) {
      this.move(at, items, 0);
      at.count += items * weight;
      return false;
    }
    const step = Math.min(items, Math.max(1, divideUp(limit - restart, weight)));
    const checks = Math.floor((items - 1 - first) / step) + 1;
    let passed = time === Infinity ? checks : 0;
    for (let high = checks; passed < high; ) {
      const middle = Math.floor((passed + high) / 2);
      const work = this.workOf(at, first + middle * step);
      if (at.time + work + middle * this.costs.check < time) passed = middle + 1;
      else high = middle;
    }
    const stopped = passed < checks;
    const done = stopped ? first + passed * step : items;
    this.move(at, done, passed);
    if (passed === 0) at.count += done * weight;
    else at.count = restart + (done - first - (passed - 1) * step) * weight;
    return stopped;
  }

  /** Moves `at` over `items` items of its run and `checks` checks, all but the count. */
  private move(at: FlushCursor, items: number, checks: number): void {
    at.time += this.workOf(at, items) + checks * this.costs.check;
    at.checks += checks;
    if (at.flush) {
      at.lookups += lookupsOf(at, items);
      at.flushed += items;
      at.gfn += items;
      at.boundary = Math.ceil(at.gfn / at.size) * at.size;
    } else {
      at.lookups += items;
      at.skipped += items;
      at.gfn = (Math.floor(at.gfn / at.size) + items) * at.size;
      at.boundary = at.gfn;
    }
  }

  /** Time of the next `items` items of the run of `at`, without checks [ns]. */
  private workOf(at: FlushCursor, items: number): number {
    if (!at.flush) return items * this.costs.skip;
    return items * this.costs.page + lookupsOf(at, items) * this.costs.lookup;
  }
}

/**
 * Lookups among the next `pages` pages to flush: at the boundary and at each block start behind it.
 */
function lookupsOf(at: FlushCursor, pages: number): number {
  const last = at.gfn + pages - 1;
  if (last < at.boundary) return 0;
  return Math.floor(last / at.size) - Math.floor(at.boundary / at.size) + 1;
}

/** The least whole n >= 0 with n * divisor >= dividend, or Infinity. Exact below 2^53. */
function divideUp(dividend: number, divisor: number): number {
  return dividend <= 0 ? 0 : Math.ceil(dividend / divisor);
}
