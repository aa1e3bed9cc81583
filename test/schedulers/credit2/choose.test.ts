import { describe, expect, it } from 'vitest';
import { MS, US } from '../../../src/engine/time.ts';
import { PAUSED_BLOCKED } from '../../../src/hypervisor/machine/vcpu.ts';
import { Credit2Parts } from './fake.ts';

const NOW = 5 * MS;

function parts(pcpus: number, ...more: [object?, ('4.12' | 'master')?]): Credit2Parts {
  const made = new Credit2Parts(pcpus, ...more);
  made.machine.now = NOW;
  return made;
}

/** A unit that waits with `credit` [ms]. */
function waiting(p: Credit2Parts, credit: number, traits = {}) {
  const unit = p.unit(traits);
  unit.credit = credit * MS;
  unit.runqueue.insert(unit);
  return unit;
}

describe('credit2: the unit that runs next', () => {
  it('is the one that runs, unless one with more credit waits', () => {
    const p = parts(1);
    const current = p.running(2 * MS);
    current.credit = 6 * MS;
    const other = waiting(p, 6);
    expect(p.choose.candidate(0, current)).toBe(current);
    other.credit += 1;
    expect(p.choose.candidate(0, current)).toBe(other);
    expect(p.choose).toMatchObject({ skipped: false, ratelimited: false });
  });

  it('is none that may run if there is none', () => {
    const p = parts(1);
    const current = p.running(2 * MS, { pauseFlags: PAUSED_BLOCKED });
    expect(p.choose.candidate(0, current).vcpu.id).toBe(-1);
    waiting(p, -9);
    expect(p.choose.candidate(0, current).vcpu.id).toBe(1);
  });

  it.each([
    [1000, 999, true],
    [1000, 1000, false],
    [0, 0, false],
  ])('is the one that runs until the rate limit is over: %d us, ran %d us', (limit, ran, stays) => {
    const p = parts(1, { ratelimit: limit * US });
    const current = p.running(ran * US);
    current.credit = 0;
    const other = waiting(p, 9);
    expect(p.choose.candidate(0, current)).toBe(stays ? current : other);
    expect(p.choose.ratelimited).toBe(stays);
  });

  it('is never kept by the rate limit after it has blocked or yielded, nor if it is idle', () => {
    const p = parts(1);
    const blocked = p.running(10 * US, { pauseFlags: PAUSED_BLOCKED });
    const other = waiting(p, 9);
    expect(p.choose.candidate(0, blocked)).toBe(other);
    expect(p.choose.ratelimited).toBe(false);
    const yields = p.running(10 * US);
    yields.yielded = true;
    expect(p.choose.candidate(0, yields)).toBe(other);
    expect(yields.yielded).toBe(false);
    p.machine.idle(0).stateEntryTime = NOW;
    expect(p.choose.candidate(0, p.state.unit(p.machine.idle(0)))).toBe(other);
    expect(p.choose.ratelimited).toBe(false);
  });

  it('is another after a yield, with whatever credit, once', () => {
    const p = parts(1);
    const current = p.running(2 * MS);
    current.yielded = true;
    const other = waiting(p, 1);
    expect(p.choose.candidate(0, current)).toBe(other);
    expect(p.choose.candidate(0, current)).toBe(current);
  });

  it('is not one that may not run here; that is noted', () => {
    const p = parts(2);
    const current = p.running(2 * MS);
    current.credit = MS;
    waiting(p, 9, { on: 1, hard: [1] });
    const second = waiting(p, 8);
    expect(p.choose.candidate(0, current)).toBe(second);
    expect(p.choose.skipped).toBe(true);
    p.state.runqueueOf(0).remove(second);
    expect(p.choose.candidate(0, current)).toBe(current);
    expect(p.choose.candidate(1, p.state.unit(p.machine.idle(1))).vcpu.id).toBe(1);
    expect(p.choose.skipped).toBe(false);
  });

  it('is not one for which another pCPU has been tickled, until that has looked', () => {
    const p = parts(2);
    const current = p.running(2 * MS);
    current.credit = MS;
    const other = waiting(p, 9);
    other.tickledPcpu = 1;
    other.runqueue.tickled.add(1);
    expect(p.choose.candidate(0, current)).toBe(current);
    expect(p.choose.skipped).toBe(true);
    other.runqueue.tickled.remove(1);
    expect(p.choose.candidate(0, current)).toBe(other);
  });

  it('comes from another pCPU only with half a ms more of credit', () => {
    const p = parts(2);
    const current = p.running(2 * MS);
    current.credit = 4 * MS;
    const other = waiting(p, 4.5, { on: 1 });
    other.credit -= 1;
    expect(p.choose.candidate(0, current)).toBe(current);
    other.credit += 1;
    expect(p.choose.candidate(0, current)).toBe(other);
    // Also after a yield.
    other.credit -= 1;
    current.yielded = true;
    expect(p.choose.candidate(0, current)).toBe(current);
  });

  it('leaves a pCPU that it does not prefer for an idle one that it does', () => {
    const p = parts(2);
    const current = p.running(2 * MS, { soft: [1] });
    const { runqueue } = current;
    expect(p.choose.candidate(0, current).vcpu.id).toBe(-1);
    runqueue.tickled.add(1);
    expect(p.choose.candidate(0, current)).toBe(current);
    runqueue.tickled.remove(1);
    runqueue.idle.remove(1);
    expect(p.choose.candidate(0, current)).toBe(current);
  });

  it('stays where it prefers to be, or prefers nothing', () => {
    const p = parts(3);
    const current = p.running(2 * MS, { soft: [0, 1] });
    expect(p.choose.candidate(0, current)).toBe(current);
    const easy = p.running(2 * MS, { on: 2 });
    expect(p.choose.candidate(2, easy)).toBe(easy);
    const bound = p.running(2 * MS, { on: 2, hard: [2], soft: [1] });
    expect(p.choose.candidate(2, bound)).toBe(bound);
  });

  it('is none that has sunk below the idle vCPU, as it can in 4.12', () => {
    for (const [credit, id] of [
      [-(2 ** 30), -1],
      [-(2 ** 30) + 1, 0],
    ]) {
      const p = parts(1, {}, '4.12');
      waiting(p, 0).credit = credit;
      expect(p.choose.candidate(0, p.state.unit(p.machine.idle(0))).vcpu.id).toBe(id);
    }
  });

  it('is the next one if a waiting one finds no budget; in 4.12 then nobody', () => {
    for (const xen of ['master', '4.12'] as const) {
      const p = parts(1, {}, xen);
      const poor = waiting(p, 9);
      poor.budget = 0;
      const other = waiting(p, 8);
      const chosen = p.choose.candidate(0, p.state.unit(p.machine.idle(0)));
      expect(chosen.vcpu.id).toBe(xen === 'master' ? other.vcpu.id : -1);
      expect(poor).toMatchObject({ parked: true, queued: false });
      expect(p.choose.skipped).toBe(false);
    }
  });
});

describe('credit2: the length of a slice', () => {
  it('is none for the idle vCPU', () => {
    const p = parts(1);
    expect(p.choose.slice(p.state.unit(p.machine.idle(0)), 0)).toBe(-1);
  });

  it.each([
    // credit, of who waits (none: nobody), of who was preempted, slice [ms]
    [7, undefined, 0, 7],
    [7, 3, 0, 4],
    [7, -3, 0, 7],
    [7, 3, 5, 2],
    [7, undefined, 4, 3],
    [7, 5, 3, 2],
    [7, undefined, -2, 7],
    [1.25, undefined, 0, 1.25],
    [0.75, undefined, 0, 1],
    [-3, undefined, 0, 1],
    [10.25, undefined, 0, 10],
    [3, 4, 0, 1],
  ])(
    'is what it is ahead, 1 ms to 10: %d, waits %d, preempted %d',
    (own, next, preempted, slice) => {
      const p = parts(1);
      const pick = p.unit();
      pick.credit = own * MS;
      if (next !== undefined) waiting(p, next);
      expect(p.choose.slice(pick, preempted * MS)).toBe(slice * MS);
    },
  );

  it('ends with the budget', () => {
    const p = parts(1);
    const pick = p.unit();
    pick.budget = 3 * MS;
    expect(p.choose.slice(pick, 0)).toBe(3 * MS);
  });

  it('is longer for a heavier one', () => {
    const p = parts(1);
    const pick = p.unit();
    pick.credit = 4 * MS;
    pick.runqueue.maxWeight = 512;
    expect(p.choose.slice(pick, 0)).toBe(2 * MS);
  });

  it.each([
    // What is left of the rate limit, but half a ms at least.
    [1000, 0, 1000],
    [1000, 300, 700],
    [1000, 700, 500],
    [300, 0, 500],
    [0, 0, 500],
  ])('is at least what the rate limit leaves: %d us, ran %d us', (limit, ran, slice) => {
    const p = parts(1, { ratelimit: limit * US });
    const pick = p.running(ran * US);
    pick.credit = 0;
    expect(p.choose.slice(pick, 0)).toBe(slice * US);
  });

  it('comes from credits whose difference wraps at 32 bits, which can happen in 4.12 only', () => {
    const p = parts(1, {}, '4.12');
    const pick = p.unit();
    pick.credit = 1 - 2 ** 31;
    waiting(p, 5);
    // Exactly it would be negative, and the shortest slice.
    expect(p.choose.slice(pick, 0)).toBe(10 * MS);
  });

  it('does not count how long ago one that was not running left', () => {
    const p = parts(1);
    const pick = p.unit();
    pick.credit = 0;
    pick.vcpu.stateEntryTime = NOW - 300 * US;
    expect(p.choose.slice(pick, 0)).toBe(MS);
  });
});
