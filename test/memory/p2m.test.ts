import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildP2m,
  GUEST_RAM_BASE_GFN,
  holeExtents,
  type P2m,
  type P2mExtent,
  type P2mType,
  ramExtents,
} from '../../src/memory/p2m.ts';

const GIB = 2 ** 30;
const TIB = 2 ** 40;

function p2mOf(extents: readonly P2mExtent[]): P2m {
  const result = buildP2m(extents);
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result.p2m;
}

function problemsOf(...args: Parameters<typeof buildP2m>): readonly string[] {
  const result = buildP2m(...args);
  return result.ok ? [] : result.problems;
}

function extent(gfn: number, order: number, type: P2mType, count = 1, valid = true): P2mExtent {
  return { gfn, order, type, valid, count };
}

describe('ramExtents', () => {
  it('puts a hole before RAM at 1 GiB', () => {
    expect(ramExtents(GUEST_RAM_BASE_GFN, 64 * 2 ** 20, 9)).toEqual([
      { gfn: 0, order: 18, type: 'hole', valid: false, count: 1 },
      { gfn: 0x40000, order: 9, type: 'ram', valid: true, count: 32 },
    ]);
  });

  it('uses smaller blocks for what is left over, and none larger than asked for', () => {
    const orders = (bytes: number, order: number) =>
      ramExtents(0, bytes, order).map((each) => [each.gfn, each.order, each.count]);
    expect(orders(GIB + 5 * 2 ** 20, 18)).toEqual([
      [0, 18, 1],
      [0x40000, 9, 2],
      [0x40400, 0, 256],
    ]);
    expect(orders(GIB, 0)).toEqual([[0, 0, 0x40000]]);
    expect(orders(1, 9)).toEqual([[0, 0, 1]]);
  });

  it('aligns blocks when RAM does not begin at a block', () => {
    const [, ...ram] = ramExtents(0x200 - 3, 8 * 2 ** 20, 9).filter((each) => each.type === 'ram');
    expect(ram.map((each) => [each.gfn, each.order, each.count])).toEqual([
      [0x200, 9, 3],
      [0x800, 0, 509],
    ]);
  });

  it('makes 4 TiB of 2 MiB blocks one run', () => {
    const { runs } = p2mOf(ramExtents(GUEST_RAM_BASE_GFN, 4 * TIB, 9));
    expect(runs).toHaveLength(2);
    expect(runs[1]).toMatchObject({ first: 0x40000, end: 0x40000 + 2 ** 30, order: 9 });
  });

  it('makes extents that buildP2m takes, of exactly the size asked for', () => {
    const order = fc.constantFrom(0, 9, 18, 27);
    fc.assert(
      fc.property(
        fc.nat(2 ** 35),
        fc.integer({ min: 1, max: 2 ** 35 }),
        order,
        (base, pages, o) => {
          const p2m = p2mOf(ramExtents(base, pages * 4096, o));
          expect(p2m.lowestMappedGfn).toBe(base);
          expect(p2m.maxMappedGfn).toBe(base + pages - 1);
          expect(p2m.runs.length).toBeLessThanOrEqual(14);
        },
      ),
    );
  });
});

describe('holeExtents', () => {
  it('are the missing entries of the tables around mapped pages', () => {
    // Between page 0x3003 and page 0x39000: the rest of one level-3 table, then level-2 entries.
    expect(holeExtents(0x3004, 0x39000).map((each) => [each.order, each.count])).toEqual([
      [0, 508],
      [9, 431],
    ]);
  });

  it('are empty where there is no gap', () => {
    expect(holeExtents(5, 5)).toEqual([]);
  });
});

describe('buildP2m', () => {
  it('joins equal neighbours and knows its bounds', () => {
    const p2m = p2mOf([
      extent(0, 0, 'hole', 3),
      extent(3, 0, 'hole', 2, false),
      extent(5, 0, 'mmio', 2),
      extent(7, 0, 'ram', 505),
      extent(512, 9, 'ram', 2),
      extent(1536, 9, 'ram', 1, false),
      extent(2048, 9, 'hole'),
    ]);
    expect(p2m.runs.map((run) => [run.first, run.end, run.order, run.type, run.valid])).toEqual([
      [0, 5, 0, 'hole', false],
      [5, 7, 0, 'mmio', true],
      [7, 512, 0, 'ram', true],
      [512, 1536, 9, 'ram', true],
      [1536, 2048, 9, 'ram', false],
      [2048, 2560, 9, 'hole', false],
    ]);
    expect([p2m.lowestMappedGfn, p2m.maxMappedGfn]).toEqual([5, 2047]);
  });

  it('takes wider bounds, for a domain that has lost mappings', () => {
    const extents = [extent(0, 0, 'hole', 4), extent(4, 0, 'ram'), extent(5, 0, 'hole', 3)];
    const result = buildP2m(extents, { lowestMappedGfn: 1, maxMappedGfn: 7 });
    expect(result.ok && [result.p2m.lowestMappedGfn, result.p2m.maxMappedGfn]).toEqual([1, 7]);
    expect(problemsOf(extents, { lowestMappedGfn: 5, maxMappedGfn: 8 })).toEqual([
      'lowest mapped gfn 0x5 must lie in 0 to 0x4, the first mapping',
      'highest mapped gfn 0x8 must lie in 0x4, the last mapping, to 0x7',
    ]);
  });

  it.each([
    [-1, '-0x1'],
    [0.5, '0.5'],
    [Number.NaN, 'NaN'],
  ])('takes no bound that is no gfn: %d', (wrong, shown) => {
    const extents = [extent(0, 0, 'hole', 4), extent(4, 0, 'ram'), extent(5, 0, 'hole', 3)];
    expect(problemsOf(extents, { lowestMappedGfn: wrong, maxMappedGfn: wrong + 5 })).toEqual([
      `lowest mapped gfn ${shown} must lie in 0 to 0x4, the first mapping`,
      ...(wrong === -1
        ? []
        : [`highest mapped gfn ${wrong + 5} must lie in 0x4, the last mapping, to 0x7`]),
    ]);
  });

  it('takes no highest gfn below the last mapping', () => {
    const extents = [extent(0, 0, 'hole', 4), extent(4, 0, 'ram')];
    expect(problemsOf(extents, { lowestMappedGfn: 4, maxMappedGfn: 3 })).toEqual([
      'highest mapped gfn 0x3 must lie in 0x4, the last mapping, to 0x4',
    ]);
  });

  it('says nothing about bounds of extents that are wrong', () => {
    expect(
      problemsOf([extent(0, 10, 'ram')], { lowestMappedGfn: 9, maxMappedGfn: 99 }),
    ).toHaveLength(1);
  });

  it('finds what is wrong behind a number that is none', () => {
    expect(problemsOf([extent(0, 0, 'ram', Number.NaN), extent(8, 0, 'ram')])).toEqual([
      'extent 0 at gfn 0x0: count NaN must be a whole number from 1 on',
      'extent 1 at gfn 0x8: gfns 0x0 to 0x7 before it are missing; make them a hole',
    ]);
  });

  it('fills the address space to its end', () => {
    expect(p2mOf([extent(0, 27, 'ram', 512)]).maxMappedGfn).toBe(2 ** 36 - 1);
  });

  it('has an empty range if nothing is mapped', () => {
    const p2m = p2mOf([extent(0, 18, 'hole')]);
    expect(p2m.maxMappedGfn).toBeLessThan(p2m.lowestMappedGfn);
  });

  it.each<[string, P2mExtent[], string]>([
    ['nothing', [], 'there is no extent'],
    [
      'overlap',
      [extent(0, 9, 'ram', 2), extent(512, 9, 'ram')],
      'extent 1 at gfn 0x200: overlaps what comes before it, which ends at gfn 0x3ff',
    ],
    [
      'gap',
      [extent(0, 9, 'ram'), extent(1024, 9, 'ram')],
      'extent 1 at gfn 0x400: gfns 0x200 to 0x3ff before it are missing; make them a hole',
    ],
    [
      'gap at the start',
      [extent(1, 0, 'ram')],
      'extent 0 at gfn 0x1: gfns 0x0 to 0x0 before it are missing; make them a hole',
    ],
    [
      'misaligned block',
      [extent(0, 0, 'hole', 3), extent(3, 9, 'ram')],
      'extent 1 at gfn 0x3: a mapping of 512 pages must be aligned to them: 0x0 or 0x200',
    ],
    ['order', [extent(0, 10, 'ram')], 'extent 0 at gfn 0x0: order 10 is none of 0, 9, 18, 27'],
    [
      'negative gfn',
      [extent(-1, 0, 'ram')],
      'extent 0 at gfn -0x1: gfn -1 must be a whole number from 0 on',
    ],
    [
      'fraction',
      [extent(0.5, 0, 'ram')],
      'extent 0 at gfn 0.5: gfn 0.5 must be a whole number from 0 on',
    ],
    [
      'count',
      [extent(0, 0, 'ram', 0)],
      'extent 0 at gfn 0x0: count 0 must be a whole number from 1 on',
    ],
    [
      'type',
      [extent(0, 0, 'rom' as P2mType)],
      "extent 0 at gfn 0x0: type 'rom' is none of ram, mmio, hole",
    ],
    [
      'too far',
      [extent(0, 27, 'ram', 513)],
      "extent 0 at gfn 0x0: ends beyond gfn 0xfffffffff, the end of the guest's address space",
    ],
  ])('says what is wrong: %s', (_, extents, problem) => {
    expect(problemsOf(extents)).toEqual([problem]);
  });

  it('reports all mistakes at once', () => {
    const extents = [extent(0, 9, 'ram'), extent(100, 9, 'ram', 1), extent(2048, 3, 'ram', -1)];
    expect(problemsOf(extents)).toHaveLength(4);
  });

  it('never throws, whatever numbers it gets', () => {
    const odd = fc.oneof(fc.nat(2048), fc.integer(), fc.double());
    const made = fc.record({
      gfn: odd,
      order: fc.oneof(fc.constantFrom(0, 9, 18, 27), odd),
      type: fc.constantFrom<P2mType>('ram', 'mmio', 'hole'),
      valid: fc.boolean(),
      count: odd,
    });
    fc.assert(
      fc.property(fc.array(made, { maxLength: 4 }), (extents) => {
        const result = buildP2m(extents);
        if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('indexOf', () => {
  it('finds the run of every gfn and nothing beyond', () => {
    const p2m = p2mOf([extent(0, 0, 'hole', 2), extent(2, 0, 'ram', 3), extent(5, 0, 'mmio', 1)]);
    expect([-1, 0, 1, 2, 4, 5, 6].map((gfn) => p2m.indexOf(gfn))).toEqual([-1, 0, 0, 1, 1, 2, -1]);
  });
});

describe('setValid', () => {
  it('touches whole mappings, splits runs and joins them again', () => {
    const p2m = p2mOf(ramExtents(GUEST_RAM_BASE_GFN, GIB, 9));
    const whole = p2m.runs;
    p2m.setValid(0, Number.MAX_SAFE_INTEGER, false);
    expect(p2m.runs.map((run) => run.valid)).toEqual([false, false]);
    p2m.setValid(0x40000 + 700, 0x40000 + 701, true);
    expect(p2m.runs.map((run) => [run.first, run.end, run.valid])).toEqual([
      [0, 0x40000, false],
      [0x40000, 0x40200, false],
      [0x40200, 0x40400, true],
      [0x40400, 0x80000, false],
    ]);
    p2m.setValid(0x40000, 0x80000, true);
    expect(p2m.runs).toEqual(whole);
  });

  it('keeps its runs when there is nothing to set', () => {
    const p2m = p2mOf([extent(0, 0, 'ram', 8)]);
    const { runs } = p2m;
    for (const [first, end] of [
      [5, 5],
      [5, 3],
      [8, 99],
      [-3, 0],
    ]) {
      p2m.setValid(first, end, false);
      expect(p2m.runs).toBe(runs);
    }
  });

  it('does what setting mapping by mapping does', () => {
    const [TYPES, ORDERS] = [['ram', 'mmio', 'hole'] as const, [0, 9] as const];
    const part = fc.tuple(fc.constantFrom(...ORDERS), fc.constantFrom(...TYPES), fc.boolean());
    const change = fc.tuple(fc.integer({ min: -600, max: 9000 }), fc.nat(1500), fc.boolean());
    const parts = fc.array(part, { minLength: 1, maxLength: 16 });
    fc.assert(
      fc.property(parts, fc.array(change, { maxLength: 8 }), (layout, changes) => {
        // Each part is 512 pages: one block, or 512 pages mapped one by one.
        const extents = layout.map(([order, type, valid], index) =>
          extent(index * 512, order, type, 512 / 2 ** order, valid),
        );
        const p2m = p2mOf(extents);
        const valid = layout.flatMap(([, type, set]) => Array(512).fill(type !== 'hole' && set));
        for (const [first, length, set] of changes) {
          p2m.setValid(first, first + length, set);
          layout.forEach(([order, type], index) => {
            for (let at = index * 512; at < (index + 1) * 512; at += 2 ** order) {
              const touched = at < first + length && at + 2 ** order > first && length > 0;
              if (touched) valid.fill(type !== 'hole' && set, at, at + 2 ** order);
            }
          });
        }
        expect(p2m.runs.flatMap((run) => Array(run.end - run.first).fill(run.valid))).toEqual(
          valid,
        );
        p2m.runs.slice(1).forEach((run, index) => {
          const before = p2m.runs[index];
          expect(before.end).toBe(run.first);
          expect([before.order, before.type, before.valid]).not.toEqual([
            run.order,
            run.type,
            run.valid,
          ]);
        });
      }),
    );
  });
});
