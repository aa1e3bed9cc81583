import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { conformOne, scenarioNames } from '../../src/conformance/conform.ts';
import { parseJobScenario, runJobScenario } from '../../src/conformance/job-scenario.ts';

const folder = 'test/work/vectors';

describe("agreement with the check rules of Xen's long operations", () => {
  it('has all vectors at hand', () => {
    expect(readdirSync(folder)).toHaveLength(2 * 47);
  });

  it.each(scenarioNames(folder))('%s', (name) => {
    const outcome = conformOne(folder, name);
    expect(outcome).toMatchObject({ kind: 'agree', name });
  });
});

describe('a scenario of a job', () => {
  const job = {
    kinds: { unit: { cost: '1ns' } },
    units: [['unit', 5]],
    check: { position: 'after', every: 2 },
    origin: 'made up',
  };
  const read = (change: object) =>
    parseJobScenario({ name: 'a', origin: 'made up', job: { ...job, ...change }, runs });
  const runs = [{ pending: [1], tell: ['calls', 'checks', 'tests', 'hits', 'visits', 'ends'] }];

  it('is carried out call by call, with what it says to be pending', () => {
    const parsed = read({});
    expect(parsed.ok && runJobScenario(parsed.scenario).map((line) => JSON.parse(line))).toEqual([
      { pending: [1], calls: [4, 1], checks: [2, 4], tests: 2, hits: 1, visits: 5, ends: true },
    ]);
  });

  it.each([
    ['no kind', { units: [['page', 5]] }, /job.units.0: there is no kind of unit page/],
    ['no cost', { kinds: { unit: { cost: 0 } } }, /job.kinds.unit.cost: units without cost/],
    ['no rule', { check: { position: 'after' } }, /job.check/],
    ['no progress', { check: { position: 'before', every: 1, start: 1 } }, /makes no progress/],
  ])('is refused if there is %s', (_, change, message) => {
    const parsed = read(change);
    expect(parsed.ok ? '' : parsed.problem).toMatch(message);
  });
});
