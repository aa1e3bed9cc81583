import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type FlushCosts,
  type FlushRule,
  UPSTREAM_FLUSH_RULE,
} from '../../src/memory/flush-rule.ts';
import { FlushWalk } from '../../src/memory/flush-walk.ts';
import {
  buildP2m,
  GUEST_RAM_BASE_GFN,
  holeExtents,
  P2m,
  type P2mExtent,
  type P2mType,
  ramExtents,
} from '../../src/memory/p2m.ts';
import { flushPageByPage } from './page-by-page.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const TIB = 2 ** 40;
const END = Number.MAX_SAFE_INTEGER;

/** As measured, about. */
const COSTS: FlushCosts = { page: 368, lookup: 268, skip: 251, check: 19 };

function p2mOf(extents: readonly P2mExtent[]): P2m {
  const result = buildP2m(extents);
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result.p2m;
}

function extent(gfn: number, order: number, type: P2mType, count = 1, valid = true): P2mExtent {
  return { gfn, order, type, valid, count };
}

/** Flushes all of `p2m` with nothing ever pending. */
function flushUndisturbed(p2m: P2m, rule: FlushRule = UPSTREAM_FLUSH_RULE): FlushWalk {
  const walk = new FlushWalk(p2m, COSTS, rule);
  walk.begin(0);
  walk.finish();
  return walk;
}

/**
 * Flushes all of `p2m`, each check finding something; returns the walk and how many calls it took.
 */
function flushDisturbed(p2m: P2m): { walk: FlushWalk; calls: number } {
  const walk = new FlushWalk(p2m, COSTS, UPSTREAM_FLUSH_RULE);
  let calls = 1;
  walk.begin(0);
  for (let time = walk.nextCheck(0); time < Infinity; time = walk.nextCheck(0)) {
    walk.stopAt(time);
    calls += 1;
    walk.begin(walk.gfn);
  }
  walk.finish();
  return { walk, calls };
}

describe('golden vectors of p2m_cache_flush_range()', () => {
  it('N pages: floor((N-1)/52) checks; always pending: ceil(N/52) calls', () => {
    for (const pages of [1, 51, 52, 53, 104, 105, 512, 5000]) {
      const p2m = p2mOf([extent(0, 0, 'ram', pages)]);
      expect(flushUndisturbed(p2m).total.checks).toBe(Math.floor((pages - 1) / 52));
      expect(flushDisturbed(p2m).calls).toBe(Math.ceil(pages / 52));
    }
  });

  it('S skips: floor((S-1)/512) checks, S lookups', () => {
    for (const skips of [1, 511, 512, 513, 1024, 1025, 5000]) {
      const { total } = flushUndisturbed(p2mOf([extent(0, 0, 'mmio', skips)]));
      expect(total).toEqual({
        flushed: 0,
        skipped: skips,
        lookups: skips,
        checks: Math.floor((skips - 1) / 512),
      });
    }
  });

  it.each<[string, P2mExtent, number, number, number, number]>([
    // what, extent, checks, lookups, calls if always pending, lookups then (-ERESTARTs = calls - 1)
    ['52 x 4K', extent(0, 0, 'ram', 52), 0, 52, 1, 52],
    ['53 x 4K', extent(0, 0, 'ram', 53), 1, 53, 2, 53],
    ['512 x 4K', extent(0, 0, 'ram', 512), 9, 512, 10, 512],
    ['one 2M block', extent(0, 9, 'ram'), 9, 1, 10, 10],
    ['262144 pages as 4K', extent(0, 0, 'ram', 262144), 5041, 262144, 5042, 262144],
    ['262144 pages as 2M blocks', extent(0, 9, 'ram', 512), 5041, 512, 5042, 5514],
    ['262144 pages as one 1G block', extent(0, 18, 'ram'), 5041, 1, 5042, 5042],
  ])('%s', (_, ram, checks, lookups, calls, lookupsDisturbed) => {
    const flushed = ram.count * 2 ** ram.order;
    expect(flushUndisturbed(p2mOf([ram])).total).toEqual({ flushed, skipped: 0, lookups, checks });
    const disturbed = flushDisturbed(p2mOf([ram]));
    expect(disturbed.calls).toBe(calls);
    expect(disturbed.walk.total).toEqual({
      flushed,
      skipped: 0,
      lookups: lookupsDisturbed,
      checks: calls - 1,
    });
  });

  it.each([
    ['10 of its blocks valid', 10, 102, 5124, 2006],
    ['all of it valid', 512, 5044, 262148, 1504],
  ])('a GICv2 guest of 1 GiB, %s', (_, valid, checks, flushed, skipped) => {
    const p2m = p2mOf([
      ...holeExtents(0, 0x3002),
      extent(0x3002, 0, 'mmio', 2),
      ...holeExtents(0x3004, 0x39000),
      extent(0x39000, 0, 'ram', 4),
      ...holeExtents(0x39004, 0x40000),
      extent(0x40000, 9, 'ram', 512),
    ]);
    p2m.setValid(0x40000 + valid * 512, 0x80000, false);
    expect(flushUndisturbed(p2m).total).toEqual({ flushed, skipped, lookups: 2020, checks });
  });

  it('51 pages and a skip are 511: the check comes one page later', () => {
    const p2m = p2mOf([extent(0, 0, 'ram', 51), extent(51, 0, 'mmio'), extent(52, 0, 'ram', 2)]);
    const walk = new FlushWalk(p2m, COSTS, UPSTREAM_FLUSH_RULE);
    walk.begin(0);
    const time = walk.nextCheck(0);
    expect(walk.positionAt(time)).toEqual({
      gfn: 53,
      flushed: 52,
      skipped: 1,
      lookups: 53,
      checks: 0,
    });
  });
});

describe('time of a call', () => {
  it('adds pages, lookups, skips and passed checks', () => {
    const p2m = p2mOf(ramExtents(GUEST_RAM_BASE_GFN, 4 * MIB, 9));
    const walk = new FlushWalk(p2m, COSTS, UPSTREAM_FLUSH_RULE);
    walk.begin(0);
    expect(walk.duration()).toBe(1024 * 368 + 2 * 268 + 19 * 19);
    expect(walk.nextCheck(0)).toBe(268 + 52 * 368);
    expect(walk.nextCheck(268 + 52 * 368)).toBe(268 + 52 * 368);
    expect(walk.nextCheck(268 + 52 * 368 + 1)).toBe(268 + 104 * 368 + 19);
    expect(walk.nextCheck(walk.duration())).toBe(Infinity);
    // Asked for an earlier time again.
    expect(walk.nextCheck(1)).toBe(268 + 52 * 368);
  });

  it('looks up again after -ERESTART in the middle of a block, and counts from 0', () => {
    const p2m = p2mOf([extent(0, 18, 'ram')]);
    const walk = new FlushWalk(p2m, COSTS, UPSTREAM_FLUSH_RULE);
    walk.begin(0);
    walk.stopAt(walk.nextCheck(20_000));
    expect(walk.gfn).toBe(104);
    expect(walk.call).toEqual({ flushed: 104, skipped: 0, lookups: 1, checks: 2 });
    walk.begin(walk.gfn);
    expect(walk.nextCheck(0)).toBe(268 + 52 * 368);
    walk.stopAt(walk.nextCheck(0));
    expect(walk.call).toEqual({ flushed: 52, skipped: 0, lookups: 1, checks: 1 });
    expect(walk.total).toEqual({ flushed: 156, skipped: 0, lookups: 2, checks: 3 });
  });

  it('has no check with rule never', () => {
    const walk = new FlushWalk(p2mOf([extent(0, 9, 'ram', 100)]), COSTS, 'never');
    walk.begin(0);
    expect(walk.nextCheck(0)).toBe(Infinity);
    expect(walk.duration()).toBe(51200 * 368 + 100 * 268);
  });

  it('checks by time at the first loop top at which enough of it has passed', () => {
    const p2m = p2mOf([extent(0, 0, 'mmio', 10)]);
    const walk = new FlushWalk(p2m, { ...COSTS, skip: 100, check: 7 }, { everyNs: 250 });
    walk.begin(0);
    // The first after 3 skips; then 7 ns of the check and 3 skips are 307 >= 250, 2 skips are not.
    expect(walk.nextCheck(0)).toBe(300);
    expect(walk.nextCheck(301)).toBe(607);
    expect(walk.nextCheck(608)).toBe(914);
    expect(walk.nextCheck(915)).toBe(Infinity);
    expect(walk.duration()).toBe(1021);
  });

  it('checks by block where one begins, also when it starts in the middle of one', () => {
    const walk = new FlushWalk(p2mOf([extent(0, 18, 'ram')]), COSTS, { blockOrder: 9 });
    walk.begin(300, 2000);
    expect(walk.positionAt(walk.nextCheck(0)).gfn).toBe(512);
    walk.stopAt(walk.nextCheck(0));
    walk.begin(walk.gfn, 2000);
    expect(walk.positionAt(walk.nextCheck(0)).gfn).toBe(1024);
    walk.finish();
    expect(walk.call).toEqual({ flushed: 1488, skipped: 0, lookups: 1, checks: 2 });
  });

  it('is 0 outside of what is mapped, and for an empty request', () => {
    const walk = new FlushWalk(
      p2mOf([extent(0, 0, 'hole', 8), extent(8, 0, 'ram', 8)]),
      COSTS,
      'never',
    );
    for (const [start, end, resume] of [
      [0, 5, 8],
      [12, 12, 12],
      [16, END, 16],
      [99, END, 99],
    ]) {
      walk.begin(start, end);
      expect(walk.duration()).toBe(0);
      walk.finish();
      expect([walk.gfn, walk.position]).toEqual([resume, resume]);
    }
    expect(walk.total).toEqual({ flushed: 0, skipped: 0, lookups: 0, checks: 0 });
  });

  it('ends behind the request after a skip that reaches over its end', () => {
    const walk = new FlushWalk(p2mOf([extent(0, 9, 'mmio', 4)]), COSTS, UPSTREAM_FLUSH_RULE);
    walk.begin(100, 700);
    expect(walk.duration()).toBe(2 * 251);
    walk.finish();
    expect([walk.gfn, walk.call.skipped]).toEqual([1024, 2]);
  });
});

describe('laws of a flush', () => {
  const walkOf = (rule: FlushRule, costs = COSTS) =>
    new FlushWalk(p2mOf([extent(0, 9, 'ram', 4)]), costs, rule);

  it('refuses a rule that would let a call end without progress', () => {
    expect(() => walkOf({ threshold: 0, pageWeight: 10, skipWeight: 1 })).toThrow('something');
    expect(() => walkOf({ everyNs: 0 })).toThrow('something');
  });

  it('refuses what is not whole or negative', () => {
    expect(() => walkOf({ everyNs: 1.5 })).toThrow('whole');
    expect(() => walkOf({ threshold: 512, pageWeight: -1, skipWeight: 1 })).toThrow('whole');
    expect(() => walkOf('never', { ...COSTS, page: 0.1 })).toThrow('whole');
    expect(() => walkOf('never', { ...COSTS, check: Infinity })).toThrow('whole');
  });

  it('refuses to last longer than numbers are exact', () => {
    const walk = walkOf('never', { ...COSTS, page: 2 ** 43 });
    walk.begin(0);
    expect(() => walk.finish()).toThrow('less than 2^53 ns');
  });

  it('refuses bounds that the p2m does not reach', () => {
    const walk = new FlushWalk(
      new P2m([], { lowestMappedGfn: 0, maxMappedGfn: 7 }),
      COSTS,
      'never',
    );
    expect(() => walk.begin(0)).toThrow('inside the p2m');
  });

  it('refuses to stop where no check is, and to ask outside of a call', () => {
    const walk = walkOf(UPSTREAM_FLUSH_RULE);
    expect(() => walk.duration()).toThrow('during a call');
    expect(() => walk.nextCheck(0)).toThrow('during a call');
    walk.begin(0);
    expect(() => walk.begin(0)).toThrow('before it has ended');
    expect(() => walk.stopAt(walk.nextCheck(0) + 1)).toThrow('at a check');
    expect(() => walk.positionAt(3)).toThrow('at a check');
    expect(() => walk.nextCheck(Infinity)).toThrow('during a call');
    expect(() => walk.stopAt(walk.duration())).toThrow('at a check');
    walk.finish();
    expect(() => walk.finish()).toThrow('during a call');
  });

  it('refuses a p2m that changes while its lock is held', () => {
    const p2m = p2mOf([extent(0, 9, 'ram', 4)]);
    const walk = new FlushWalk(p2m, COSTS, UPSTREAM_FLUSH_RULE);
    walk.begin(0);
    p2m.setValid(0, 1, false);
    expect(() => walk.finish()).toThrow('holds its lock');
  });
});

/** Areas of 2 MiB: one block, one invalid block, some blocks, or 512 pages in short runs. */
const layout = fc
  .array(
    fc.oneof(
      fc.record({
        order: fc.constant(9),
        type: fc.constantFrom<P2mType>('ram', 'ram', 'mmio', 'hole'),
        valid: fc.boolean(),
        count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
      }),
      fc.array(
        fc.record({
          type: fc.constantFrom<P2mType>('ram', 'ram', 'mmio', 'hole'),
          valid: fc.boolean(),
          count: fc.integer({ min: 1, max: 120 }),
        }),
        { minLength: 1, maxLength: 8 },
      ),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((areas) => {
    const extents: P2mExtent[] = [];
    let gfn = 0;
    for (const area of areas) {
      const parts = Array.isArray(area) ? area.map((part) => ({ ...part, order: 0 })) : [area];
      for (const part of parts) {
        extents.push({ ...part, gfn });
        gfn += part.count * 2 ** part.order;
      }
      const rest = (512 - (gfn % 512)) % 512;
      if (rest > 0) extents.push(extent(gfn, 0, 'ram', rest));
      gfn += rest;
    }
    return extents;
  });

const cost = (max: number) => fc.oneof(fc.constant(0), fc.nat(max));
const costs = fc.record({ page: cost(20), lookup: cost(60), skip: cost(20), check: cost(30) });
const weight = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 }));
const rule = fc.oneof(
  fc.constant<FlushRule>(UPSTREAM_FLUSH_RULE),
  fc.record({
    threshold: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20_000 })),
    pageWeight: weight,
    skipWeight: weight,
  }),
  fc.record({
    everyNs: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40_000 })),
  }),
  fc.record({ blockOrder: fc.constantFrom(0, 3, 5, 9, 18) }),
  fc.constant<FlushRule>('never'),
);

describe('FlushWalk against the loop page by page', () => {
  it('agrees on every time and position, with random preemptions', () => {
    const part = fc.integer({ min: 0, max: 1000 });
    const moments = fc.array(fc.array(part, { maxLength: 4 }), { maxLength: 12 });
    const input = [layout, costs, rule, part, part, moments] as const;
    fc.assert(
      fc.property(...input, (extents, prices, spec, from, to, questions) => {
        const p2m = p2mOf(extents);
        const reach = p2m.maxMappedGfn + 1;
        const start = Math.floor((reach * from) / 2000);
        const end = reach - Math.floor((reach * to) / 2000);
        const walk = new FlushWalk(p2m, prices, spec);
        const sum = { flushed: 0, skipped: 0, lookups: 0, checks: 0 };
        let gfn = start;
        for (let call = 0; ; call++) {
          const first = Math.max(gfn, p2m.lowestMappedGfn);
          const loop = flushPageByPage(extents, prices, spec, first, end);
          walk.begin(gfn, end);
          if (call % 2 === 0) expect(walk.duration()).toBe(loop.end.time);
          let stop: number | undefined;
          // Questions in any order; the call stops at the check that the last one found.
          for (const question of questions[call] ?? []) {
            const time = Math.floor((loop.end.time * question) / 1000);
            const check = loop.checks.find((each) => each.time >= time);
            expect(walk.nextCheck(time)).toBe(check?.time ?? Infinity);
            stop = check?.time;
            if (check === undefined) continue;
            const firstThen = loop.checks.find((each) => each.time === check.time);
            expect({ ...walk.positionAt(check.time), time: check.time }).toEqual(firstThen);
          }
          expect(walk.duration()).toBe(loop.end.time);
          const found = loop.checks.find((each) => each.time === stop);
          const done = found ? { ...found, checks: found.checks + 1 } : loop.end;
          if (found) walk.stopAt(found.time);
          else walk.finish();
          const { gfn: resume, time: _, ...totals } = done;
          expect(walk.gfn).toBe(resume);
          expect(walk.call).toEqual(totals);
          for (const key of ['flushed', 'skipped', 'lookups', 'checks'] as const) {
            sum[key] += totals[key];
          }
          expect(walk.total).toEqual(sum);
          gfn = resume;
          if (!found) break;
        }
      }),
      { numRuns: 400 },
    );
  });

  // Long runs of blocks, where time rules ride cycles: every check of the loop must be found.
  it.each<[number, number, number, Partial<FlushCosts>]>([
    [9, 400, 50_000, {}],
    [9, 400, 1_000, {}],
    [9, 400, 19_001, { lookup: 1_900 }],
    [9, 400, 187_000, {}],
    [9, 400, 700_003, { check: 0 }],
    [9, 400, 10, {}],
    [9, 400, 997, { page: 1, lookup: 3 }],
    [9, 400, 997, { page: 0 }],
    [18, 2, 50_000, { lookup: 12_345 }],
  ])(
    'finds every check of order %i x %i, every %i ns, costs %o',
    (order, count, everyNs, other) => {
      const extents = ramExtents(0, count * 2 ** order * 4096, order);
      const prices = { ...COSTS, ...other };
      const loop = flushPageByPage(extents, prices, { everyNs }, 77, count * 2 ** order - 5);
      const walk = new FlushWalk(p2mOf(extents), prices, { everyNs });
      walk.begin(77, count * 2 ** order - 5);
      expect(walk.duration()).toBe(loop.end.time);
      const stride = Math.ceil(loop.checks.length / 2000);
      for (let at = 0; at < loop.checks.length; at += stride) {
        const { time, ...position } = loop.checks[at];
        const before = at === 0 ? -1 : loop.checks[at - 1].time;
        if (walk.nextCheck(before + 1) !== time) expect.fail(`check ${at} is not at ${time}`);
        if (at % 97 === 0) expect(walk.positionAt(time)).toEqual(position);
        // From the start again, so that it must ride there in one go.
        if (at % 7 === 0) walk.nextCheck(0);
      }
      walk.finish();
      const { gfn, time: _, ...totals } = loop.end;
      expect([walk.gfn, walk.total]).toEqual([gfn, totals]);
    },
  );
});

describe('a call that begins in the middle of a block', () => {
  it('takes no count for part of a cycle before it has come back', () => {
    // One page of the first block: a count of 1 at the second, where no later check leads back to.
    const prices = { page: 0, lookup: 1, skip: 0, check: 5 };
    const extents = [extent(0, 9, 'ram', 200)];
    const loop = flushPageByPage(extents, prices, { everyNs: 50 }, 511, 200 * 512);
    const walk = new FlushWalk(p2mOf(extents), prices, { everyNs: 50 });
    walk.begin(511);
    expect(walk.duration()).toBe(loop.end.time);
    expect(walk.nextCheck(0)).toBe(loop.checks[0].time);
  });
});

describe('work of the walk itself', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Divisions made while a guest with `bytes` of 2 MiB blocks is flushed with 20 preemptions. */
  function divisionsOf(bytes: number, spec: FlushRule): number {
    const p2m = p2mOf(ramExtents(GUEST_RAM_BASE_GFN, bytes, 9));
    const walk = new FlushWalk(p2m, COSTS, spec);
    const spies = [vi.spyOn(Math, 'ceil'), vi.spyOn(Math, 'floor')];
    walk.begin(0);
    const slice = Math.ceil(walk.duration() / 25);
    for (let preemptions = 0; preemptions < 20; preemptions++) {
      const time = walk.nextCheck(slice);
      expect(walk.duration()).toBeGreaterThan(time);
      walk.stopAt(time);
      walk.begin(walk.gfn);
    }
    walk.finish();
    expect(walk.total.flushed).toBe(bytes / 4096);
    const divisions = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
    vi.restoreAllMocks();
    return divisions;
  }

  it.each<[string, FlushRule, number]>([
    ['upstream', UPSTREAM_FLUSH_RULE, 3_000],
    ['every 50 us', { everyNs: 50_000 }, 10_000],
    ['every 187 us', { everyNs: 187_000 }, 60_000],
    ['every 10 ms', { everyNs: 10_000_000 }, 3_000],
  ])('hardly grows from 1 TiB to 64 TiB: %s', (_, spec, most) => {
    const one = divisionsOf(TIB, spec);
    expect(one).toBeLessThan(most);
    expect(divisionsOf(64 * TIB, spec)).toBeLessThan(2 * one);
  });

  it('is exact for 64 TiB', () => {
    const walk = new FlushWalk(p2mOf(ramExtents(0, 64 * TIB, 9)), COSTS, UPSTREAM_FLUSH_RULE);
    walk.begin(0);
    const pages = (64 * TIB) / 4096;
    const checks = Math.floor((pages - 1) / 52);
    expect(walk.duration()).toBe(pages * 368 + (pages / 512) * 268 + checks * 19);
    // The last check of all.
    const last = walk.nextCheck(walk.duration() - 52 * 368 - 1);
    expect(walk.positionAt(last)).toMatchObject({ gfn: 52 * checks, checks: checks - 1 });
  });

  it('keeps 4 TiB of 2 MiB blocks in one run', () => {
    expect(p2mOf(ramExtents(0, 4 * TIB, 9)).runs).toHaveLength(1);
    expect(p2mOf(ramExtents(0, 4 * GIB, 18)).runs).toHaveLength(1);
  });
});
