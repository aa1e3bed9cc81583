import { expect, it } from 'vitest';
import { flushCosts } from '../../../src/experiment/build/cost-draws.ts';
import { accept, MINIMAL } from '../fixtures.ts';

it('a page costs less without a check, and more with a threshold that is no immediate operand', () => {
  const { policy, machine } = accept(MINIMAL).cells[0].setup;
  const costs = { ...machine.costs, page: 368 };
  const measured = { costs, pageVariants: { unchecked: 364, wideThreshold: 369 } };
  const page = (during: typeof policy.during, of: Parameters<typeof flushCosts>[1] = measured) =>
    flushCosts({ ...policy, during }, of)(costs).page;
  const counted = (threshold: number) =>
    ({ kind: 'count', threshold, pageWeight: 10, skipWeight: 1 }) as const;
  expect([512, 4095, 4096, 5120, 8192].map((n) => page(counted(n)))).toEqual([
    368, 368, 368, 369, 368,
  ]);
  expect(page({ kind: 'never' })).toBe(364);
  expect(page({ kind: 'never' }, { costs, pageVariants: {} })).toBe(368);
});
