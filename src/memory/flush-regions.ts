import type { FlushCosts, FlushRule } from './flush-rule.ts';
import { type FlushCursor, FlushSeek } from './flush-seek.ts';
import type { P2mRun } from './p2m.ts';

/** Where the check points of a call lie, and when (FlushSeek says how it is asked). */
export interface FlushSearch {
  /** A flush of everything begins, not a call that goes on with one. */
  beginPass(): void;
  seek(at: FlushCursor, time: number, runs: readonly P2mRun[], endGfn: number): boolean;
  countAtStart(gfn: number): number;
}

/** Pages of a region, whose costs are alike: 2 MiB, what Xen maps at once. */
const REGION = 512;

/** What regions of memory cost, where that differs: one of several sets of costs each. */
export interface RegionCosts {
  /** What draws the numbers of the regions' sets in the flush with that number, the first region first. */
  readonly drawsOf: (pass: number) => () => number;
  /** The set of costs with that number. */
  readonly costsOf: (set: number) => FlushCosts;
}

/**
 * A search where regions of memory cost differently, as some are in the caches, and dirty, and others are not. In each flush
 * each region is drawn once, the first one first, so that a flush meets the same costs however often it is stopped.
 */
export class RegionSeek implements FlushSearch {
  private readonly costs: RegionCosts;
  private readonly rule: FlushRule;
  /** By the number of the set. */
  private readonly searches: (FlushSeek | undefined)[] = [];
  private pass = 0;
  private draw: () => number;
  private drawn: number[] = [];

  constructor(costs: RegionCosts, rule: FlushRule) {
    this.costs = costs;
    this.rule = rule;
    this.draw = costs.drawsOf(0);
  }

  beginPass(): void {
    this.drawn = [];
    this.draw = this.costs.drawsOf(this.pass++);
  }

  seek(at: FlushCursor, time: number, runs: readonly P2mRun[], endGfn: number): boolean {
    while (at.gfn < endGfn) {
      const region = Math.floor(at.gfn / REGION);
      const end = Math.min(endGfn, (region + 1) * REGION);
      if (this.searchOf(region).seek(at, time, runs, end)) return true;
    }
    return false;
  }

  countAtStart(gfn: number): number {
    return this.searchOf(Math.floor(gfn / REGION)).countAtStart(gfn);
  }

  private searchOf(region: number): FlushSeek {
    while (this.drawn.length <= region) this.drawn.push(this.draw());
    const set = this.drawn[region];
    // Most regions are only drawn, in their turn: memory begins at 1 GiB, or is a hole.
    let search = this.searches[set];
    if (search === undefined) {
      search = new FlushSeek(this.costs.costsOf(set), this.rule);
      this.searches[set] = search;
    }
    return search;
  }
}
