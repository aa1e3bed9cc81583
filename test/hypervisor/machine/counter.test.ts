import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextTick, readCounter } from '../../../src/hypervisor/machine/counter.ts';

const FREQUENCIES = [8e6, 24e6, 54e6, 62.5e6, 99.99e6, 1e9];

describe('a counter', () => {
  it('knows every ns where its frequency is not said', () => {
    expect(readCounter(12_345, undefined)).toBe(12_345);
  });

  it('is that of the last tick', () => {
    expect([0, 15, 16, 31, 32].map((time) => readCounter(time, 62.5e6))).toEqual([
      0, 0, 16, 16, 32,
    ]);
    // 54 MHz: 18.5 ns, in whole ns.
    expect([18, 19, 37, 38].map((time) => readCounter(time, 54e6))).toEqual([0, 18, 18, 37]);
  });

  it('never runs backwards, ahead, or behind by more than a tick', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FREQUENCIES),
        fc.integer({ min: 0, max: 1e12 }),
        fc.integer({ min: 0, max: 1000 }),
        (hz, time, later) => {
          const read = readCounter(time, hz);
          expect(read).toBeLessThanOrEqual(time);
          expect(time - read).toBeLessThanOrEqual(1e9 / hz + 1);
          expect(readCounter(time + later, hz)).toBeGreaterThanOrEqual(read);
          const next = nextTick(time, hz);
          expect(readCounter(next, hz)).toBeGreaterThan(time);
          expect(readCounter(next - 1, hz)).toBeLessThanOrEqual(time);
        },
      ),
    );
  });
});
