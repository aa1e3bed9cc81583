/**
 * Steps of the flush from one block's start to another's, after which the rule has counted the same
 * as before: what follows is the same again. Step i begins at the state `counts[i]`; `pages`,
 * `work` [ns] and `checks` are sums over the steps before it. They cover two rounds, so any round
 * is a slice of them.
 */
export interface FlushCycle {
  /** Pages per block. */
  readonly size: number;
  /** In one round. */
  readonly steps: number;
  readonly counts: readonly number[];
  readonly pages: readonly number[];
  readonly work: readonly number[];
  readonly checks: readonly number[];
}

/** The part of a walk's state that riding a cycle changes; at the start of a block. */
export interface BlockStart {
  gfn: number;
  boundary: number;
  time: number;
  count: number;
  flushed: number;
  lookups: number;
  checks: number;
}

/** The cycle that a count at a block's start belongs to, and the step that begins with it. */
export type FlushCycles = Map<number, { readonly cycle: FlushCycle; readonly step: number }>;

/**
 * Records the cycle through the count of `at` in `cycles`. `advance` moves `at` to the next step's
 * start and must come back to the count it began with.
 */
export function recordCycle(
  cycles: FlushCycles,
  at: BlockStart,
  size: number,
  advance: () => void,
): void {
  const { count, gfn, time, checks } = at;
  const sums = { counts: [count], pages: [0], work: [0], checks: [0] };
  for (let rounds = 0; rounds < 2; ) {
    advance();
    sums.counts.push(at.count);
    sums.pages.push(at.gfn - gfn);
    sums.work.push(at.time - time);
    sums.checks.push(at.checks - checks);
    if (at.count === count) rounds += 1;
  }
  const cycle = { size, steps: (sums.counts.length - 1) / 2, ...sums };
  for (let step = 0; step < cycle.steps; step++) cycles.set(cycle.counts[step], { cycle, step });
}

/**
 * Moves `at` from step `from` of `cycle` over as many steps as end at or before `end` and have all
 * their checks before `time`. O(log steps).
 */
export function rideCycle(
  at: BlockStart,
  cycle: FlushCycle,
  from: number,
  time: number,
  end: number,
): void {
  const { pages, work, checks, steps } = cycle;
  const pagesLeft = end - at.gfn;
  const workLeft = time - at.time;
  // No check of a step is later than its end, so those of steps that end before `time` are too.
  const inTime = Math.ceil(workLeft / work[steps]) - 1;
  const rounds = Math.max(0, Math.min(Math.floor(pagesLeft / pages[steps]), inTime));
  let low = from;
  for (let high = from + steps; low < high; ) {
    const middle = (low + high + 1) >>> 1;
    const fits =
      rounds * pages[steps] + pages[middle] - pages[from] <= pagesLeft &&
      rounds * work[steps] + work[middle] - work[from] < workLeft;
    if (fits) low = middle;
    else high = middle - 1;
  }
  const flushed = rounds * pages[steps] + pages[low] - pages[from];
  at.gfn += flushed;
  at.boundary = at.gfn;
  at.flushed += flushed;
  at.lookups += flushed / cycle.size;
  at.time += rounds * work[steps] + work[low] - work[from];
  at.checks += rounds * checks[steps] + checks[low] - checks[from];
  at.count = cycle.counts[low];
}
