import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FlushCosts,
  type FlushRule,
  UPSTREAM_FLUSH_RULE,
} from '../../src/memory/flush-rule.ts';
import { FlushWalk } from '../../src/memory/flush-walk.ts';
import { buildP2m, type P2mExtent } from '../../src/memory/p2m.ts';
import { flushPageByPage } from './page-by-page.ts';

const REGION = 512;
/** What a region may cost: far from each other, so that a mistake shows. */
const COSTS: readonly FlushCosts[] = [
  { page: 100, lookup: 30, skip: 20, check: 3 },
  { page: 700, lookup: 90, skip: 50, check: 5 },
  { page: 11, lookup: 7, skip: 400, check: 1 },
];

const extents = fc
  .array(
    fc.record({
      order: fc.constantFrom(0, 9, 9, 0, 18),
      count: fc.integer({ min: 1, max: 900 }),
      type: fc.constantFrom('ram' as const, 'hole' as const),
      valid: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => {
    let gfn = 0;
    return parts.map(({ order, count, type, valid }): P2mExtent => {
      const size = 2 ** order;
      gfn = Math.ceil(gfn / size) * size;
      const many = order === 0 ? count : order === 9 ? (count % 5) + 1 : 1;
      const extent = { gfn, order, type, valid, count: many };
      gfn += many * size;
      return extent;
    });
  });

const rules = fc.constantFrom<FlushRule>(
  UPSTREAM_FLUSH_RULE,
  { everyNs: 20_000 },
  { blockOrder: 9 },
  'never',
);

describe('a flush of memory whose regions cost differently', () => {
  it('takes what a loop page by page takes, and meets the same costs however often it is stopped', () => {
    fc.assert(
      fc.property(
        extents,
        rules,
        fc.nat(),
        fc.integer({ min: 1, max: 9 }),
        (parts, rule, salt, share) => {
          const built = buildP2m(withHoles(parts));
          if (!built.ok) throw new Error(built.problems.join('; '));
          const setOf = (region: number) => (region * 7 + salt) % COSTS.length;
          const costsOf = (region: number) => COSTS[setOf(region)];
          const drawsOf = () => {
            let region = 0;
            return () => setOf(region++);
          };
          const walk = new FlushWalk(
            built.p2m,
            { drawsOf, costsOf: (set: number) => COSTS[set] },
            rule,
          );
          const end = built.p2m.maxMappedGfn + 1;
          let gfn = built.p2m.lowestMappedGfn;
          if (gfn >= end) return;
          walk.begin(0);
          for (let calls = 0; calls < 4; calls++) {
            const loop = flushPageByPage(
              withHoles(parts),
              (at) => costsOf(Math.floor(at / REGION)),
              rule,
              gfn,
              end,
            );
            expect(walk.duration()).toBe(loop.end.time);
            const time = Math.floor((loop.end.time * share) / 10);
            const check = loop.checks.find((each) => each.time >= time);
            expect(walk.nextCheck(time)).toBe(check?.time ?? Number.POSITIVE_INFINITY);
            if (check === undefined) break;
            expect(walk.positionAt(check.time).gfn).toBe(check.gfn);
            walk.stopAt(check.time);
            gfn = walk.gfn;
            walk.begin(gfn);
          }
          walk.finish();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('draws anew in the next flush', () => {
    const built = buildP2m([{ gfn: 0, order: 9, type: 'ram', valid: true, count: 1 }]);
    if (!built.ok) throw new Error('p2m');
    const walk = new FlushWalk(
      built.p2m,
      { drawsOf: (pass) => () => pass, costsOf: (set) => COSTS[set] },
      'never',
    );
    const durations = COSTS.map(() => {
      walk.begin(0);
      const duration = walk.duration();
      walk.finish();
      return duration;
    });
    expect(durations).toEqual(COSTS.map(({ page, lookup }) => 512 * page + lookup));
  });
});

/** The extents with what lies between them, from gfn 0 on. */
function withHoles(parts: readonly P2mExtent[]): P2mExtent[] {
  const all: P2mExtent[] = [];
  let next = 0;
  for (const part of parts) {
    if (part.gfn > next) {
      all.push({ gfn: next, order: 0, type: 'hole', valid: true, count: part.gfn - next });
    }
    all.push(part);
    next = part.gfn + part.count * 2 ** part.order;
  }
  return all;
}
