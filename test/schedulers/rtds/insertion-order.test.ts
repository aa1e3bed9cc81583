import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CpuMask } from '../../../src/hypervisor/machine/cpu-mask.ts';
import { Vcpu } from '../../../src/hypervisor/machine/vcpu.ts';
import { InsertionOrder } from '../../../src/schedulers/rtds/insertion-order.ts';
import { newRtdsUnit, type RtdsUnit, runsBefore } from '../../../src/schedulers/rtds/unit.ts';

/** More than a block holds. */
const COUNT = 300;
const step = fc.record({
  what: fc.constantFrom('insert', 'insert', 'insert', 'remove', 'fall', 'rise'),
  unit: fc.nat(COUNT - 1),
  deadline: fc.nat(9),
});

it('is the list in which each was put before the first that it ran before then, whatever changes later', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 500, maxLength: 900 }), (steps) => {
      const units = Array.from({ length: COUNT }, (_, id) =>
        newRtdsUnit(new Vcpu(id, 0, CpuMask.of(1, [0]), undefined, undefined)),
      );
      const order = new InsertionOrder();
      const list: RtdsUnit[] = [];
      const ids = (some: readonly RtdsUnit[]) => some.map(({ vcpu }) => vcpu.id);
      for (const { what, unit: index, deadline } of steps) {
        const unit = units[index];
        const at = list.indexOf(unit);
        if (what === 'insert' && at < 0) {
          unit.deadline = deadline;
          const before = list.findIndex((other) => runsBefore(unit, other));
          list.splice(before < 0 ? list.length : before, 0, unit);
          order.insert(unit);
        } else if (what === 'remove' && at >= 0) {
          list.splice(at, 1);
          order.remove(unit);
        } else if (what === 'fall' || what === 'rise') {
          unit.level = what === 'fall' ? unit.level + 1 : 0;
          if (at >= 0) order.changed(unit);
        }
        expect(order.first).toBe(list[0]);
      }
      const seen: RtdsUnit[] = [];
      expect(order.countWhile((one) => seen.push(one) > 0)).toBe(list.length);
      expect(ids(seen)).toEqual(ids(list));
      const later = list.findIndex((one) => one.deadline >= 5);
      const expected = later < 0 ? list.length : later;
      expect(order.countWhile((one) => one.deadline < 5)).toBe(expected);
    }),
  );
});
