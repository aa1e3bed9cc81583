import { describe, expect, it } from 'vitest';
import { jobSchema } from '../../src/experiment/schema/job-schema.ts';
import { checkJob, checkLockOrder } from '../../src/work/check-job.ts';

const sound = {
  kinds: { page: { cost: '200ns' } },
  units: [['page', 100]],
  check: { tests: 'events', position: 'after', every: 1, last: true },
  origin: 'made up',
};
const read = (change: object) => jobSchema.parse({ ...sound, ...change });
const told = (change: object) => checkJob(read(change)).map(({ message }) => message);

describe('a job is refused', () => {
  it('not if it is sound', () => {
    expect(told({})).toEqual([]);
  });

  it.each([
    ['without progress', { check: { position: 'before', every: 1, start: 1 } }, /no progress/],
    [
      'that stops at one kind for ever',
      {
        kinds: { page: { cost: '1us' }, block: { cost: '1us', test: 'always' } },
        units: [
          ['page', 3],
          ['block', 1],
        ],
        check: { position: 'before', every: 512 },
      },
      /stops with 1 units left/,
    ],
    ['whose units are free', { kinds: { page: { cost: 0 } } }, /units without cost/],
    [
      'of too many runs',
      { kinds: { page: { cost: { exponential: '1us' } } }, units: [['page', 2 ** 32]] },
      /8388608 runs of like ones/,
    ],
    ['of unknown units', { units: [['table', 1]] }, /no kind of unit table: expected one of page/],
    [
      'with a lock that it takes twice',
      { locks: [{ name: 'a' }, { name: 'a' }] },
      /nobody can take a twice/,
    ],
    [
      'with a lock that nobody tries for again',
      { context: 'softirq', hit: 'requeue', locks: [{ name: 'a', take: 'try' }] },
      /nobody takes a/,
    ],
    ['whose hit does not fit', { context: 'trap' }, /cannot be continuation: expected one of/],
  ])('%s', (_, change, message) => {
    expect(told(change).join('\n')).toMatch(message);
  });

  it('not for a cost that grows with the size of a unit', () => {
    const chunk = { cost: { fixed: '1us', per_kib: ['1us', '2us', '3us'], size: 512 } };
    const { kinds } = read({ kinds: { page: chunk } });
    expect(kinds.page.cost).toEqual([1500, 2000, 2500]);
  });

  it('not for want of progress that is what is studied', () => {
    const check = { position: 'before', every: 1, start: 1 };
    expect(told({ check, may_not_end: true })).toEqual([]);
  });

  it('with another that takes the same locks the other way round', () => {
    const locks = (...names: string[]) => read({ locks: names.map((name) => ({ name })) });
    expect(checkLockOrder({ one: locks('a', 'b'), two: locks('a', 'b') })).toEqual([]);
    const [finding] = checkLockOrder({ one: locks('a', 'b'), two: locks('b', 'a') });
    expect(finding.message).toMatch(/nobody can take either/);
  });
});
