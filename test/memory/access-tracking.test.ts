import { describe, expect, it } from 'vitest';
import type { TranslationFault } from '../../src/hypervisor/ports.ts';
import { AccessTracking } from '../../src/memory/access-tracking.ts';
import { buildP2m, holeExtents, type P2m, type P2mExtent } from '../../src/memory/p2m.ts';

const GIB = 0x40000;
const ram = (gfn: number, order: number, count: number): P2mExtent => ({
  gfn,
  order,
  type: 'ram',
  valid: true,
  count,
});

function p2mOf(...extents: P2mExtent[]): P2m {
  const built = buildP2m([...holeExtents(0, extents[0].gfn), ...extents]);
  if (!built.ok) throw new Error(built.problems.join());
  return built.p2m;
}

/** A domain whose creation is finished: its root has been invalidated. */
function tracked(rootLevel: 0 | 1, ...extents: P2mExtent[]) {
  const p2m = p2mOf(...extents);
  const tracking = new AccessTracking(p2m, rootLevel);
  tracking.invalidateRoot();
  const touch = (gfn: number): TranslationFault[] => {
    const faults: TranslationFault[] = [];
    while (tracking.faults(gfn)) {
      const fault = tracking.resolve(gfn);
      if (fault !== undefined) faults.push(fault);
    }
    return faults;
  };
  const validPages = () =>
    p2m.runs.reduce(
      (sum, run) => sum + (run.type === 'ram' && run.valid ? run.end - run.first : 0),
      0,
    );
  return { p2m, tracking, touch, validPages };
}

const kinds = (faults: TranslationFault[]) => faults.map(({ kind }) => kind);

describe('faults of a first touch', () => {
  it('one for each invalid level on the way, root level 1', () => {
    expect(kinds(tracked(1, ram(GIB, 18, 1)).touch(GIB + 5))).toEqual(['leaf']);
    expect(kinds(tracked(1, ram(GIB, 9, 32)).touch(GIB + 5))).toEqual(['table', 'leaf']);
    expect(kinds(tracked(1, ram(GIB, 0, 16)).touch(GIB + 5))).toEqual(['table', 'table', 'leaf']);
  });

  it('one more with a root of level 0', () => {
    expect(kinds(tracked(0, ram(GIB, 18, 1)).touch(GIB + 5))).toEqual(['table', 'leaf']);
    expect(kinds(tracked(0, ram(GIB, 9, 32)).touch(GIB + 5))).toEqual(['table', 'table', 'leaf']);
  });

  it('and none for the next touch of the same block', () => {
    const { touch } = tracked(1, ram(GIB, 9, 32));
    touch(GIB);
    expect(touch(GIB + 511)).toEqual([]);
    expect(kinds(touch(GIB + 512))).toEqual(['leaf']);
  });

  it('makes the whole block valid, also from its middle', () => {
    const { touch, p2m } = tracked(1, ram(0, 9, 4));
    // The first run of the map, too.
    expect(kinds(touch(512 + 5))).toEqual(['table', 'leaf']);
    expect(p2m.runs.map(({ first, valid }) => [first, valid])).toEqual([
      [0, false],
      [512, true],
      [1024, false],
    ]);
    expect(kinds(touch(5))).toEqual(['leaf']);
  });

  it('and nothing to resolve after it', () => {
    const { touch, tracking, validPages } = tracked(1, ram(GIB, 9, 32));
    touch(GIB);
    expect(tracking.resolve(GIB)).toBeUndefined();
    expect(validPages()).toBe(512);
  });

  it('none for what is not mapped', () => {
    expect(tracked(1, ram(GIB, 9, 1)).touch(0)).toEqual([]);
    expect(tracked(1, ram(GIB, 9, 1)).touch(GIB + 512)).toEqual([]);
  });
});

describe('a table entry that becomes valid', () => {
  it('takes the valid bit from all entries of its table', () => {
    const { touch, validPages } = tracked(1, ram(GIB, 9, 32));
    // Below the root nothing was invalidated: every block still has its bit from creation.
    expect(validPages()).toBe(32 * 512);
    expect(touch(GIB)[0]).toEqual({ kind: 'table', validChildren: 32 });
    expect(validPages()).toBe(512);
  });

  it('leaves the tables and mappings of its neighbours alone', () => {
    // A table of 512 blocks that just fills its GiB, another one behind a GiB of nothing.
    const apart = [ram(GIB, 9, 512), ...holeExtents(2 * GIB, 3 * GIB), ram(3 * GIB, 9, 4)];
    const { touch, validPages } = tracked(1, ...apart);
    expect(touch(GIB)[0]).toEqual({ kind: 'table', validChildren: 512 });
    expect(validPages()).toBe(512 + 4 * 512);
    expect(touch(3 * GIB)[0]).toEqual({ kind: 'table', validChildren: 4 });
    // One table below the root, and none for the GiB behind it.
    expect(tracked(0, ram(GIB, 9, 512)).touch(GIB)[0]).toEqual({ kind: 'table', validChildren: 1 });
  });

  it('leaves the first table of the next GiB alone', () => {
    const { touch } = tracked(1, ram(GIB, 0, GIB + 16));
    expect(touch(GIB)[0]).toEqual({ kind: 'table', validChildren: 512 });
    expect(touch(2 * GIB)[0]).toEqual({ kind: 'table', validChildren: 1 });
  });

  it('counts tables among its entries', () => {
    const { touch } = tracked(1, ram(GIB, 9, 3), ram(GIB + 3 * 512, 0, 16));
    expect(touch(GIB)[0]).toEqual({ kind: 'table', validChildren: 4 });
    expect(kinds(touch(GIB + 3 * 512))).toEqual(['table', 'leaf']);
  });

  it('concerns its own range only: what lies below an untouched table keeps its bits', () => {
    const { touch, validPages, tracking } = tracked(1, ram(GIB, 9, 1024));
    touch(GIB);
    expect(validPages()).toBe(512 + 512 * 512);
    // And is flushed again and again, as the flush looks at the bits of mappings only.
    tracking.invalidateRoot();
    touch(GIB);
    expect(validPages()).toBe(512 + 512 * 512);
  });
});

describe('after a flush', () => {
  it('the guest faults again at every level, and only what it touches is flushed', () => {
    const { touch, tracking, validPages } = tracked(1, ram(GIB, 9, 32));
    touch(GIB);
    touch(GIB + 7 * 512);
    expect(validPages()).toBe(2 * 512);
    tracking.invalidateRoot();
    expect(touch(GIB + 9 * 512)).toEqual([
      { kind: 'table', validChildren: 2 },
      { kind: 'leaf', order: 9 },
    ]);
    expect(validPages()).toBe(512);
  });

  it('a 1 GiB mapping in the root is invalid itself', () => {
    const { touch, tracking, validPages } = tracked(1, ram(GIB, 18, 2));
    expect(validPages()).toBe(0);
    touch(GIB);
    expect(validPages()).toBe(GIB);
    tracking.invalidateRoot();
    expect(validPages()).toBe(0);
  });
});

describe('a root of several pages, of which only the first is invalidated', () => {
  const ROOT_PAGE = 2 ** 27;
  const twoPages = (firstPageOnly: boolean) => {
    const beyond = [...holeExtents(GIB + 512, ROOT_PAGE), ram(ROOT_PAGE, 9, 2)];
    const p2m = p2mOf(ram(GIB, 9, 1), ...beyond);
    const tracking = new AccessTracking(p2m, 1, firstPageOnly);
    tracking.invalidateRoot();
    return [GIB, ROOT_PAGE].map((gfn) => tracking.faults(gfn));
  };

  it('memory beyond 512 GiB always counts as accessed, before 4.21', () => {
    expect(twoPages(true)).toEqual([true, false]);
    expect(twoPages(false)).toEqual([true, true]);
  });

  it('1 GiB mappings in the root as well', () => {
    const beyond = [...holeExtents(2 * GIB, ROOT_PAGE), ram(ROOT_PAGE, 18, 1)];
    const tracking = new AccessTracking(p2mOf(ram(GIB, 18, 1), ...beyond), 1, true);
    tracking.invalidateRoot();
    expect([tracking.faults(GIB), tracking.faults(ROOT_PAGE)]).toEqual([true, false]);
  });

  it('a root of level 0 is one page', () => {
    const tracking = new AccessTracking(p2mOf(ram(ROOT_PAGE, 9, 1)), 0, true);
    tracking.invalidateRoot();
    expect(tracking.faults(ROOT_PAGE)).toBe(true);
  });
});
