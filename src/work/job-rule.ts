import type { Duration } from '../engine/time.ts';

/** Like units one after the other, with all that their boundaries depend on. */
export interface WalkRun {
  readonly count: number;
  /** Of a unit, without `prepare` [ns]. */
  readonly cost: Duration;
  /** What of it precedes the test before it [ns]. */
  readonly prepare: Duration;
  readonly weight: number;
  readonly test: 'rule' | 'never' | 'always';
  readonly stays: boolean;
}

/**
 * The common form of all rules. Thresholds compare a counter, which a test that finds nothing sets to `restart` or
 * leaves; multiples compare the number of a unit; a period counts the time itself, the test's included.
 */
export interface WalkRule {
  readonly before: boolean;
  readonly threshold: number;
  readonly start: number;
  /** undefined: a test leaves the counter as it is. */
  readonly restart: number | undefined;
  /** A unit counts its time in place of its weight. */
  readonly countsTime: boolean;
  /** undefined: the counter decides. */
  readonly multiple:
    | { readonly of: number; readonly from: number; readonly by: 1 | -1 }
    | undefined;
  readonly last: boolean;
}

/** Where tests are due among units of one run: before or after its units first, first + step, ..., `count` of them. */
export interface Tests {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

/** What the tests in a run depend on besides its units. */
export interface RunState {
  /** The counter at its begin. */
  readonly counter: number;
  /** Weight of the request's units before. */
  readonly passed: number;
  /** It is the first unit of a call. */
  readonly isFirst: boolean;
  /** The test before its first unit has been made. */
  readonly tested: boolean;
}

const NONE: Tests = { first: 1, step: 1, count: 0 };

/** The tests that are due before, or after, the next units of `run`, up to unit `most` of them. */
export function testsIn(rule: WalkRule, run: WalkRun, state: RunState, most: number): Tests {
  if (run.test === 'never' || most < 1) return NONE;
  const { first, step } = run.test === 'always' ? { first: 1, step: 1 } : due(rule, run, state);
  // The one before its first unit has been made already.
  const isMade = rule.before && state.tested && first === 1;
  const from = isMade ? 1 + step : first;
  const count = from > most ? 0 : step === Infinity ? 1 : Math.floor((most - from) / step) + 1;
  return count === 0 ? NONE : { first: from, step: step === Infinity ? 1 : step, count };
}

function due(rule: WalkRule, run: WalkRun, state: RunState): { first: number; step: number } {
  if (rule.multiple !== undefined) return multiples(rule, run, state);
  const { threshold, restart, before } = rule;
  const weight = weightIn(rule, run);
  // Before unit j the counter has j - 1 units of the run, after it j.
  const units = Math.max(before ? 0 : 1, unitsFor(threshold - state.counter, weight));
  const step = restart === undefined ? 1 : Math.max(1, unitsFor(threshold - restart, weight));
  return { first: units + (before ? 1 : 0), step };
}

function multiples(
  { multiple, before }: WalkRule,
  { weight }: WalkRun,
  { passed, isFirst }: RunState,
): { first: number; step: number } {
  const { of, from, by } = multiple ?? { of: 1, from: 0, by: 1 };
  const numberOf = (unit: number) => from + by * (passed + unit * weight - 1);
  const never = { first: Infinity, step: Infinity };
  if (weight === 0) return never;
  const step = of / greatestCommonDivisor(weight, of);
  for (let unit = 1; unit <= step + 1; unit++) {
    const number = numberOf(unit);
    if (number <= 0 && by < 0) return never;
    const isDue = number % of === 0 && number !== 0;
    if (isDue && !(before && isFirst && unit === 1)) return { first: unit, step };
  }
  return never;
}

/** Of `tests`, those whose unit has a number above 0: only going down can there be others, at the end. */
export function aboveZero(
  tests: Tests,
  { multiple }: WalkRule,
  { weight, test }: WalkRun,
  passed: number,
): Tests {
  if (multiple === undefined || multiple.by > 0 || test !== 'rule' || tests.count === 0)
    return tests;
  const left = multiple.from - passed;
  // Unit j is number left + 1 - j * weight.
  const lastUnit = Math.floor(left / weight);
  const most = lastUnit < tests.first ? 0 : Math.floor((lastUnit - tests.first) / tests.step) + 1;
  return { ...tests, count: Math.min(tests.count, most) };
}

/** What a unit of `run` adds to the counter. */
export function weightIn(rule: WalkRule, run: WalkRun): number {
  return rule.countsTime ? run.prepare + run.cost : run.weight;
}

function unitsFor(amount: number, weight: number): number {
  return amount <= 0 ? 0 : Math.ceil(amount / weight);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
