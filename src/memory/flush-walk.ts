import { invariant } from '../engine/invariant.ts';
import type { Duration } from '../engine/time.ts';
import { type FlushSearch, type RegionCosts, RegionSeek } from './flush-regions.ts';
import type { FlushCosts, FlushRule } from './flush-rule.ts';
import { type FlushCursor, FlushSeek } from './flush-seek.ts';
import type { P2m, P2mRun } from './p2m.ts';

/** What a walk has done: pages flushed, mappings and holes skipped, lookups, checks executed. */
export type FlushTotals = Readonly<Record<'flushed' | 'skipped' | 'lookups' | 'checks', number>>;

/** A loop top of a call: `gfn` is the next one to do, the totals are those of the call so far. */
export interface FlushPosition extends FlushTotals {
  readonly gfn: number;
}

const NOTHING: FlushTotals = { flushed: 0, skipped: 0, lookups: 0, checks: 0 };

/**
 * p2m_cache_flush_range() as arithmetic: when its check points are due and where it stands there,
 * without doing it page by page.
 *
 * One call of Xen's function is `begin`, then any number of questions (`duration`, `nextCheck`,
 * `positionAt`), then `stopAt` (-ERESTART) or `finish`. Times are [ns] of pure work since `begin`:
 * who asks leaves out the time in which the pCPU did something else. The p2m must not change during
 * a call, as Xen holds its lock.
 *
 * Later questions of a call go on where earlier ones ended, so a whole flush costs its runs (see
 * FlushSeek) once for each call, and a few steps per check that is asked for.
 */
export class FlushWalk {
  /** The next gfn to do: where to resume after `stopAt`. May lie behind the end after a skip. */
  gfn = 0;
  /** Totals of the last call that ended. */
  call: FlushTotals = NOTHING;
  /** Totals of all calls that ended. */
  total: FlushTotals = NOTHING;

  private readonly p2m: P2m;
  private readonly search: FlushSearch;

  private open = false;
  private runs: readonly P2mRun[] = [];
  private end = 0;
  private start: FlushCursor = cursorAt(0, 0, 0);
  /** The first check at or after `asked`, or the end of the range; the start if not `asked` yet. */
  private found: FlushCursor = { ...this.start };
  private asked = Infinity;
  /** The end of the range, once it has been asked for. */
  private last: FlushCursor | undefined;

  private readonly cleaned: (firstGfn: number, endGfn: number) => void;

  /**
   * @param costs - what each step costs; or, where memory differs, what its regions cost
   * @param cleaned - called at the end of each call with the gfns it went over; those that count as accessed are
   *   clean
   */
  constructor(
    p2m: P2m,
    costs: FlushCosts | RegionCosts,
    rule: FlushRule,
    cleaned: (firstGfn: number, endGfn: number) => void = () => {},
  ) {
    this.p2m = p2m;
    this.cleaned = cleaned;
    this.search = 'drawsOf' in costs ? new RegionSeek(costs, rule) : new FlushSeek(costs, rule);
  }

  /** Where a later call goes on: the next gfn to do. */
  get position(): number {
    return this.gfn;
  }

  /**
   * Starts a call at `gfn`: the count is 0 and the first gfn is looked up. The range is clipped to
   * what the p2m ever had mapped.
   */
  begin(gfn: number, endGfn = Infinity): void {
    invariant(!this.open, 'a flush begins after the call before it has ended');
    this.open = true;
    if (gfn === 0) this.search.beginPass();
    this.runs = this.p2m.runs;
    this.gfn = Math.max(gfn, this.p2m.lowestMappedGfn);
    this.end = Math.min(endGfn, this.p2m.maxMappedGfn + 1);
    const run = this.gfn < this.end ? this.p2m.indexOf(this.gfn) : 0;
    invariant(run >= 0, 'a flush begins inside the p2m');
    this.start = cursorAt(this.gfn, run, this.search.countAtStart(this.gfn));
    this.found = { ...this.start };
    this.asked = Infinity;
    this.last = undefined;
  }

  /** Time from `begin` to the end of the range if no check finds anything [ns]. */
  duration(): Duration {
    return this.walkToEnd().time;
  }

  /**
   * The earliest time >= `time` at which a check point is executed, before its cost is paid [ns];
   * Infinity if the call ends first. A raise at exactly that time is found. Among checks of the
   * same time (costs of zero) the first one counts.
   */
  nextCheck(time: Duration): Duration {
    return this.checkFrom(time) ? this.found.time : Infinity;
  }

  /** Where the call stands at the check due at `time`, which came from `nextCheck`. */
  positionAt(time: Duration): FlushPosition {
    invariant(this.checkFrom(time) && this.found.time === time, 'a position is asked at a check');
    const { gfn, flushed, skipped, lookups, checks } = this.found;
    return { gfn, flushed, skipped, lookups, checks };
  }

  /** Ends the call with -ERESTART at the check due at `time`, which came from `nextCheck`. */
  stopAt(time: Duration): void {
    invariant(this.checkFrom(time) && this.found.time === time, 'a flush is preempted at a check');
    invariant(this.found.gfn > this.start.gfn, 'a preempted call has made progress');
    this.found.checks += 1;
    this.close(this.found);
  }

  /** Ends the call at the end of the range. */
  finish(): void {
    this.close(this.walkToEnd());
  }

  private close(at: FlushCursor): void {
    const { gfn, flushed, skipped, lookups, checks } = at;
    invariant(Number.isSafeInteger(at.time), 'a call lasts less than 2^53 ns');
    invariant(this.p2m.runs === this.runs, 'a p2m does not change while a flush holds its lock');
    this.open = false;
    this.cleaned(this.start.gfn, gfn);
    this.gfn = gfn;
    this.call = { flushed, skipped, lookups, checks };
    this.total = {
      flushed: this.total.flushed + flushed,
      skipped: this.total.skipped + skipped,
      lookups: this.total.lookups + lookups,
      checks: this.total.checks + checks,
    };
  }

  private walkToEnd(): FlushCursor {
    invariant(this.open, 'a flush is asked during a call');
    if (this.last === undefined) {
      this.last = { ...this.found };
      const stopped = this.search.seek(this.last, Infinity, this.runs, this.end);
      invariant(!stopped && this.last.gfn >= this.end, 'a flush reaches the end of its range');
    }
    return this.last;
  }

  /** Moves `found` to the first check at or after `time`; false if there is none. */
  private checkFrom(time: number): boolean {
    invariant(this.open && time < Infinity, 'a flush is asked for checks during a call');
    const known = time >= this.asked && time <= this.found.time;
    if (time < this.asked) this.found = { ...this.start };
    this.asked = time;
    return known
      ? this.found.gfn < this.end
      : this.search.seek(this.found, time, this.runs, this.end);
  }
}

/** The start of a call: the first gfn is looked up, nothing is counted yet. */
function cursorAt(gfn: number, run: number, count: number): FlushCursor {
  return { run, size: 1, flush: false, gfn, boundary: gfn, time: 0, count, ...NOTHING };
}
