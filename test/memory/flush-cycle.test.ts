import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FlushCycles, recordCycle, rideCycle } from '../../src/memory/flush-cycle.ts';

const SIZE = 4;

interface Step {
  readonly blocks: number;
  readonly work: number;
  readonly checks: number;
}

const small = fc.nat(5);
const steps = fc.array(
  fc.record({
    blocks: fc.integer({ min: 1, max: 5 }),
    work: fc.integer({ min: 1, max: 9 }),
    checks: small,
  }),
  { minLength: 1, maxLength: 6 },
);

function stateAt(count: number) {
  return { gfn: 40, boundary: 40, time: 7, count, flushed: 3, lookups: 2, checks: 1 };
}

/** Does one step after the other; step i has the count i. */
function advance(at: ReturnType<typeof stateAt>, cycle: readonly Step[]): void {
  const { blocks, work, checks } = cycle[at.count];
  at.gfn += blocks * SIZE;
  at.boundary = at.gfn;
  at.flushed += blocks * SIZE;
  at.lookups += blocks;
  at.time += work;
  at.checks += checks;
  at.count = (at.count + 1) % cycle.length;
}

describe('rideCycle', () => {
  it('does at once what the steps do one by one, from each of them', () => {
    const input = [steps, small, small, fc.nat(200), fc.option(fc.nat(200))] as const;
    fc.assert(
      fc.property(...input, (cycle, learnt, begun, pages, work) => {
        const cycles: FlushCycles = new Map();
        const scout = stateAt(learnt % cycle.length);
        recordCycle(cycles, scout, SIZE, () => advance(scout, cycle));
        expect(cycles.size).toBe(cycle.length);

        const rider = stateAt(begun % cycle.length);
        const walker = { ...rider };
        const end = walker.gfn + pages;
        const time = work === null ? Infinity : walker.time + work - 20;
        for (const next = { ...walker }; ; Object.assign(walker, next)) {
          advance(next, cycle);
          if (next.gfn > end || next.time >= time) break;
        }
        const known = cycles.get(rider.count);
        if (known === undefined) throw new Error('every count of the cycle is known');
        rideCycle(rider, known.cycle, known.step, time, end);
        expect(rider).toEqual(walker);
      }),
    );
  });
});
