import { describe, expect, it } from 'vitest';
import { PAUSED_BLOCKED, PAUSED_MIGRATING } from '../../../src/hypervisor/machine/vcpu.ts';
import { Credit2Parts } from './fake.ts';

/** A load of 1, and that of a new unit. */
const ONE = 262144;
const HALF = 131072;

/** Two runqueues of two pCPUs each. */
function twoQueues(params = {}) {
  const parts = new Credit2Parts(4, { maxPcpusPerRunqueue: 2, ...params });
  const [left, right] = parts.state.runqueues;
  return { parts, left, right };
}

describe('credit2: the runqueue a unit goes to', () => {
  it('is the least loaded one, the first of equals, its pCPUs in turn', () => {
    const { parts, left, right } = twoQueues();
    const unit = parts.unit({ on: 3, hard: [0, 1, 2, 3] });
    [left.avgload, right.avgload] = [10, 10 + HALF];
    expect([1, 2, 3].map(() => parts.balance.pick(unit))).toEqual([1, 0, 1]);
    left.avgload = 11;
    expect(parts.balance.pick(unit)).toBe(3);
    expect([left.pickBias, right.pickBias]).toEqual([1, 3]);
  });

  it('does not count the unit itself, nor anything below zero', () => {
    const { parts, left, right } = twoQueues();
    const unit = parts.unit({ on: 2 });
    [left.avgload, right.avgload] = [5, HALF + 4];
    expect(parts.balance.pick(unit)).toBe(3);
    [left.avgload, right.avgload] = [0, HALF - 4];
    expect(parts.balance.pick(unit)).toBe(1);
  });

  it('is one with a pCPU that it prefers, with the bias of the least loaded one', () => {
    const { parts, left, right } = twoQueues();
    const unit = parts.unit({ soft: [2, 3] });
    [left.avgload, right.avgload] = [0, 5 * ONE];
    left.pickBias = 2;
    expect(parts.balance.pick(unit)).toBe(3);
    expect([left.pickBias, right.pickBias]).toEqual([3, 2]);
  });

  it('is the less loaded one of those with a pCPU that it prefers', () => {
    const parts = new Credit2Parts(6, { maxPcpusPerRunqueue: 2 });
    const unit = parts.unit({ soft: [3, 4, 5] });
    const [first, second, third] = parts.state.runqueues;
    [first.avgload, second.avgload, third.avgload] = [HALF, 8, 7];
    expect(parts.balance.pick(unit)).toBe(4);
    third.avgload = 8;
    expect(parts.balance.pick(unit)).toBe(3);
  });

  it('is none whose lock is held, and none that it may not use', () => {
    const { parts, left, right } = twoQueues();
    const unit = parts.unit();
    [left.avgload, right.avgload] = [0, 5 * ONE];
    expect(parts.balance.pick(unit, left)).toBe(3);
    const bound = parts.unit({ on: 1, hard: [1] });
    expect(parts.balance.pick(bound)).toBe(1);
    expect(parts.balance.pick(bound, left)).toBe(1);
    // Nothing was picked: the bias stays.
    left.pickBias = 0;
    bound.vcpu.processor = 3;
    expect(parts.balance.pick(bound, left)).toBe(3);
    expect(left.pickBias).toBe(0);
  });

  it('is the one that balancing asked for, once, if it may go there', () => {
    const { parts, left, right } = twoQueues();
    const unit = parts.unit();
    [left.avgload, right.avgload] = [HALF, 5 * ONE];
    unit.moveTo = right;
    expect(parts.balance.pick(unit)).toBe(3);
    expect(unit.moveTo).toBeUndefined();
    expect(parts.balance.pick(unit)).toBe(1);
    const bound = parts.unit({ hard: [0] });
    bound.moveTo = right;
    expect(parts.balance.pick(bound)).toBe(0);
    expect(bound.moveTo).toBeUndefined();
  });
});

describe('credit2: a move to another runqueue', () => {
  it('is asked for while the unit is on a pCPU', () => {
    const { parts, left, right } = twoQueues();
    const unit = parts.running(0, { on: 1 });
    parts.balance.move(unit, right);
    expect(unit).toMatchObject({ runqueue: left, moveTo: right });
    expect(unit.vcpu.pauseFlags).toBe(PAUSED_MIGRATING);
    expect(parts.machine.takeTickled()).toEqual([1]);
    expect(left.tickled.toArray()).toEqual([1]);
    expect(parts.machine.probe.kicks).toEqual([[0, 'balance']]);
  });

  it('takes one that waits along with its load and tickles there', () => {
    const { parts, left, right } = twoQueues();
    const unit = parts.unit();
    left.insert(unit);
    left.load = 1;
    parts.balance.move(unit, right);
    expect([left.queue, right.queue]).toEqual([[], [unit]]);
    expect([left.load, right.load]).toEqual([0, 1]);
    expect([left.units, right.units]).toEqual([[], [unit]]);
    expect(unit).toMatchObject({ runqueue: right, tickledPcpu: 3, moveTo: undefined });
    expect(parts.machine.probe.migrations).toEqual([[0, 0, 3, 'rq']]);
    expect(parts.machine.takeTickled()).toEqual([3]);
  });

  it('does not queue one that blocks', () => {
    const { parts, left, right } = twoQueues();
    const unit = parts.unit({ pauseFlags: PAUSED_BLOCKED, hard: [0, 2] });
    parts.balance.move(unit, right);
    expect([left.load, right.load, right.queue.length]).toEqual([0, 0, 0]);
    expect(unit).toMatchObject({ runqueue: right, queued: false });
    expect(unit.vcpu.processor).toBe(2);
    expect(parts.machine.takeTickled()).toEqual([]);
  });
});

describe('credit2: balancing after a reset', () => {
  /** Runqueues with one waiting unit per given load, each of its own load. */
  function loaded(loads: readonly (readonly number[])[], params = {}) {
    const parts = new Credit2Parts(2 * loads.length, { maxPcpusPerRunqueue: 2, ...params });
    const queues = parts.state.runqueues;
    const units = loads.map((list, id) =>
      list.map((load) => {
        const unit = parts.unit({ on: 2 * id });
        queues[id].insert(unit);
        queues[id].avgload += load - unit.avgload;
        unit.avgload = load;
        return unit;
      }),
    );
    const whereabouts = () => units.map((list) => list.map((unit) => unit.runqueue.id));
    return { parts, queues, units, whereabouts };
  }

  it('moves the unit that leaves the smallest difference', () => {
    // 3 against 0: with 1 moved 2 and 1, with 2 moved 1 and 2 as well; the first of equals.
    const { parts, queues, whereabouts } = loaded([[ONE, 2 * ONE], []]);
    parts.balance.balance(queues[0]);
    expect(whereabouts()).toEqual([[1, 0], []]);
  });

  it('pulls a unit if the other one has more', () => {
    const { parts, queues, whereabouts } = loaded([[], [3 * ONE, ONE]]);
    parts.balance.balance(queues[0]);
    // 4 against 0: with 3 moved 1 and 3, with 1 moved 3 and 1.
    expect(whereabouts()).toEqual([[], [0, 1]]);
  });

  it('exchanges units if that is better than to move one', () => {
    // 5 and 2 against 4 (difference 3): 5 for 4 leaves 6 and 5.
    const { parts, queues, whereabouts } = loaded([[5 * ONE, 2 * ONE], [4 * ONE]]);
    parts.balance.balance(queues[0]);
    expect(whereabouts()).toEqual([[1, 0], [0]]);
  });

  it('leaves all as it is if no exchange makes the difference smaller', () => {
    const { parts, queues, whereabouts } = loaded([[4 * ONE], []]);
    parts.balance.balance(queues[0]);
    expect(whereabouts()).toEqual([[0], []]);
  });

  it('moves nothing that may not go there or is about to go', () => {
    const { parts, queues, units, whereabouts } = loaded([[ONE, 2 * ONE, 3 * ONE], [ONE]]);
    units[0][0].vcpu.hardAffinity = parts.unit({ hard: [0, 1] }).vcpu.hardAffinity;
    units[0][1].moveTo = queues[1];
    units[1][0].moveTo = queues[0];
    queues[0].deassign(queues[0].units[3]);
    // 6 against 1: only the third unit may go.
    parts.balance.balance(queues[0]);
    expect(whereabouts()).toEqual([[0, 0, 1], [1]]);
  });

  it('looks at the runqueue whose load differs most, the first of equals', () => {
    const { parts, queues, whereabouts } = loaded([[ONE, ONE], [ONE], [], []]);
    parts.balance.balance(queues[0]);
    expect(whereabouts()).toEqual([[2, 0], [1], [], []]);
  });

  /** Where a unit of load 10 on runqueue 0 is after balancing, if the averages are these. */
  function after(...averages: number[]): number {
    const { parts, queues, whereabouts } = loaded(averages.map((_, id) => (id === 0 ? [10] : [])));
    averages.forEach((average, id) => {
      queues[id].avgload = average;
    });
    parts.balance.balance(queues[0]);
    return whereabouts()[0][0];
  }

  it.each([
    // Up to a load of 1 of difference is let be while there is room, above that an eighth.
    ['little load', [ONE - 1, 0], 0],
    ['little load', [ONE, 0], 1],
    ['just not full', [2 * ONE - 1, ONE], 0],
    ['full', [2 * ONE, 2 * ONE - ONE / 8], 1],
    ['full', [2 * ONE, 2 * ONE - ONE / 8 + 1], 0],
    // As in Xen, whether it is full is seen from the last runqueue, not from the one chosen.
    ['the last one full', [ONE / 2, 0, ONE / 2 + 1], 0],
    ['the last one full', [(3 * ONE) / 2, ONE / 2 + 1, 2 * ONE], 1],
    ['only the one chosen full', [ONE, 2 * ONE - 1, ONE], 0],
  ])('tolerates a difference by how full the runqueues are: %s %j', (_, averages, to) => {
    expect(after(...averages)).toBe(to);
  });

  it('takes the larger number of pCPUs of its own and the last runqueue', () => {
    const parts = new Credit2Parts(5, { maxPcpusPerRunqueue: 4 });
    expect(parts.state.runqueues.map(({ pcpuCount }) => pcpuCount)).toEqual([2, 2, 1]);
    const unit = parts.unit();
    unit.avgload = 10;
    const [own, other, last] = parts.state.runqueues;
    // Not full with two pCPUs, so that the difference of half a unit is let be.
    [own.avgload, other.avgload, last.avgload] = [(3 * ONE) / 2, ONE, ONE];
    parts.balance.balance(own);
    expect(unit.runqueue).toBe(own);
  });

  it('brings all loads up to date first', () => {
    const { parts, queues } = loaded([[ONE], [ONE], []]);
    [queues[0].load, queues[1].load, queues[2].load] = [1, 1, 3];
    parts.machine.now = 2 ** 31;
    parts.balance.balance(queues[0]);
    // Longer than the window ago: what they have now.
    expect(queues.map(({ loadLastUpdate }) => loadLastUpdate)).toEqual([2 ** 21, 2 ** 21, 2 ** 21]);
    expect(queues[1].avgload).toBe(ONE);
  });
});
