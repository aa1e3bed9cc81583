import type { Duration } from '../engine/time.ts';
import type { Costs } from '../hypervisor/machine/costs.ts';
import { type FlushRule, flushCount, UPSTREAM_FLUSH_RULE } from '../memory/flush-rule.ts';

/** The memory that is flushed: so many pages, mapped in blocks of so many. */
export interface FlushedMemory {
  readonly pages: number;
  readonly blockPages: number;
}

/**
 * What a rule for check points means, by arithmetic on the costs of the steps [ns]. Other interrupts than the one that raises
 * the softirq come on top, each with what its handler takes.
 */
export interface Advice {
  readonly rule: FlushRule;
  /** Pages from one check point to the next. */
  readonly pages: number;
  /** From one check point to the next in RAM, at most: c. */
  readonly chunk: Duration;
  /** A softirq raised at the worst moment of the flush of RAM, to the start of its handler; and among holes. */
  readonly worst: Duration;
  readonly worstInHoles: Duration;
  /** From the trap to the check before the flush: w. */
  readonly window: Duration;
  /** A softirq raised right after the trap: with the check before the flush, and without. */
  readonly worstBefore: { readonly checked: Duration; readonly unchecked: Duration };
  /** A flush that nothing interrupts, from its decision to its end: n c. */
  readonly flush: Duration;
  readonly checks: number;
  /** What the check points of such a flush cost together. */
  readonly checking: Duration;
  /** What a stop costs the flush, besides what it stops for: leaving, the lock, a lookup that is done again. */
  readonly stop: Duration;
}

/** What `rule` means at `costs` for a flush of `memory`, after a trap whose handler takes `handler` ns. */
export function advise(
  rule: FlushRule,
  costs: Costs,
  memory: FlushedMemory,
  handler: Duration = costs.handleSetWay,
): Advice {
  const c = costs;
  const pages = Math.min(chunkPages(rule, costs, memory), memory.pages);
  const blocks = Math.ceil(memory.pages / memory.blockPages);
  // A call looks up where it begins, and then wherever a block does.
  const lookups = Math.min(1 + Math.ceil((pages - 1) / memory.blockPages), blocks);
  const work = pages * c.page + lookups * c.lookup;
  // A rule by time checks at the first page that ends after it.
  const isTimed = typeof rule === 'object' && 'everyNs' in rule;
  const chunk = isTimed ? Math.min(rule.everyNs - 1 + c.page + c.lookup, work + c.page) : work;
  const checks = rule === 'never' ? 0 : Math.floor((memory.pages - 1) / pages);
  const found = c.flushPreempt + c.softirqDispatch;
  const interrupt = c.irqExit + c.irqReturn;
  const worst = (stretch: Duration) => c.check + stretch + interrupt + found;
  const trap = c.trapEntry + c.enterHypervisor + c.syncFromLrs + c.trapDispatch + handler;
  const window = trap + c.checkVcpuWork + c.checkPcpuWork;
  const entry = c.flushVmEntry + c.flushRangeEntry;
  return {
    rule,
    pages,
    chunk,
    worst: worst(chunk),
    worstInHoles: worst(holesOf(rule, costs)),
    window,
    worstBefore: {
      checked: window + interrupt + c.softirqDispatch,
      unchecked: window + interrupt + entry + chunk + found,
    },
    flush: entry + memory.pages * c.page + blocks * c.lookup + checks * c.check + c.flushTail,
    checks,
    checking: checks * c.check,
    stop: c.flushPreempt + c.flushRangeEntry + c.lookup,
  };
}

/** The rules that check as seldom as a target for the worst wait allows; undefined: none keeps it. */
export interface RulesFor {
  /** With Xen's weights: 10 for a page, 1 for a hole. */
  readonly counted: Advice | undefined;
  readonly timed: Advice | undefined;
}

/** The rules that keep the worst wait of a softirq, in RAM and among holes, at `target` ns or below. */
export function rulesFor(target: Duration, costs: Costs, memory: FlushedMemory): RulesFor {
  const counted = (threshold: number) =>
    advise({ ...UPSTREAM_FLUSH_RULE, threshold }, costs, memory);
  const timed = (everyNs: number) => advise({ everyNs }, costs, memory);
  const largest = UPSTREAM_FLUSH_RULE.pageWeight * memory.pages;
  return {
    counted: lastWithin(target, largest, counted),
    timed: lastWithin(target, target, timed),
  };
}

/** The advice for the largest value from 1 to `largest` whose worst wait, which grows with it, is at most `target`. */
function lastWithin(
  target: Duration,
  largest: number,
  at: (value: number) => Advice,
): Advice | undefined {
  let low = 0;
  for (let high = largest; low < high; ) {
    const middle = Math.ceil((low + high) / 2);
    const { worst, worstInHoles } = at(middle);
    if (Math.max(worst, worstInHoles) <= target) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? undefined : at(low);
}

function chunkPages(rule: FlushRule, costs: Costs, { pages, blockPages }: FlushedMemory): number {
  const { limit, perPage, perLookup, restart } = flushCount(rule, costs);
  if (limit === Number.POSITIVE_INFINITY || perPage === 0) return pages;
  const perStep = perPage + (blockPages === 1 ? perLookup : 0);
  return Math.max(1, Math.ceil((limit - restart) / perStep));
}

/** The longest stretch between check points where nothing is flushed [ns]. */
function holesOf(rule: FlushRule, costs: Costs): Duration {
  const { limit, perSkip, restart } = flushCount(rule, costs);
  if (rule === 'never' || perSkip === 0) return Number.POSITIVE_INFINITY;
  return Math.ceil((limit - restart) / perSkip) * costs.skip;
}
