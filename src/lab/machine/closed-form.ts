import { timeText } from '../../analysis/time-text.ts';
import type { Duration } from '../../engine/time.ts';
import { varyingCosts } from '../../experiment/build/cost-draws.ts';
import type { Setup } from '../../experiment/schema/schema.ts';
import type { Costs } from '../../hypervisor/machine/costs.ts';
import type { FlushedMemory } from '../../work/advice.ts';
import { advise } from '../../work/advice.ts';
import { flushRule } from '../../work/policy.ts';

/**
 * What theory says of the wait of a softirq that is raised at any moment of a flush, or of the window before it: the residual
 * of the stretch without a check in which it falls (renewal theory), and what comes between the check and the handler.
 */
export interface ClosedForm {
  /** [ns] */
  readonly mean: Duration;
  /** Which part of the softirqs waits longer than `x` ns. */
  readonly beyond: (x: Duration) => number;
  /** The longest wait [ns]. */
  readonly longest: Duration;
  /** The time before the check, a stretch without a check, and how long a flush is, on average: w, c, n c [ns]. */
  readonly window: Duration;
  readonly chunk: Duration;
  readonly flush: Duration;
}

/** The closed form of a setting, or in words why there is none. */
export type ClosedFormResult = ClosedForm | string;

/** A stretch of time in which softirqs are raised: one waits for what is left of it, and then for `rest` [ns]. */
interface Stretch {
  /** How much time there is of such stretches, and how long each is. */
  readonly total: Duration;
  readonly length: Duration;
  readonly rest: Duration;
}

/** More timers than this in a stretch without a check, and it matters that a softirq which is pending is not raised again. */
const CROWDED = 0.1;

/** So many quantiles of the costs that vary together. */
const QUANTILES = 128;

/** The closed form of `softirq_flush` under a setup, if it is one that has it. */
export function closedForm(setup: Setup): ClosedFormResult {
  const memory = memoryOf(setup);
  if (typeof memory === 'string') return memory;
  const { chunk: typical } = partsOf(setup, costsIn(setup, setup.machine.costs), memory);
  if (timerRate(setup) * typical > CROWDED)
    return `so many timers expire in ${timeText(typical)} without a check that many find the softirq pending already`;
  const all = drawsOf(setup).map((costs) => partsOf(setup, costs, memory));
  const dearest = partsOf(setup, costsIn(setup, dearestOf(setup)), memory);
  const stretches = all.flatMap((parts) => parts.stretches);
  const time = sum(stretches.map(({ total }) => total));
  const average = (of: (parts: Parts) => number) => sum(all.map(of)) / all.length;
  return {
    mean: sum(stretches.map(({ total, length, rest }) => total * (length / 2 + rest))) / time,
    beyond: (x) => sum(stretches.map((stretch) => partBeyond(stretch, x))) / time,
    longest: Math.max(...dearest.stretches.map(({ length, rest }) => length + rest)),
    window: average(({ window }) => window),
    chunk: average(({ chunk }) => chunk),
    flush: average(({ flush }) => flush),
  };
}

/** The costs that are drawn, each as often as the others. */
function drawsOf(setup: Setup): Costs[] {
  const { costs, spreads } = setup.machine;
  if (Object.keys(spreads).length === 0) return [costsIn(setup, costs)];
  const varying = varyingCosts(costs, spreads);
  return Array.from({ length: QUANTILES }, (_, i) =>
    costsIn(setup, varying.costs(varying.setAt((i + 0.5) / QUANTILES))),
  );
}

/** The costs when all that varies is at its most. */
function dearestOf({ machine: { costs, spreads } }: Setup): Costs {
  if (Object.keys(spreads).length === 0) return costs;
  const varying = varyingCosts(costs, spreads);
  return varying.costs(varying.setAt(1 - Number.EPSILON));
}

/** A page costs less in a flush that has no check. */
function costsIn({ policy, machine }: Setup, costs: Costs): Costs {
  const { unchecked } = machine.pageVariants;
  if (policy.during.kind !== 'never' || unchecked === undefined) return costs;
  return { ...costs, page: Math.round((costs.page * unchecked) / machine.costs.page) };
}

interface Parts {
  readonly stretches: readonly Stretch[];
  readonly window: Duration;
  readonly chunk: Duration;
  readonly flush: Duration;
}

/** The stretches of a flush, and of the window before it, at some costs. */
function partsOf({ policy }: Setup, costs: Costs, memory: FlushedMemory): Parts {
  const { window, flush, pages, worstBefore } = advise(flushRule(policy), costs, memory);
  const isChecked = policy.during.kind !== 'never';
  // As often as a new block begins in it on average.
  const lookups = (pages * costs.lookup) / memory.blockPages;
  const chunk = isChecked ? pages * costs.page + lookups + costs.check : flush;
  const interrupt = costs.irqExit + costs.irqReturn;
  const found = interrupt + costs.flushPreempt + costs.softirqDispatch;
  const entry = costs.flushVmEntry + costs.flushRangeEntry;
  const before = policy.before ? worstBefore.checked - window : entry + chunk + found;
  return {
    stretches: [
      { total: window, length: window, rest: before },
      { total: flush, length: Math.min(chunk, flush), rest: found },
    ],
    window,
    chunk,
    flush,
  };
}

/** How many timers of guests expire in a ns, on average. */
function timerRate({ domains }: Setup): number {
  return sum(
    domains.flatMap(({ vcpus }) =>
      vcpus.map(({ guest, count }) => {
        if (guest.name === 'poisson-waker') return count / guest.mean;
        const isTimed = guest.name === 'periodic-waker' || guest.name === 'notifier';
        return isTimed ? count / guest.period : 0;
      }),
    ),
  );
}

/** How much time there is at whose moments a softirq would wait for more than `x` ns. */
function partBeyond({ total, length, rest }: Stretch, x: Duration): number {
  if (x < rest) return total;
  return length === 0 ? 0 : total * Math.max(0, 1 - (x - rest) / length);
}

/** What is flushed, or why there is no closed form. */
function memoryOf({ machine, domains, policy, jobs, events }: Setup): FlushedMemory | string {
  const { during, style, lock, traps } = policy;
  if (during.kind === 'immediate') return 'it preempts at once, so that nothing is waited for';
  if (style !== 'in-place' || lock !== 'hold' || traps !== 'limited')
    return 'it is for flushes whose check points handle softirqs in place';
  if (jobs !== undefined || events !== undefined)
    return 'it is for flushes, not for other long work or machines that change';
  if (machine.pcpus > 1) return 'it is for one pCPU';
  if (machine.stage2Bits !== undefined) return 'it is for memory that is all accessed';
  const flushers = domains.filter(({ vcpus }) =>
    vcpus.some(({ guest }) => guest.name === 'set-way-flusher'),
  );
  const vcpus = flushers.flatMap((domain) => domain.vcpus);
  if (flushers.length !== 1 || vcpus.length !== 1 || vcpus[0].count !== 1)
    return 'it is for one vCPU that flushes';
  const { memory } = flushers[0];
  const orders = new Set(memory.map(({ order }) => order));
  if (memory.some(({ type }) => type !== 'ram') || orders.size !== 1)
    return 'it is for RAM in blocks of one size, without holes';
  const [order] = orders;
  return {
    pages: sum(memory.map((extent) => extent.count * 2 ** extent.order)),
    blockPages: 2 ** order,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
