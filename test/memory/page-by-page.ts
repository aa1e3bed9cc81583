import type { FlushCosts, FlushRule } from '../../src/memory/flush-rule.ts';
import type { FlushPosition } from '../../src/memory/flush-walk.ts';
import type { P2mExtent } from '../../src/memory/p2m.ts';

/** A check point of a call, before it is executed, and when that is [ns]. */
interface Check extends FlushPosition {
  readonly time: number;
}

/** A call in which no check finds anything: all its checks, and its end. */
export interface Call {
  readonly checks: readonly Check[];
  readonly end: Check;
}

/**
 * The loop of p2m_cache_flush_range() item by item, as the fact sheet tells it (section 3.1): what
 * FlushWalk computes by arithmetic. [start, end) is clipped already. Costs are the same everywhere, or those of a page. It is
 * left off when it has taken more than `patience` ns.
 */
export function flushPageByPage(
  extents: readonly P2mExtent[],
  costsAt: FlushCosts | ((gfn: number) => FlushCosts),
  rule: FlushRule,
  start: number,
  end: number,
  patience = Number.POSITIVE_INFINITY,
): Call {
  const checks: Check[] = [];
  const now = { gfn: start, flushed: 0, skipped: 0, lookups: 0, checks: 0, time: 0 };
  let boundary = start;
  let count = 0;
  let lastCheck = 0;
  let lastBlock = rule !== 'never' && 'blockOrder' in rule ? blockOf(start, rule.blockOrder) : 0;
  let extent = 0;
  while (now.gfn < end && now.time <= patience) {
    const costs = typeof costsAt === 'function' ? costsAt(now.gfn) : costsAt;
    let due = false;
    if (rule !== 'never') {
      if ('everyNs' in rule) due = now.time - lastCheck >= rule.everyNs;
      else if ('threshold' in rule) due = count >= rule.threshold;
      else due = blockOf(now.gfn, rule.blockOrder) > lastBlock;
    }
    if (due) {
      checks.push({ ...now });
      lastCheck = now.time;
      if (rule !== 'never' && 'blockOrder' in rule) lastBlock = blockOf(now.gfn, rule.blockOrder);
      count = 0;
      now.checks += 1;
      now.time += costs.check;
    }
    while (endOf(extents[extent]) <= now.gfn) extent += 1;
    const { order, type, valid } = extents[extent];
    const size = 2 ** order;
    const first = now.gfn === boundary;
    if (first) {
      boundary = (Math.floor(now.gfn / size) + 1) * size;
      now.lookups += 1;
    }
    if (type !== 'ram' || !valid) {
      now.skipped += 1;
      now.time += costs.skip;
      now.gfn = boundary;
      count += typeof rule === 'object' && 'skipWeight' in rule ? rule.skipWeight : 0;
    } else {
      now.flushed += 1;
      now.time += costs.page + (first ? costs.lookup : 0);
      now.gfn += 1;
      count += typeof rule === 'object' && 'pageWeight' in rule ? rule.pageWeight : 0;
    }
  }
  return { checks, end: now };
}

function endOf(extent: P2mExtent): number {
  return extent.gfn + extent.count * 2 ** extent.order;
}

/** The number of the block of 2^order pages that `gfn` lies in. */
function blockOf(gfn: number, order: number): number {
  return Math.floor(gfn / 2 ** order);
}
