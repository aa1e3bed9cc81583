import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS, US } from '../../../src/engine/time.ts';
import { CpuMask } from '../../../src/hypervisor/machine/cpu-mask.ts';
import { Vcpu } from '../../../src/hypervisor/machine/vcpu.ts';
import { isValidReservation } from '../../../src/schedulers/rtds/params.ts';
import { ReplenishmentQueue } from '../../../src/schedulers/rtds/replenishment.ts';
import { newRtdsUnit, type RtdsUnit, runsBefore } from '../../../src/schedulers/rtds/unit.ts';
import { cpuTimes, hog, one, pick, recordsOf, switches } from '../scenario-records.ts';

/** Scenario fields of a reservation [ms]. */
function server(period: number, budget: number, extratime = 0) {
  return { period_us: period * 1000, budget_us: budget * 1000, extratime };
}

describe('rtds: budgets and deadlines', () => {
  it('starts with 4 ms until 10 ms, whatever the reservation, then runs by the reservation', () => {
    const records = recordsOf({
      sched: 'rtds',
      duration: 45 * MS,
      domains: [one(hog(0, server(20, 5)))],
    });
    expect(switches(records)).toEqual([
      [0, -1, 0],
      [4 * MS, 0, -1],
      [10 * MS, -1, 0],
      [15 * MS, 0, -1],
      [30 * MS, -1, 0],
      [35 * MS, 0, -1],
    ]);
    expect(pick(records, 'repl', 't', 'u')).toEqual([
      [10 * MS, [[0, 5 * MS, 30 * MS, 0, 3]]],
      [30 * MS, [[0, 5 * MS, 50 * MS, 0, 3]]],
    ]);
  });

  it('has deadlines a whole number of periods after the first one, not after the wake', () => {
    // 10 ms + 4 periods of 7 ms is the first after 37 ms.
    const records = recordsOf({
      sched: 'rtds',
      duration: 40 * MS,
      domains: [one(hog(37 * MS, server(7, 2)))],
    });
    expect(pick(records, 'wake', 'deadline', 'budget', 'level')).toEqual([[38 * MS, 2 * MS, 0]]);
  });

  it('keeps budget and deadline of a vCPU that wakes within its period', () => {
    const records = recordsOf({
      sched: 'rtds',
      duration: 9 * MS,
      domains: [
        one({
          wake: 0,
          script: [
            ['run', MS],
            ['block', 2 * MS],
          ],
          ...server(20, 5),
        }),
      ],
    });
    expect(pick(records, 'wake', 't', 'deadline', 'budget')).toEqual([
      [0, 10 * MS, 4 * MS],
      [3 * MS, 10 * MS, 3 * MS],
      [6 * MS, 10 * MS, 2 * MS],
    ]);
  });

  it('fills up the budget at once with extratime, one level lower each time', () => {
    const records = recordsOf({
      sched: 'rtds',
      duration: 25 * MS,
      domains: [one(hog(0, server(10, 3, 1)))],
    });
    expect(pick(records, 'sched', 't', 'slice', 'nl')).toEqual([
      [0, 4 * MS, 0],
      [4 * MS, 3 * MS, 1],
      [7 * MS, 3 * MS, 2],
      // Replenished at 10 ms, when its slice ends too: that is seen first, and charged to the new budget after.
      [10 * MS, 3 * MS, 0],
      [13 * MS, 3 * MS, 1],
      [16 * MS, 3 * MS, 2],
      [19 * MS, 3 * MS, 3],
      [22 * MS, 1 * MS, 0],
      [23 * MS, 3 * MS, 1],
    ]);
  });

  it('runs a vCPU without extratime before one on its extra level', () => {
    const records = recordsOf({
      sched: 'rtds',
      duration: 9 * MS,
      domains: [one(hog(0, server(10, 3, 1))), one(hog(6 * MS, server(40, 8)))],
    });
    expect(switches(records)).toEqual([
      [0, -1, 0],
      [6 * MS, 0, 1],
    ]);
  });

  it('lets the one that waits go first among equals', () => {
    const records = recordsOf({
      sched: 'rtds',
      duration: 3 * MS,
      domains: [one({ wake: 0, script: [['run', MS], ['yield']] }), one(hog(0.5 * MS))],
    });
    expect(switches(records)).toEqual([
      [0, -1, 0],
      [MS, 0, 1],
    ]);
  });

  it('refuses reservations as Xen does', () => {
    const valid = (period: number, budget: number) =>
      isValidReservation({ period, budget, extratime: false });
    expect(valid(10 * US, 10 * US)).toBe(true);
    expect(valid(10 * US, 9 * US)).toBe(false);
    expect(valid(20 * US, 21 * US)).toBe(false);
    const records = recordsOf({
      sched: 'rtds',
      duration: 15 * MS,
      domains: [one(hog(0, server(2, 3)))],
    });
    expect(pick(records, 'repl', 'u')).toEqual([[[[0, 4 * MS, 20 * MS, 0, 2]]]]);
  });
});

describe('rtds: the replenishment queue', () => {
  const unitOf = (id: number, deadline: number): RtdsUnit => ({
    ...newRtdsUnit(new Vcpu(id, 0, CpuMask.all(1), undefined, undefined)),
    deadline,
  });

  it('compares the levels of the moment: a unit on a worse level is overtaken', () => {
    const armed: number[] = [];
    const queue = new ReplenishmentQueue((deadline) => armed.push(deadline));
    const early = unitOf(0, 10);
    const late = unitOf(1, 20);
    queue.insert(early);
    early.level = 1;
    queue.levelChanged(early);
    queue.insert(late);
    expect(armed).toEqual([10, 20]);
    // The early one's deadline passes; it is due only when it is the first.
    expect(queue.takeDue(15)).toBeUndefined();
    expect(queue.takeDue(20)).toBe(late);
    expect(queue.takeDue(20)).toBe(early);
    expect(queue.takeDue(20)).toBeUndefined();
  });

  it('arms its timer for the new first unit, also for a time that is over', () => {
    const armed: number[] = [];
    const queue = new ReplenishmentQueue((deadline) => armed.push(deadline));
    const [first, second] = [unitOf(0, 10), unitOf(1, 20)];
    queue.insert(first);
    queue.insert(second);
    first.deadline = 30;
    queue.reinsert(first);
    queue.remove(second);
    queue.remove(second);
    queue.remove(first);
    expect(armed).toEqual([10, 20, 30, Number.POSITIVE_INFINITY]);
  });

  it('orders by level, then deadline, and strictly so', () => {
    const [a, b] = [unitOf(0, 10), unitOf(1, 20)];
    expect([runsBefore(a, b), runsBefore(b, a), runsBefore(a, a)]).toEqual([true, false, false]);
    a.level = 1;
    expect([runsBefore(a, b), runsBefore(b, a)]).toEqual([false, true]);
  });
});

describe('rtds: laws', () => {
  const reservation = fc
    .tuple(fc.integer({ min: 1000, max: 40_000 }), fc.integer({ min: 5, max: 24 }))
    .map(([period, share]) => ({
      period_us: period,
      budget_us: Math.floor((period * share) / 100),
      extratime: 0,
    }));

  it('gives each of a feasible set of hogs its whole budget in each period, and no more', () => {
    fc.assert(
      fc.property(fc.array(reservation, { minLength: 1, maxLength: 4 }), (servers) => {
        const duration = 500 * MS;
        const records = recordsOf({
          sched: 'rtds',
          duration,
          domains: servers.map((server) => one(hog(10 * MS, server))),
        });
        cpuTimes(records).forEach((time, i) => {
          const periods = Math.floor(((duration - 10 * MS) * 1) / (servers[i].period_us * US));
          expect(time).toBeGreaterThanOrEqual(periods * servers[i].budget_us * US);
          expect(time).toBeLessThanOrEqual((periods + 1) * servers[i].budget_us * US);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('runs the best that wait, on as many pCPUs as there are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(reservation, { minLength: 1, maxLength: 8 }),
        (pcpus, servers) => {
          const records = recordsOf({
            sched: 'rtds',
            pcpus,
            duration: 60 * MS,
            domains: servers.map((server, i) =>
              one(hog(i * 300 * US, { ...server, extratime: 1 })),
            ),
          });
          const duration = 60 * MS;
          const busy = cpuTimes(records).reduce((sum, time) => sum + time, 0);
          const idleAtStart = servers.slice(0, pcpus).reduce((sum, _, i) => sum + i * 300 * US, 0);
          expect(busy).toBe(Math.min(pcpus, servers.length) * duration - idleAtStart);
        },
      ),
      { numRuns: 30 },
    );
  });
});
