import { invariant } from '../engine/invariant.ts';
import { type Duration, NEVER } from '../engine/time.ts';
import { aboveZero, testsIn, type WalkRule, type WalkRun, weightIn } from './job-rule.ts';

/** What calls have done. */
export interface JobTotals {
  /** Units done; one that is done again counts again. */
  readonly units: number;
  /** Units begun: those before which a test stopped the call too. */
  readonly visits: number;
  readonly tests: number;
  readonly calls: number;
  readonly hits: number;
}

/** What a walk goes over, and how it is tested. */
export interface WalkSetup {
  readonly runs: readonly WalkRun[];
  /** undefined: nowhere. */
  readonly rule: WalkRule | undefined;
  /** A test that finds nothing [ns]. */
  readonly testCost: Duration;
  /** A call stops after so many units, unless the request ends there or has more than `stopUnlessOver` left. */
  readonly stopAfter: number;
  readonly stopUnlessOver: number;
  /** Re-entry does the unit again behind which the call stopped. */
  readonly repeats: boolean;
}

/** A boundary between units of a call. */
interface Cursor {
  run: number;
  /** Units of that run behind it. */
  used: number;
  /** Units of the call behind it. */
  units: number;
  time: Duration;
  counter: number;
  /** Weight of the request behind it. */
  passed: number;
  tests: number;
  /** When the last test ended, and the longest time without one so far [ns]. */
  testedAt: Duration;
  longest: Duration;
  /** A test is due here. */
  due: boolean;
  /** The test before the next unit has been made. */
  tested: boolean;
}

/**
 * A job as arithmetic: when its tests are due and where it stands there, without doing it unit by unit. One call is `begin`,
 * then any number of questions, then `stopAt` or `finish`. Times are [ns] of work since `begin`.
 *
 * A question costs the runs it goes over, whatever their lengths: 262144 like units are one step.
 */
export class JobWalk {
  /** Totals of all calls that ended. */
  total: JobTotals = { units: 0, visits: 0, tests: 0, calls: 0, hits: 0 };
  /** Units done in the call that ended last. */
  callUnits = 0;
  /** The request is done. */
  complete = false;
  private readonly setup: WalkSetup;
  private runs: readonly WalkRun[];
  private start: Cursor;
  private found: Cursor;
  private last: Cursor | undefined;
  /** Units after which this call stops. */
  private most = Infinity;

  constructor(setup: WalkSetup) {
    this.setup = setup;
    this.runs = setup.runs.filter(({ count }) => count > 0);
    this.start = { ...ORIGIN };
    this.found = { ...ORIGIN };
  }

  /** Units that are left. */
  get left(): number {
    const { run, used } = this.start;
    return this.runs.slice(run).reduce((sum, { count }) => sum + count, 0) - used;
  }

  /** Starts a call where the last one left off. */
  begin(): void {
    invariant(!this.complete, 'a job that is done does not begin again');
    const { rule, stopAfter, stopUnlessOver } = this.setup;
    this.start.counter = rule?.start ?? 0;
    const { left } = this;
    this.most = stopAfter < left && left <= stopUnlessOver ? stopAfter : Infinity;
    this.found = { ...this.start };
    this.last = undefined;
  }

  /** Time from `begin` to the end of the call if no test finds anything [ns]. */
  duration(): Duration {
    return this.end().time;
  }

  /** The first test at or after `elapsed` [ns], before its own cost; NEVER if the call has none any more. */
  nextCheck(elapsed: Duration): Duration {
    if (this.found.time > elapsed) this.found = { ...this.start };
    const at = this.found;
    if (at.due && at.time >= elapsed) return at.time;
    this.advance(at, elapsed);
    return at.due ? at.time : NEVER;
  }

  /** The longest time between two tests of the call, its begin and end included, if none finds anything [ns]. */
  longestStretch(): Duration {
    const { longest, time, testedAt } = this.end();
    return Math.max(longest, time - testedAt);
  }

  /** Units of the call behind the test that `nextCheck` found last. */
  get unitsAtCheck(): number {
    return this.found.units;
  }

  /** Which unit of the call, from 1, the test is before or after that `nextCheck` found last. */
  get ordinalAtCheck(): number {
    return this.found.units + (this.setup.rule?.before ? 1 : 0);
  }

  /** The number of that unit, where the rule goes by numbers. */
  get numberAtCheck(): number | undefined {
    const { multiple, before } = this.setup.rule ?? {};
    if (multiple === undefined) return undefined;
    const { run, passed } = this.found;
    return multiple.from + multiple.by * (passed + (before ? this.runs[run].weight : 0) - 1);
  }

  /** The test at `elapsed` has found something: the call ends there. */
  stopAt(elapsed: Duration): void {
    invariant(this.nextCheck(elapsed) === elapsed, 'a job stops at one of its tests');
    const { repeats } = this.setup;
    this.settle(this.found, 1);
    if (!repeats || this.start.used === 0) return;
    this.start.used--;
    this.start.passed -= this.runs[this.start.run].weight;
  }

  /** No test has found anything: the call has come to its end, the request perhaps not. */
  finish(): void {
    this.settle(this.end(), 0);
    this.complete = this.start.run === this.runs.length;
  }

  private end(): Cursor {
    if (this.last === undefined) {
      this.last = { ...this.start };
      this.advance(this.last, Infinity);
    }
    return this.last;
  }

  private settle(at: Cursor, hits: number): void {
    const { units, visits, tests, calls } = this.total;
    const isBefore = hits > 0 && this.setup.rule?.before === true;
    this.callUnits = at.units;
    this.total = {
      units: units + at.units,
      visits: visits + at.units + (isBefore ? 1 : 0),
      tests: tests + at.tests + hits,
      calls: calls + 1,
      hits: this.total.hits + hits,
    };
    const { run, used, passed } = at;
    this.start = { ...ORIGIN, run, used, passed };
    // At the boundary of two runs that a test after a unit leaves behind it stands at the end of the first.
    const done = this.runs.slice(0, run).filter(({ stays }) => stays);
    if (hits === 0 || (done.length === 0 && !this.runs[run]?.stays)) return;
    const partly = this.runs.at(run);
    const behind = partly?.stays ? [{ ...partly, count: used }] : [];
    const before = partly ? [{ ...partly, count: partly.count - used }] : [];
    const rest = [...done, ...behind, ...before, ...this.runs.slice(run + 1)];
    this.runs = rest.filter(({ count }) => count > 0);
    this.start = { ...ORIGIN, passed };
  }

  /** Moves `at` to the first test that is not before `time`, or to the end of the call. */
  private advance(at: Cursor, time: Duration): void {
    if (at.due) this.pass(at);
    for (; at.run < this.runs.length && at.units < this.most; ) {
      const run = this.runs[at.run];
      if (at.used < run.count && this.goThrough(at, run, time)) return;
      if (at.used < run.count) return;
      at.run++;
      at.used = 0;
    }
  }

  /** The test at `at` finds nothing. */
  private pass(at: Cursor): void {
    const { rule, testCost } = this.setup;
    at.longest = Math.max(at.longest, at.time - at.testedAt);
    at.time += testCost;
    at.testedAt = at.time;
    at.tests++;
    at.due = false;
    at.tested = rule?.before ?? false;
    at.counter = rule?.restart ?? at.counter;
  }

  /** Moves `at` to the first test in `run` that is not before `time`, or to the end of the run or call. @returns whether to a test */
  private goThrough(at: Cursor, run: WalkRun, time: Duration): boolean {
    const { rule, testCost } = this.setup;
    const left = run.count - at.used;
    const units = Math.min(left, this.most - at.units);
    const unit = run.prepare + run.cost;
    const from = at.time - (at.tested ? run.prepare : 0);
    if (rule === undefined) {
      this.move(at, units, run, from + units * unit);
      return false;
    }
    // A test after a unit does not precede a stop that comes anyway.
    const stops = at.units + units === this.most;
    const ends = at.run === this.runs.length - 1 && units === left && !rule.last;
    const most = !rule.before && (stops || ends) ? units - 1 : units;
    const { counter, passed: weightPassed, tested } = at;
    const state = { counter, passed: weightPassed, isFirst: at.units === 0, tested };
    const tests = aboveZero(testsIn(rule, run, state, most), rule, run, weightPassed);
    const { first, step, count } = tests;
    const weight = weightIn(rule, run);
    const doneAt = (test: number) => first + test * step - (rule.before ? 1 : 0);
    const timeAt = (test: number) =>
      from + doneAt(test) * unit + (rule.before ? run.prepare : 0) + test * testCost;
    const slope = step * unit + testCost;
    const behind = time - timeAt(0);
    const passed = behind <= 0 ? 0 : slope > 0 ? Math.min(count, Math.ceil(behind / slope)) : count;
    const counterAfter = (done: number, made: number) =>
      made === 0 || rule.restart === undefined
        ? at.counter + done * weight
        : rule.restart + (done - doneAt(made - 1)) * weight;
    const isTest = passed < count;
    const done = isTest ? doneAt(passed) : units;
    at.counter = counterAfter(done, passed);
    at.tests += passed;
    if (passed > 0) {
      const between = passed > 1 ? step * unit : 0;
      at.longest = Math.max(at.longest, timeAt(0) - at.testedAt, between);
      at.testedAt = timeAt(passed - 1) + testCost;
    }
    this.move(at, done, run, isTest ? timeAt(passed) : from + units * unit + count * testCost);
    at.due = isTest;
    return isTest;
  }

  private move(at: Cursor, units: number, { weight }: WalkRun, time: Duration): void {
    at.used += units;
    at.units += units;
    at.passed += units * weight;
    at.time = time;
    at.tested = false;
  }
}

const ORIGIN: Cursor = {
  run: 0,
  used: 0,
  units: 0,
  time: 0,
  counter: 0,
  passed: 0,
  tests: 0,
  testedAt: 0,
  longest: 0,
  due: false,
  tested: false,
};
