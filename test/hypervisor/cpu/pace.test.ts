import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Pace } from '../../../src/hypervisor/cpu/pace.ts';

const work = fc.integer({ min: 0, max: 1e12 });
const slowdown = fc.integer({ min: 100, max: 1000 }).map((hundredths) => hundredths / 100);

it('what is done in the time that work takes is all of it, and in a ns less it is not', () => {
  fc.assert(
    fc.property(work, slowdown, fc.boolean(), (amount, factor, slowed) => {
      const pace = new Pace(factor);
      pace.slowed = slowed;
      const time = pace.timeFor(amount);
      expect(Math.abs(time - amount * (slowed ? factor : 1))).toBeLessThan(1);
      expect(pace.doneIn(time)).toBe(amount);
      if (amount > 0) expect(pace.doneIn(time - 1)).toBeLessThan(amount);
    }),
  );
});

it('interruptions lose nothing but parts of a ns', () => {
  fc.assert(
    fc.property(work, slowdown, fc.array(fc.nat(99), { maxLength: 20 }), (amount, factor, cuts) => {
      const pace = new Pace(factor);
      pace.slowed = true;
      let left = amount;
      let time = 0;
      for (const cut of cuts) {
        const whole = pace.timeFor(left);
        const passed = Math.floor((whole * cut) / 100);
        time += passed;
        left = pace.leftOf(left, whole - passed);
      }
      time += pace.timeFor(left);
      expect(time - pace.timeFor(amount)).toBeGreaterThanOrEqual(0);
      expect(time - pace.timeFor(amount)).toBeLessThanOrEqual(1 + cuts.length * factor);
    }),
  );
});

it('work that has not begun is left as it is', () => {
  const pace = new Pace(2);
  pace.slowed = true;
  expect(pace.leftOf(100, 260)).toBe(100);
  expect(pace.leftOf(100, 200)).toBe(100);
  expect(pace.leftOf(100, 100)).toBe(50);
});

it('nothing gets faster', () => {
  expect(() => new Pace(0.99)).toThrow('makes nothing faster');
});
