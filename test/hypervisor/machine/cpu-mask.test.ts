import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuMask, NO_PCPU } from '../../../src/hypervisor/machine/cpu-mask.ts';

const SIZE = 70;
const members = fc.uniqueArray(fc.nat(SIZE - 1), { maxLength: SIZE });
const cpu = fc.nat(SIZE - 1);
const mask = (cpus: number[]) => CpuMask.of(SIZE, cpus);
const ascending = (cpus: Iterable<number>) => [...new Set(cpus)].sort((a, b) => a - b);

describe('CpuMask', () => {
  it('holds its members, in ascending order', () => {
    fc.assert(
      fc.property(members, (cpus) => {
        expect(mask(cpus).toArray()).toEqual(ascending(cpus));
        expect(mask(cpus).weight()).toBe(cpus.length);
        expect(mask(cpus).isEmpty()).toBe(cpus.length === 0);
      }),
    );
  });

  it('searches like Xen: next above, cycle around, itself only when alone', () => {
    fc.assert(
      fc.property(members, cpu, (cpus, c) => {
        const set = mask(cpus);
        const sorted = ascending(cpus);
        const next = sorted.find((member) => member > c) ?? NO_PCPU;
        expect(set.next(c)).toBe(next);
        expect(set.cycle(c)).toBe(next !== NO_PCPU ? next : (sorted[0] ?? NO_PCPU));
        expect(set.testOrCycle(c)).toBe(cpus.includes(c) ? c : set.cycle(c));
        expect(set.first()).toBe(sorted[0] ?? NO_PCPU);
      }),
    );
  });

  it('intersects, subtracts and compares like sets', () => {
    fc.assert(
      fc.property(members, members, (a, b) => {
        const both = a.filter((c) => b.includes(c));
        expect(new CpuMask(SIZE).setToAnd(mask(a), mask(b)).toArray()).toEqual(ascending(both));
        expect(mask(a).and(mask(b)).toArray()).toEqual(ascending(both));
        expect(mask(a).andNot(mask(b)).toArray()).toEqual(
          ascending(a.filter((c) => !b.includes(c))),
        );
        expect(mask(a).intersects(mask(b))).toBe(both.length > 0);
        expect(mask(a).isSubsetOf(mask(b))).toBe(both.length === a.length);
        expect(new CpuMask(SIZE).setTo(mask(a)).toArray()).toEqual(ascending(a));
      }),
    );
  });

  it('adds and removes', () => {
    const set = CpuMask.all(33);
    set.remove(32);
    set.remove(0);
    set.add(0);
    expect(set.weight()).toBe(32);
    expect([set.has(0), set.has(31), set.has(32)]).toEqual([true, true, false]);
  });
});
