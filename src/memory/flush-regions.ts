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

/** What each region costs in one flush, in their order: the costs are drawn in turn. */
export type RegionCosts = () => FlushCosts;

/**
 * A search where regions of memory cost differently, as some are in the caches, and dirty, and others are not. In each flush
 * each region is drawn once, the first one first, so that a flush meets the same costs however often it is stopped.
 */
export class RegionSeek implements FlushSearch {
  private readonly passCosts: (pass: number) => RegionCosts;
  private readonly rule: FlushRule;
  private readonly searches = new Map<FlushCosts, FlushSeek>();
  private pass = 0;
  private draw: RegionCosts;
  private drawn: FlushSeek[] = [];

  /** @param passCosts - the costs of the regions in the flush with that number; equal costs are one object */
  constructor(passCosts: (pass: number) => RegionCosts, rule: FlushRule) {
    this.passCosts = passCosts;
    this.rule = rule;
    this.draw = passCosts(0);
  }

  beginPass(): void {
    this.drawn = [];
    this.draw = this.passCosts(this.pass++);
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
    while (this.drawn.length <= region) {
      const costs = this.draw();
      let search = this.searches.get(costs);
      if (search === undefined) {
        search = new FlushSeek(costs, this.rule);
        this.searches.set(costs, search);
      }
      this.drawn.push(search);
    }
    return this.drawn[region];
  }
}
