import { describe, expect, it } from 'vitest';
import { MS, US } from '../../../src/engine/time.ts';
import { REPL } from '../../../src/hypervisor/machine/event-kinds.ts';
import { PAUSED_BLOCKED, PAUSED_PARKED } from '../../../src/hypervisor/machine/vcpu.ts';
import { Credit2Parts } from './fake.ts';

/** A domain of `count` units capped at `cap` percent since 3 ms. */
function capped(cap: number, count = 1) {
  const parts = new Credit2Parts(1);
  parts.machine.now = 3 * MS;
  const account = parts.account();
  const units = Array.from({ length: count }, () => parts.unit({}, account));
  parts.caps.set(account, 7, cap);
  const timer = () => parts.machine.timers.get(`${REPL} 7 0`);
  return { parts, account, units, timer };
}

describe('credit2: a cap', () => {
  it('gives the domain a budget per period, and its units a share as quota', () => {
    const { account, units, timer } = capped(50, 2);
    expect(account).toMatchObject({ totalBudget: 5 * MS, budget: 5 * MS });
    expect(account.nextReplenishment).toBe(13 * MS);
    expect(timer()).toBe(13 * MS);
    for (const unit of units) expect(unit).toMatchObject({ budget: 0, budgetQuota: 2.5 * MS });
  });

  it('has quotas of half a ms at least', () => {
    expect(capped(3, 2).units[0].budgetQuota).toBe(500 * US);
  });

  it('has no effect if it is 0 or more than the units can use', () => {
    for (const [cap, budget] of [
      [0, 0],
      [200, 20 * MS],
      [201, 0],
    ]) {
      const { account, units, timer } = capped(cap, 2);
      expect(account.totalBudget).toBe(budget);
      expect(timer()).toBe(budget === 0 ? undefined : 13 * MS);
      expect(units[0].budget).toBe(budget === 0 ? Number.POSITIVE_INFINITY : 0);
    }
  });
});

describe('credit2: asking for budget', () => {
  it('has no effect for one that has some, or is idle', () => {
    const { parts, account, units } = capped(50);
    units[0].budget = 1;
    expect(parts.caps.grab(units[0])).toBe(true);
    expect([units[0].budget, account.budget]).toEqual([1, 5 * MS]);
    const idle = parts.state.unit(parts.machine.idle(0));
    idle.budget = 0;
    expect(parts.caps.grab(idle)).toBe(true);
  });

  it('takes a quota or what there is, an overrun being paid first', () => {
    const { parts, account, units } = capped(50, 2);
    units[0].budget = -MS;
    expect(parts.caps.grab(units[0])).toBe(true);
    expect([units[0].budget, account.budget]).toEqual([2.5 * MS, 1.5 * MS]);
    expect(parts.caps.grab(units[1])).toBe(true);
    expect([units[1].budget, account.budget]).toEqual([1.5 * MS, 0]);
  });

  it('parks the unit if there is nothing', () => {
    const { parts, account, units } = capped(50, 2);
    const { runqueue } = units[0];
    account.budget = MS;
    units[0].budget = -MS;
    runqueue.insert(units[0]);
    runqueue.load = 2;
    expect(parts.caps.grab(units[0])).toBe(false);
    expect(units[0]).toMatchObject({ budget: 0, parked: true, queued: false });
    expect(units[0].vcpu.pauseFlags).toBe(PAUSED_PARKED);
    expect([account.budget, runqueue.load, runqueue.queue]).toEqual([0, 1, []]);
    // One that is not queued is no load less; the latest comes first.
    expect(parts.caps.grab(units[1])).toBe(false);
    expect(runqueue.load).toBe(1);
    expect(account.parked).toEqual([units[1], units[0]]);
    expect(parts.machine.probe.parkings).toEqual([
      [0, true],
      [1, true],
    ]);
  });
});

describe('credit2: giving budget back', () => {
  it('happens when a capped unit has some left, and frees who is parked', () => {
    const { parts, account, units } = capped(50, 2);
    account.budget = 0;
    parts.caps.grab(units[1]);
    units[0].budget = MS;
    expect(parts.caps.giveBack(units[0])).toEqual([units[1]]);
    expect([units[0].budget, account.budget, account.parked]).toEqual([0, MS, []]);
  });

  it('frees nobody while the domain is in debt', () => {
    const { parts, account, units } = capped(50, 2);
    account.budget = 0;
    parts.caps.grab(units[1]);
    account.budget = -MS;
    units[0].budget = MS;
    expect(parts.caps.giveBack(units[0])).toEqual([]);
    expect([account.budget, account.parked]).toEqual([0, [units[1]]]);
  });

  it('does not happen with nothing left, an overrun, no cap, or an idle vCPU', () => {
    const { parts, account, units } = capped(50);
    for (const budget of [0, -MS]) {
      units[0].budget = budget;
      expect(parts.caps.giveBack(units[0])).toEqual([]);
      expect([units[0].budget, account.budget]).toEqual([budget, 5 * MS]);
    }
    // Nor does it free anybody.
    account.parked = [parts.unit({}, account)];
    units[0].budget = 0;
    expect(parts.caps.giveBack(units[0])).toEqual([]);
    const free = parts.unit();
    expect(parts.caps.giveBack(free)).toEqual([]);
    expect(free.budget).toBe(Number.POSITIVE_INFINITY);
    const idle = parts.state.unit(parts.machine.idle(0));
    expect(parts.caps.giveBack(idle)).toEqual([]);
  });
});

describe('credit2: a new period', () => {
  it('adds the budget, up to that of one period, and frees who is parked', () => {
    const { parts, account, units, timer } = capped(50);
    account.budget = 0;
    units[0].budget = 0;
    parts.caps.grab(units[0]);
    account.budget = 2 * MS;
    parts.machine.now = 13 * MS;
    parts.caps.replenish(account, 7);
    expect([account.budget, timer()]).toEqual([5 * MS, 23 * MS]);
    expect(units[0]).toMatchObject({ parked: false, queued: true });
    expect(units[0].vcpu.pauseFlags).toBe(0);
    expect(units[0].runqueue.load).toBe(1);
    expect(parts.machine.takeTickled()).toEqual([0]);
    expect(parts.machine.probe.parkings).toEqual([
      [0, true],
      [0, false],
    ]);
  });

  it('makes up for periods that were missed', () => {
    const { parts, account, timer } = capped(50);
    account.budget = -9 * MS;
    // The periods that began at 13 and 23 ms.
    parts.machine.now = 23 * MS;
    parts.caps.replenish(account, 7);
    expect([account.budget, timer()]).toEqual([MS, 33 * MS]);
  });

  it.each([
    [-5 * MS, 0, true],
    [-5 * MS + 1, 1, false],
  ])('frees nobody unless there is some budget: %d', (debt, budget, parked) => {
    const { parts, account, units, timer } = capped(50);
    account.budget = 0;
    parts.caps.grab(units[0]);
    account.budget = debt;
    parts.machine.now = 13 * MS;
    parts.caps.replenish(account, 7);
    expect([account.budget, units[0].parked, timer()]).toEqual([budget, parked, 23 * MS]);
  });

  it('queues none that is on its pCPU still, or blocked', () => {
    const { parts, account, units } = capped(50, 2);
    account.budget = 0;
    for (const unit of units) parts.caps.grab(unit);
    units[0].scheduled = true;
    units[1].vcpu.pauseFlags |= PAUSED_BLOCKED;
    parts.machine.now = 13 * MS;
    parts.caps.replenish(account, 7);
    expect(units[0]).toMatchObject({ parked: false, queued: false, delayedAdd: true });
    expect(units[1]).toMatchObject({ parked: false, queued: false, delayedAdd: false });
    expect(units[1].vcpu.pauseFlags).toBe(PAUSED_BLOCKED);
    expect(units[0].runqueue.load).toBe(0);
    expect(parts.machine.takeTickled()).toEqual([]);
  });
});
