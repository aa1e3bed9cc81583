import type { Setup } from '../../src/experiment/schema/schema.ts';
import type { FlushCosts, FlushRule } from '../../src/memory/flush-rule.ts';
import type { P2mExtent } from '../../src/memory/p2m.ts';
import { type Call, flushPageByPage } from '../memory/page-by-page.ts';
import type { Fact } from './tape.ts';
import type { Story } from './waits.ts';

const IN_FLUSH = 1;

/** What the flushes that `counted` knows nothing of did: pages, holes and checks. */
export interface FlushCounts {
  checks: number;
  lookups: number;
  pages_flushed: number;
  skipped: number;
}

/**
 * What flushes did up to `end` [ns], page by page: how far each call came is told by how long the pCPU worked on it. Calls that have not
 * ended count nothing yet. A call that worked as long as no walk over its pages makes NaN of all.
 * @returns undefined where costs vary: how long a call took says nothing then
 */
export function flushCounts(story: Story, setup: Setup, end: number): FlushCounts | undefined {
  if (Object.keys(setup.machine.spreads).length > 0) return undefined;
  const counts = { checks: 0, lookups: 0, pages_flushed: 0, skipped: 0 };
  const places = new Map<number, number>();
  for (const begin of story.of('walk')) {
    const { vcpu } = begin;
    const closes = setup.policy.during.kind === 'immediate' ? [] : story.of('preempted', vcpu);
    const preempted = story.after(begin, closes);
    const flushed = story.after(begin, story.of('flushed', vcpu));
    const isFirst =
      preempted !== undefined && (flushed === undefined || story.isBefore(preempted, flushed));
    const work = workOf(story, begin, isFirst ? preempted : flushed);
    const isComplete = isFirst || work.leftOff !== undefined;
    if (!isComplete || Number(work.leftOff) > end) continue;
    const call = walk(story, setup, begin, places.get(vcpu) ?? 0, work.time);
    const stopped = isFirst ? call.checks.find(({ time }) => time === work.time) : call.end;
    const found = stopped?.time === work.time ? stopped : undefined;
    places.set(vcpu, isFirst ? (found?.gfn ?? Number.NaN) : 0);
    counts.checks += (found?.checks ?? Number.NaN) + (isFirst ? 1 : 0);
    counts.lookups += found?.lookups ?? Number.NaN;
    counts.pages_flushed += found?.flushed ?? Number.NaN;
    counts.skipped += found?.skipped ?? Number.NaN;
  }
  return counts;
}

/**
 * How long the pCPU worked on the call that begins with `begin`, up to `close`, and when it left off for good; undefined: it
 * has not. A flush that nothing stops is done when the pCPU leaves off by itself, before its vCPU is told.
 */
function workOf(
  story: Story,
  begin: Fact,
  close: Fact | undefined,
): { time: number; leftOff: number | undefined } {
  let time = 0;
  let since: Fact | undefined;
  let leftOff: number | undefined;
  let runner: number | undefined;
  const places = new Map<number, Fact>();
  for (const fact of story.from(begin, story.of('activity'))) {
    // On its own stack, or on that of the idle vCPU which does it.
    if (fact.pcpu === begin.pcpu && fact.a === IN_FLUSH) runner ??= fact.vcpu;
    if (close !== undefined && fact.number > close.number) break;
    const before = places.get(fact.pcpu);
    if (before !== undefined && before === since) {
      time += fact.at - before.at;
      leftOff = fact.at;
      since = undefined;
    }
    places.set(fact.pcpu, fact);
    if (fact.a === IN_FLUSH && fact.vcpu === runner) since = fact;
  }
  return { time, leftOff: since === undefined && close !== undefined ? leftOff : undefined };
}

/** The call from `gfn` on, as if no check found anything, for `time` ns at least. */
function walk(story: Story, setup: Setup, begin: Fact, gfn: number, time: number): Call {
  const { runs, lowestMappedGfn, maxMappedGfn } = story.p2ms[begin.a];
  const extents = runs.map(
    ({ first, end, order, type, valid }): P2mExtent => ({
      gfn: first,
      order,
      type,
      valid,
      count: (end - first) / 2 ** order,
    }),
  );
  const from = Math.max(gfn, lowestMappedGfn);
  return flushPageByPage(extents, costsOf(setup), ruleOf(setup), from, maxMappedGfn + 1, time);
}

function ruleOf({ policy: { during } }: Setup): FlushRule {
  if (during.kind === 'count') {
    const { threshold, pageWeight, skipWeight } = during;
    return { threshold, pageWeight, skipWeight };
  }
  if (during.kind === 'every') return { everyNs: during.everyNs };
  if (during.kind === 'block') return { blockOrder: during.order };
  return 'never';
}

/** A check that drops the lock takes longer; so does a page whose check compares with more than 12 bits, and less one without. */
function costsOf({ machine, policy }: Setup): FlushCosts {
  const { costs, pageVariants } = machine;
  const { during, lock } = policy;
  let page: number | undefined;
  if (during.kind === 'never') page = pageVariants.unchecked;
  if (during.kind === 'count' && !isImmediateOperand(during.threshold))
    page = pageVariants.wideThreshold;
  return {
    page: page ?? costs.page,
    lookup: costs.lookup,
    skip: costs.skip,
    check: costs.check + (lock === 'drop' ? costs.lockDrop : 0),
  };
}

/** A number that an Arm compare instruction holds: 12 bits, or those shifted by 12. */
function isImmediateOperand(value: number): boolean {
  return value < 4096 || (value % 4096 === 0 && value < 4096 * 4096);
}
