import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LockUser, RwLock } from '../../../src/hypervisor/machine/rw-lock.ts';

/** A pCPU of the test: notes what the lock tells it. */
class User implements LockUser {
  grants = 0;
  contentions = 0;
  granted(): void {
    this.grants++;
  }
  contended(): void {
    this.contentions++;
  }
}

const users = (count: number) => Array.from({ length: count }, () => new User());

describe('the lock', () => {
  it('is had at once by several readers, or one writer', () => {
    const lock = new RwLock();
    const [a, b, c] = users(3);
    expect([lock.read(a, 1), lock.read(b, 2), lock.write(c)]).toEqual([true, true, false]);
    expect(lock.isContended).toBe(true);
    expect([a.contentions, b.contentions, c.contentions]).toEqual([1, 1, 0]);
    expect(lock.endRead(a, 5)).toBe(1);
    expect(c.grants).toBe(0);
    expect(lock.endRead(b, 6)).toBe(2);
    expect([c.grants, lock.isContended]).toEqual([1, false]);
    lock.endWrite(c, 7);
    expect(lock.write(a)).toBe(true);
  });

  it('lets readers in together that wait behind a writer, and none past one', () => {
    const lock = new RwLock();
    const [a, b, c, d, e] = users(5);
    lock.write(a);
    for (const reader of [b, c]) expect(lock.read(reader, 0)).toBe(false);
    expect([lock.write(d), lock.read(e, 0)]).toEqual([false, false]);
    lock.endWrite(a, 9);
    expect([b, c, d, e].map(({ grants }) => grants)).toEqual([1, 1, 0, 0]);
    // The readers have it since then; a writer waits, and the reader behind it.
    expect(b.contentions + c.contentions).toBe(0);
    expect([lock.endRead(b, 10), lock.endRead(c, 11)]).toEqual([9, 9]);
    expect([d.grants, e.grants]).toEqual([1, 0]);
    lock.endWrite(d, 12);
    expect(e.grants).toBe(1);
  });

  it('refuses who gives back what it does not have', () => {
    const lock = new RwLock();
    const [a, b] = users(2);
    lock.read(a, 0);
    expect(() => lock.endRead(b, 1)).toThrow('holds the lock for reading');
    expect(() => lock.endWrite(a, 1)).toThrow('holds the lock for writing');
  });
});

/** What holds the lock and waits for it, kept by the test: the lock's laws as a model. */
class Model {
  readonly readers = new Set<number>();
  writer = -1;
  queue: { user: number; writes: boolean }[] = [];

  /** @returns the users that have the lock now and had not before, in order */
  grant(): number[] {
    const granted: number[] = [];
    for (;;) {
      const [first] = this.queue;
      if (first === undefined || this.writer >= 0) return granted;
      if (first.writes && this.readers.size > 0) return granted;
      this.queue.shift();
      if (first.writes) this.writer = first.user;
      else this.readers.add(first.user);
      granted.push(first.user);
    }
  }
}

describe('laws of the lock', () => {
  it('never a writer with others; first come, first served; all get it', () => {
    const step = fc.record({ user: fc.nat(5), writes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const lock = new RwLock();
        const all = users(6);
        const model = new Model();
        const grants = () => all.map((user) => user.grants);
        steps.forEach(({ user, writes }, now) => {
          const before = grants();
          let granted: number[];
          if (model.writer === user) {
            lock.endWrite(all[user], now);
            model.writer = -1;
            granted = model.grant();
          } else if (model.readers.delete(user)) {
            lock.endRead(all[user], now);
            granted = model.grant();
          } else if (model.queue.some((waiter) => waiter.user === user)) {
            return;
          } else {
            model.queue.push({ user, writes });
            granted = model.grant();
            // Had at once, it is told by the result.
            const atOnce = writes ? lock.write(all[user]) : lock.read(all[user], now);
            expect(atOnce).toBe(granted.length > 0);
            granted = [];
          }
          const expected = before.map((n, i) => n + (granted.includes(i) ? 1 : 0));
          expect(grants()).toEqual(expected);
          expect(model.writer >= 0 && model.readers.size > 0).toBe(false);
          expect(lock.isContended).toBe(model.queue.length > 0);
        });
        // Whoever has it gives it back, over and over: in the end nobody waits.
        for (let now = 1000; model.writer >= 0 || model.readers.size > 0; now++) {
          if (model.writer >= 0) lock.endWrite(all[model.writer], now);
          for (const reader of model.readers) lock.endRead(all[reader], now);
          model.writer = -1;
          model.readers.clear();
          model.grant();
        }
        expect(lock.isContended).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
