import { UPSTREAM_FLUSH_RULE } from '../memory/flush-rule.ts';
import { FlushWalk } from '../memory/flush-walk.ts';
import { buildP2m, type P2mType } from '../memory/p2m.ts';

/** A recorded scenario of p2m_cache_flush_range(): a p2m, a request, and what was pending when. */
export interface FlushScenario {
  readonly name: string;
  /** The bounds of the p2m, both inclusive. */
  readonly lowest: number;
  readonly max: number;
  /** The request: gfns [start, end). */
  readonly start: number;
  readonly end: number;
  /** Which checks find a softirq pending, counted from 0 over all calls. */
  readonly preempt: readonly number[];
  /** [gfn, order, type, valid bit, count (1 if absent)], sorted, without gaps. */
  readonly extents: readonly (readonly [number, number, P2mType, number, number?])[];
}

/** What p2m_cache_flush_range() returns when it is preempted (Xen's number for it). */
const ERESTART = -85;

/** One nanosecond per item, so that no two checks are due at the same time. */
const COSTS = { page: 1, lookup: 0, skip: 1, check: 0 };

/**
 * Replays `scenario` with FlushWalk and returns the trace records as JSON lines, in the form in
 * which they were recorded from Xen. The caller repeats while -ERESTART, as p2m_flush_vm() does.
 * @throws Error if the scenario's extents make no p2m.
 */
export function runFlushScenario(scenario: FlushScenario): string[] {
  const walk = walkOf(scenario);
  const preempted = new Set(scenario.preempt);
  const records: object[] = [];
  let gfn = scenario.start;
  let calls = 0;
  let rc = ERESTART;
  while (rc === ERESTART) {
    records.push({ ev: 'call', n: calls, start: gfn, end: scenario.end });
    calls += 1;
    walk.begin(gfn, scenario.end);
    rc = runCall(walk, preempted, records);
    gfn = walk.gfn;
  }
  const { flushed, skipped, lookups, checks } = walk.total;
  records.push({ ev: 'end', rc, gfn, calls, checks, flushed, skipped, lookups });
  return records.map((record) => JSON.stringify(record));
}

/** Runs the call that has begun, to its end or the first check in `preempted`; returns its rc. */
function runCall(walk: FlushWalk, preempted: ReadonlySet<number>, records: object[]): number {
  let before = { flushed: 0, skipped: 0 };
  let i = walk.total.checks;
  let time = walk.nextCheck(0);
  let rc = 0;
  for (; rc === 0 && time < Infinity; i++) {
    const { gfn, ...now } = walk.positionAt(time);
    const preempt = preempted.has(i) ? 1 : 0;
    records.push({ ev: 'check', i, ...since(before, now), gfn, preempt });
    before = now;
    if (preempt) rc = ERESTART;
    else time = walk.nextCheck(time + 1);
  }
  if (rc === ERESTART) walk.stopAt(time);
  else walk.finish();
  const icache = rc === 0 ? 1 : 0;
  records.push({ ev: 'ret', rc, resume: walk.gfn, ...since(before, walk.call), icache });
  return rc;
}

function walkOf(scenario: FlushScenario): FlushWalk {
  const extents = scenario.extents.map(([gfn, order, type, valid, count = 1]) => {
    return { gfn, order, type, valid: valid === 1, count };
  });
  const bounds = { lowestMappedGfn: scenario.lowest, maxMappedGfn: scenario.max };
  const result = buildP2m(extents, bounds);
  if (!result.ok) throw new Error(`${scenario.name}: ${result.problems.join('; ')}`);
  return new FlushWalk(result.p2m, COSTS, UPSTREAM_FLUSH_RULE);
}

interface Work {
  readonly flushed: number;
  readonly skipped: number;
}

function since(before: Work, now: Work): Work {
  return { flushed: now.flushed - before.flushed, skipped: now.skipped - before.skipped };
}
