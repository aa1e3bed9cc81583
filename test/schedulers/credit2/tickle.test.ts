import { describe, expect, it } from 'vitest';
import { MS, US } from '../../../src/engine/time.ts';
import { Credit2Parts } from './fake.ts';

/** pCPUs that are tickled when `unit` comes to wait. */
function tickledFor(parts: Credit2Parts, unit: ReturnType<Credit2Parts['unit']>): number[] {
  parts.machine.takeTickled();
  parts.tickle.enqueue(unit);
  return parts.machine.takeTickled();
}

describe('credit2: the pCPU that is tickled for a unit', () => {
  it('is its own one if that is idle, and is noted', () => {
    const parts = new Credit2Parts(3);
    const unit = parts.unit({ on: 1 });
    expect(tickledFor(parts, unit)).toEqual([1]);
    expect(unit).toMatchObject({ queued: true, tickledPcpu: 1 });
    expect(unit.runqueue.tickled.toArray()).toEqual([1]);
  });

  it('is the next idle one that has not been tickled and that it may run on', () => {
    const parts = new Credit2Parts(4);
    const unit = parts.unit({ on: 1, hard: [1, 3] });
    unit.runqueue.tickled.add(1);
    expect(tickledFor(parts, unit)).toEqual([3]);
    // Both are tickled now: nobody is asked.
    const other = parts.unit({ on: 1, hard: [1, 3] });
    expect(tickledFor(parts, other)).toEqual([]);
    expect(other.tickledPcpu).toBe(-1);
  });

  it('is rather one that it prefers', () => {
    const parts = new Credit2Parts(4);
    const unit = parts.unit({ on: 1, soft: [0, 3] });
    expect(tickledFor(parts, unit)).toEqual([3]);
    // The other preferred one is next; then, none being left, its own one.
    expect(tickledFor(parts, parts.unit({ on: 1, soft: [0, 3] }))).toEqual([0]);
    expect(tickledFor(parts, parts.unit({ on: 1, soft: [0, 3] }))).toEqual([1]);
  });

  it('is an idle one that it may run on, even if it prefers busy ones', () => {
    const parts = new Credit2Parts(3);
    parts.machine.now = 5 * MS;
    parts.running(2 * MS, { on: 0 });
    const unit = parts.unit({ on: 0, soft: [0] });
    expect(tickledFor(parts, unit)).toEqual([1]);
  });
});

describe('credit2: preemption by a unit that comes to wait', () => {
  /** Two pCPUs whose units have run for 2 ms and have the given credit [ms]. */
  function busy(
    credits: readonly number[],
    { xen, ...traits }: { soft?: readonly number[]; xen?: '4.12' } = {},
  ) {
    const parts = new Credit2Parts(credits.length, {}, xen);
    parts.machine.now = 5 * MS;
    const running = credits.map((credit, on) => {
      const unit = parts.running(2 * MS, { on, ...traits });
      unit.credit = credit * MS;
      return unit;
    });
    return { parts, running };
  }

  it('is none if the difference of their credits wraps at 32 bits, which can happen in 4.12 only', () => {
    const { parts, running } = busy([5], { xen: '4.12' });
    running[0].credit = 1 - 2 ** 31;
    expect(tickledFor(parts, parts.unit({ on: 0 }))).toEqual([]);
    running[0].credit = -(2 ** 30);
    expect(tickledFor(parts, parts.unit({ on: 0 }))).toEqual([0]);
  });

  it('needs more credit than the one on its own pCPU has', () => {
    for (const [credit, tickled] of [
      [5 * MS, []],
      [5 * MS + 1, [0]],
    ] as const) {
      const { parts } = busy([5, 9]);
      const unit = parts.unit({ on: 0 });
      unit.credit = credit;
      expect(tickledFor(parts, unit)).toEqual(tickled);
    }
  });

  it('happens on its own pCPU if it can, even if another has less credit', () => {
    const { parts } = busy([5, 1]);
    const unit = parts.unit({ on: 0 });
    unit.credit = 6 * MS;
    expect(tickledFor(parts, unit)).toEqual([0]);
  });

  it('needs half a ms of credit more elsewhere', () => {
    for (const [credit, tickled] of [
      [2.5 * MS, []],
      [2.5 * MS + 1, [1]],
    ] as const) {
      const { parts } = busy([9, 2]);
      const unit = parts.unit({ on: 0 });
      unit.credit = credit;
      expect(tickledFor(parts, unit)).toEqual(tickled);
    }
  });

  it('happens where it gains most, the first of equals', () => {
    const { parts } = busy([9, 5, 3, 3]);
    const unit = parts.unit({ on: 0 });
    unit.credit = 8 * MS;
    expect(tickledFor(parts, unit)).toEqual([2]);
  });

  it('does not happen where it may not run, nor where one has been tickled', () => {
    const { parts } = busy([9, 5, 3, 4]);
    const unit = parts.unit({ on: 0, hard: [0, 1, 3] });
    unit.credit = 8 * MS;
    unit.runqueue.tickled.add(3);
    expect(tickledFor(parts, unit)).toEqual([1]);
  });

  it('charges the others first', () => {
    const { parts, running } = busy([5, 9]);
    running[0].startTime -= 2 * MS;
    const unit = parts.unit({ on: 0 });
    unit.credit = 4 * MS;
    expect(tickledFor(parts, unit)).toEqual([0]);
    expect(running[0]).toMatchObject({ credit: 3 * MS, startTime: 5 * MS });
  });

  it('happens rather on a pCPU that it prefers, whatever the credit', () => {
    // Own 9 - 1 = 8 ms ahead. Elsewhere 2 - 0.5, but 10 more for where it wants to be.
    const { parts } = busy([1, 7, 5]);
    const unit = parts.unit({ on: 0, soft: [1] });
    unit.credit = 9 * MS;
    expect(tickledFor(parts, unit)).toEqual([1]);
  });

  it('happens rather where the running one does not want to be', () => {
    // pCPU 2: 5 - 0.5 ms ahead. pCPU 1: 3 - 0.5, and 10 because its unit wants to be on pCPU 0.
    const { parts, running } = busy([9, 5, 3]);
    running[1].vcpu.softAffinity = parts.unit({ soft: [0] }).vcpu.softAffinity;
    const unit = parts.unit({ on: 0 });
    unit.credit = 8 * MS;
    expect(tickledFor(parts, unit)).toEqual([1]);
  });

  it('does not happen for a preference alone', () => {
    const { parts } = busy([9, 7], { soft: [0] });
    const unit = parts.unit({ on: 0, soft: [1] });
    unit.credit = 7.5 * MS;
    expect(tickledFor(parts, unit)).toEqual([]);
  });

  it.each([
    [1000, 950, []],
    [1000, 951, [0]],
    [50, 0, [0]],
    [51, 1, []],
    [51, 2, [0]],
    [0, 0, [0]],
  ])('leaves alone who has just begun: rate limit %d us, has run %d us', (limit, ran, tickled) => {
    const parts = new Credit2Parts(1, { ratelimit: limit * US });
    parts.machine.now = 5 * MS;
    parts.running(ran * US).credit = MS;
    expect(tickledFor(parts, parts.unit())).toEqual(tickled);
  });

  it('leaves alone a pCPU whose idle vCPU runs but that is not marked idle', () => {
    const parts = new Credit2Parts(1);
    parts.machine.now = 5 * MS;
    const unit = parts.unit();
    unit.runqueue.idle.remove(0);
    expect(tickledFor(parts, unit)).toEqual([]);
  });
});
