import fc from 'fast-check';
import { PriorityQueue } from 'js-sdsl';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../src/engine/event-queue.ts';
import { NEVER } from '../../src/engine/time.ts';

/** What a test does to a queue. */
type Action =
  | { readonly kind: 'arm'; readonly slot: number; readonly time: number }
  | { readonly kind: 'disarm'; readonly slot: number }
  | { readonly kind: 'take' };

const actions = (slots: number): fc.Arbitrary<Action[]> => {
  const slot = fc.nat(slots - 1);
  return fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('arm' as const), slot, time: fc.nat(20) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('disarm' as const), slot }) },
      { weight: 3, arbitrary: fc.constant({ kind: 'take' as const }) },
    ),
    { maxLength: 200 },
  );
};

/** The reference: a library's priority queue with lazy deletion, keys unique by slot. */
class ReferenceQueue {
  private readonly due = new Map<number, { time: number; version: number }>();
  private version = 0;
  private readonly queue = new PriorityQueue<{ time: number; slot: number; version: number }>(
    [],
    (a, b) => a.time - b.time || a.slot - b.slot || a.version - b.version,
  );

  arm(slot: number, time: number): void {
    const version = ++this.version;
    this.due.set(slot, { time, version });
    this.queue.push({ time, slot, version });
  }

  disarm(slot: number): void {
    this.due.delete(slot);
  }

  take(): [number, number] | undefined {
    for (;;) {
      const top = this.queue.pop();
      if (top === undefined) return undefined;
      const { slot, time, version } = top;
      if (this.due.get(slot)?.version !== version) continue;
      this.due.delete(slot);
      return [slot, time];
    }
  }
}

function takeFrom(queue: EventQueue): [number, number] | undefined {
  const slot = queue.peek();
  if (slot < 0) return undefined;
  const time = queue.dueAt(slot);
  queue.take(slot);
  return [slot, time];
}

describe('EventQueue', () => {
  it.each([1, 2, 3, 7, 16, 33])(
    'takes what a reference priority queue takes, %i slots',
    (slots) => {
      fc.assert(
        fc.property(actions(slots), (list) => {
          const queue = new EventQueue(slots);
          const reference = new ReferenceQueue();
          for (const action of list) {
            if (action.kind === 'arm') {
              queue.arm(action.slot, action.time);
              reference.arm(action.slot, action.time);
            } else if (action.kind === 'disarm') {
              queue.disarm(action.slot);
              reference.disarm(action.slot);
            } else {
              expect(takeFrom(queue)).toEqual(reference.take());
            }
          }
          for (let next = reference.take(); next !== undefined; next = reference.take()) {
            expect(takeFrom(queue)).toEqual(next);
          }
          expect(queue.peek()).toBe(-1);
        }),
      );
    },
  );

  it('takes equal times lowest slot first, whatever the order of arming', () => {
    const queue = new EventQueue(5);
    for (const slot of [3, 0, 4, 1]) queue.arm(slot, 7);
    const taken = [];
    for (let next = takeFrom(queue); next !== undefined; next = takeFrom(queue))
      taken.push(next[0]);
    expect(taken).toEqual([0, 1, 3, 4]);
  });

  it('moves an armed slot when it is armed again', () => {
    const queue = new EventQueue(2);
    queue.arm(0, 5);
    queue.arm(1, 6);
    queue.arm(0, 9);
    expect(takeFrom(queue)).toEqual([1, 6]);
    expect(takeFrom(queue)).toEqual([0, 9]);
  });

  it('knows nothing of a slot that was disarmed', () => {
    const queue = new EventQueue(2);
    queue.arm(1, 5);
    queue.disarm(1);
    queue.disarm(0);
    expect(queue.dueAt(1)).toBe(NEVER);
    expect(queue.peek()).toBe(-1);
  });

  it('is in order when another slot is armed while the taken one is not', () => {
    const queue = new EventQueue(4);
    queue.arm(2, 1);
    queue.arm(3, 2);
    queue.take(queue.peek());
    queue.arm(0, 3);
    expect(takeFrom(queue)).toEqual([3, 2]);
    expect(takeFrom(queue)).toEqual([0, 3]);
  });

  it('has at least one slot', () => {
    expect(() => new EventQueue(0)).toThrow('at least one slot');
  });
});
