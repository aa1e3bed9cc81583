import { type Distribution, sampler } from '../engine/distribution.ts';
import type { RandomStream } from '../engine/random-stream.ts';
import type { Duration } from '../engine/time.ts';
import {
  COST_LEVELS,
  type CostLevel,
  type CostRange,
  type LongWork,
  UNITS_PER_REGION,
  type UnitRun,
} from './job.ts';
import type { WalkRule, WalkRun } from './job-rule.ts';
import type { WalkSetup } from './job-walk.ts';

/** Most runs of a request: more would cost the time that runs save. */
export const RUNS_MAX = 2 ** 20;

/** The value of a range that counts [ns]. */
export function costAt(range: CostRange, level: CostLevel): Duration {
  return range[COST_LEVELS.indexOf(level)];
}

/** How many runs of like units a request has; units whose cost is a law have one for each region. */
export function runsOf(kinds: LongWork['kinds'], units: readonly UnitRun[]): number {
  return units.reduce((sum, run) => {
    if ('repeat' in run) return sum + run.repeat * runsOf(kinds, run.units);
    const cost = kinds[run.kind]?.cost;
    const isLaw = cost !== undefined && 'kind' in cost;
    return sum + (isLaw ? Math.ceil(run.count / UNITS_PER_REGION) : 1);
  }, 0);
}

/**
 * The job as its walk goes over it.
 * @param level - which value of each range counts
 * @param stream - draws the costs that are laws, one for each region of UNITS_PER_REGION units; undefined: their
 *   typical values are taken
 */
export function walkSetup(job: LongWork, level: CostLevel, stream?: RandomStream): WalkSetup {
  const samplers = new Map<string, () => Duration>();
  const draw = (kind: string, law: Distribution): Duration => {
    if (stream === undefined) return typical(law);
    const known = samplers.get(kind) ?? sampler(law, stream);
    samplers.set(kind, known);
    return known();
  };
  const runs: WalkRun[] = [];
  const add = (units: readonly UnitRun[]) => {
    for (const run of units) {
      if ('repeat' in run) for (let n = 0; n < run.repeat; n++) add(run.units);
      else addRun(job, run.kind, run.count, level, draw, runs);
    }
  };
  add(job.units);
  return {
    runs,
    rule: walkRule(job, level),
    testCost: costAt(job.costs.test, level),
    stopAfter: job.stopAfter ?? Number.POSITIVE_INFINITY,
    stopUnlessOver: job.stopUnlessOver,
    repeats: job.progress === 'same',
  };
}

function addRun(
  job: LongWork,
  name: string,
  count: number,
  level: CostLevel,
  draw: (kind: string, law: Distribution) => Duration,
  runs: WalkRun[],
): void {
  const { cost, prepare, weight, test, stays } = job.kinds[name];
  const shared = { prepare: costAt(prepare, level), weight, test, stays };
  if (!('kind' in cost)) {
    runs.push({ count, cost: costAt(cost, level), ...shared });
    return;
  }
  for (let left = count; left > 0; left -= UNITS_PER_REGION) {
    runs.push({ count: Math.min(left, UNITS_PER_REGION), cost: draw(name, cost), ...shared });
  }
}

/** The rule in its common form; undefined: it is tested nowhere. */
function walkRule({ check, costs }: LongWork, level: CostLevel): WalkRule | undefined {
  if (check === undefined) return undefined;
  const { count, position, last } = check;
  const shared = { before: position === 'before', last, multiple: undefined, start: 0 };
  switch (count.kind) {
    case 'threshold': {
      const { least, reset, start } = count;
      const restart = reset ? 0 : undefined;
      return { ...shared, threshold: least, start, restart, countsTime: false };
    }
    case 'multiple': {
      const { of, from, by } = count;
      const multiple = { of, from, by };
      const never = { threshold: Number.POSITIVE_INFINITY, restart: 0, countsTime: false };
      return { ...shared, ...never, multiple };
    }
    case 'period': {
      const restart = costAt(costs.test, level);
      return { ...shared, threshold: count.every, restart, countsTime: true };
    }
  }
}

/** The mean of a law, or what stands for it where nothing is drawn [ns]. */
export function typical(law: Distribution): Duration {
  switch (law.kind) {
    case 'constant':
      return law.value;
    case 'exponential':
      return Math.round(law.mean);
    case 'uniform':
      return Math.round((law.low + law.high) / 2);
    case 'discrete':
      return Math.round(law.values.reduce((sum, [value, chance]) => sum + value * chance, 0));
    case 'half-normal':
      return law.above + Math.round(law.deviation * Math.sqrt(2 / Math.PI));
    case 'recorded':
      return Math.round(law.values.reduce((sum, value) => sum + value, 0) / law.values.length);
  }
}
