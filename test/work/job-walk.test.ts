import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WalkRule, WalkRun } from '../../src/work/job-rule.ts';
import { JobWalk, type WalkSetup } from '../../src/work/job-walk.ts';

/** What a call does, unit by unit, as a loop in C would. */
function* loop(setup: WalkSetup, units: readonly WalkRun[], passedBefore: number) {
  const { rule, testCost, stopAfter } = setup;
  let time = 0;
  let passed = passedBefore;
  let counter = rule?.start ?? 0;
  for (let i = 0; i < units.length; i++) {
    const unit = units[i];
    const isDue = () => {
      if (rule === undefined || unit.test === 'never') return false;
      if (unit.test === 'always') return true;
      if (rule.multiple === undefined) return counter >= rule.threshold;
      const weight = rule.before ? unit.weight : 0;
      const number = rule.multiple.from + rule.multiple.by * (passed + weight - 1);
      const isAllowed = !(rule.before && i === 0) && (rule.multiple.by > 0 || number > 0);
      return unit.weight > 0 && isAllowed && number !== 0 && number % rule.multiple.of === 0;
    };
    time += unit.prepare;
    if (rule?.before && isDue()) {
      yield { time, done: i };
      time += testCost;
      counter = rule.restart ?? counter;
    }
    time += unit.cost;
    passed += unit.weight;
    counter += rule?.countsTime ? unit.prepare + unit.cost : unit.weight;
    const isLast = i === units.length - 1;
    if (i + 1 === stopAfter && !isLast) return { time, done: i + 1 };
    if (rule && !rule.before && !(isLast && !rule.last) && isDue()) {
      yield { time, done: i + 1 };
      time += testCost;
      counter = rule.restart ?? counter;
    }
  }
  return { time, done: units.length };
}

const run = fc.record({
  count: fc.integer({ min: 1, max: 40 }),
  cost: fc.integer({ min: 1, max: 20 }),
  prepare: fc.integer({ min: 0, max: 3 }),
  weight: fc.integer({ min: 0, max: 12 }),
  test: fc.constantFrom<WalkRun['test']>('rule', 'rule', 'rule', 'never', 'always'),
  stays: fc.constant(false),
});
const counted = fc.record({
  before: fc.boolean(),
  threshold: fc.integer({ min: 1, max: 60 }),
  start: fc.integer({ min: -2, max: 2 }),
  restart: fc.constantFrom(0, 0, undefined),
  countsTime: fc.constant(false),
  multiple: fc.constant(undefined),
  last: fc.boolean(),
});
const numbered = fc.record({
  before: fc.boolean(),
  threshold: fc.constant(Infinity),
  start: fc.constant(0),
  restart: fc.constant(0),
  countsTime: fc.constant(false),
  multiple: fc.record({
    of: fc.integer({ min: 1, max: 20 }),
    from: fc.integer({ min: 1, max: 300 }),
    by: fc.constantFrom<1 | -1>(1, -1),
  }),
  last: fc.boolean(),
});
const timed = fc.record({
  before: fc.boolean(),
  threshold: fc.integer({ min: 1, max: 100 }),
  start: fc.constant(0),
  restart: fc.integer({ min: 0, max: 3 }),
  countsTime: fc.constant(true),
  multiple: fc.constant(undefined),
  last: fc.boolean(),
});
const setup = fc
  .record({
    runs: fc.array(run, { minLength: 1, maxLength: 6 }),
    rule: fc.oneof(counted, numbered, timed, fc.constant(undefined)) as fc.Arbitrary<
      WalkRule | undefined
    >,
    testCost: fc.integer({ min: 0, max: 3 }),
    stopAfter: fc.constantFrom(Infinity, Infinity, 7, 16),
  })
  .map((all): WalkSetup => {
    const testCost = all.rule?.countsTime ? (all.rule.restart ?? 0) : all.testCost;
    return { ...all, testCost, stopUnlessOver: Infinity, repeats: false };
  });

describe('a walk over a job', () => {
  it('has the tests of a loop unit by unit, call by call, whatever is pending', () => {
    fc.assert(
      fc.property(setup, fc.array(fc.nat(9), { maxLength: 30 }), (given, pending) => {
        const walk = new JobWalk(given);
        let units = given.runs.flatMap((of) => Array.from({ length: of.count }, () => of));
        let passed = 0;
        for (let call = 0; call < 60 && !walk.complete; call++) {
          const hitAt = pending[call] ?? Infinity;
          const steps = loop(given, units, passed);
          walk.begin();
          const ends = [0];
          for (const { time } of loop(given, units, passed)) ends.push(time, time + given.testCost);
          let asked = 0;
          let step = steps.next();
          for (let test = 0; !step.done && test < hitAt; test++) {
            expect(walk.nextCheck(asked)).toBe(step.value.time);
            // The next question is about later than this test, which has found nothing.
            asked = step.value.time + 1;
            step = steps.next();
          }
          const { time, done } = step.value as { time: number; done: number };
          if (step.done) {
            expect(walk.nextCheck(asked)).toBe(Infinity);
            expect(walk.duration()).toBe(time);
            ends.push(time);
            const stretches = ends.flatMap((end, i) => (i % 2 ? [end - ends[i - 1]] : []));
            expect(walk.longestStretch()).toBe(Math.max(...stretches));
            walk.finish();
          } else walk.stopAt(time);
          expect(walk.callUnits).toBe(done);
          passed += units.slice(0, done).reduce((sum, { weight }) => sum + weight, 0);
          units = units.slice(done);
          expect(walk.left).toBe(units.length);
        }
      }),
    );
  });

  it('goes over like units in one step, however many', () => {
    const runs = [
      { count: 2 ** 40, cost: 200, prepare: 0, weight: 1, test: 'rule', stays: false } as const,
    ];
    const rule = {
      before: false,
      threshold: 1,
      start: 0,
      restart: 0,
      countsTime: false,
      multiple: undefined,
      last: true,
    };
    const one = { runs, rule, testCost: 70, stopAfter: Infinity, stopUnlessOver: Infinity };
    const walk = new JobWalk({ ...one, repeats: false });
    walk.begin();
    expect(walk.duration()).toBe(270 * 2 ** 40);
    expect(walk.nextCheck(270 * 1e9 + 1)).toBe(270 * 1e9 + 200);
    walk.stopAt(270 * 1e9 + 200);
    expect(walk.total).toEqual({
      units: 1e9 + 1,
      visits: 1e9 + 1,
      tests: 1e9 + 1,
      calls: 1,
      hits: 1,
    });
  });
});
