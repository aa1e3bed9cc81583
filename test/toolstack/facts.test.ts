import { describe, expect, it } from 'vitest';
import { MS, US } from '../../src/engine/time.ts';
import {
  cpuTimes,
  hog,
  one,
  pick,
  recordsByVersion,
  recordsOf,
  switches,
} from '../schedulers/scenario-records.ts';

/*
 * What Xen does to a machine that changes while it runs, fact by fact: a re-implementation must copy each, also those that
 * are mistakes. What happens in each test follows from the rules, not from a recording.
 */

const credit = { sched: 'credit', duration: 100 * MS } as const;
const credit2 = { sched: 'credit2', duration: 100 * MS } as const;

/** The record of the operation `k` when it has ended. */
function did(records: ReturnType<typeof recordsOf>, k = 0) {
  return records.filter((record) => record.ev === 'did' && record.k === k)[0];
}

describe('credit', () => {
  it('counts a new weight at once, and gives credit by it at the next accounting', () => {
    const records = recordsOf({
      ...credit,
      domains: [one(hog(0)), one(hog(0))],
      events: [{ at: 45 * MS, op: 'weight', dom: 0, value: 768 }],
    });
    // Only vCPU 0 is active at 30 ms, both at 60 ms.
    expect(pick(records, 'acct', 't', 'wt')).toEqual([
      [30 * MS, 256],
      [60 * MS, 768 + 256],
      [90 * MS, 768 + 256],
    ]);
    const state = did(records).u as number[][];
    expect(state[0][0]).toBe(0);
  });

  it('leaves a parked vCPU parked when its cap is removed, until an accounting finds credit', () => {
    const records = recordsOf({
      ...credit,
      duration: 400 * MS,
      domains: [one(hog(0), { cap: 10 })],
      events: [{ at: 95 * MS, op: 'cap', dom: 0, value: 0 }],
    });
    const [[parked]] = pick(records, 'park', 't');
    const [[unparked]] = pick(records, 'unpark', 't') as number[][];
    expect(parked).toBeLessThan(95 * MS);
    expect(unparked % (30 * MS)).toBe(0);
    expect(unparked).toBeGreaterThan(95 * MS);
    expect(pick(records, 'park', 't')).toHaveLength(1);
  });

  it.each([
    ['unpause', { op: 'pause', dom: 1 }, { op: 'unpause', dom: 1 }],
    ['unpause', { op: 'vpause', v: 1 }, { op: 'vunpause', v: 1 }],
    ['up', { op: 'down', v: 1 }, { op: 'up', v: 1 }],
  ] as const)('boosts at %s who never blocked', (why, stop, go) => {
    const records = recordsOf({
      ...credit,
      domains: [one(hog(0)), one(hog(0))],
      events: [
        { at: 5 * MS, ...stop },
        { at: 6 * MS, ...go },
      ],
    });
    expect(pick(records, 'wake', 't', 'v', 'why', 'pri').at(-1)).toEqual([6 * MS, 1, why, 0]);
    expect(switches(records)[1]).toEqual([6 * MS, 0, 1]);
  });

  it('boosts a vCPU that waits and blips, and lets one that runs only reschedule', () => {
    const records = recordsOf({
      ...credit,
      domains: [one(hog(0)), one(hog(0))],
      events: [
        { at: 5 * MS, op: 'blip', v: 0 },
        { at: 6 * MS, op: 'blip', v: 0 },
      ],
    });
    expect(pick(records, 'wake', 'v', 'why', 'pri').slice(2)).toEqual([
      [0, 'up', -1],
      [0, 'up', 0],
    ]);
    expect(pick(records, 'sched', 't', 'prev', 'next').slice(1, 3)).toEqual([
      [5 * MS, 0, 1],
      [6 * MS, 1, 0],
    ]);
  });

  it('wakes nobody at an unpark during a pause; the wake at the end of that boosts', () => {
    const records = recordsOf({
      ...credit,
      duration: 400 * MS,
      domains: [one(hog(0), { cap: 10 }), one(hog(0))],
      events: [
        { at: 95 * MS, op: 'pause', dom: 0 },
        { at: 395 * MS, op: 'unpause', dom: 0 },
      ],
    });
    expect(pick(records, 'unpark', 'v')).toEqual([[0]]);
    expect(pick(records, 'wake', 't', 'v', 'why', 'pri').slice(2)).toEqual([
      [395 * MS, 0, 'unpause', 0],
    ]);
  });

  it('derives the pool credit anew from a new timeslice, and lets timers go on to their expiry', () => {
    const records = recordsOf({
      ...credit,
      domains: [one(hog(0))],
      events: [{ at: 5 * MS, op: 'global', tslice_ms: 20 }],
    });
    expect(pick(records, 'acct', 't').flat()).toEqual([30, 50, 70, 90].map((t) => t * MS));
    // A third of 20 ms, in whole us, from 10 ms on.
    expect(pick(records, 'tick', 't').flat().slice(0, 3)).toEqual([
      10 * MS,
      16_666 * US,
      23_332 * US,
    ]);
  });

  it('refuses a rate limit above the timeslice, also one that was set before', () => {
    const records = recordsOf({
      ...credit,
      domains: [one(hog(0))],
      params: { ratelimit_us: 5000 },
      events: [
        { at: 1 * MS, op: 'global', tslice_ms: 4 },
        { at: 2 * MS, op: 'global', ratelimit_us: 31_000 },
        { at: 3 * MS, op: 'global', ratelimit_us: 99 },
        { at: 4 * MS, op: 'global', tslice_ms: 4, ratelimit_us: 4000 },
      ],
    });
    expect(pick(records, 'did', 'rc').flat()).toEqual([-22, -22, -22, 0]);
  });

  it('saves power by leaving a pCPU for one with fewer idle siblings', () => {
    const init = (smt_power_savings: number) =>
      recordsOf({
        ...credit,
        pcpus: 4,
        duration: 20 * MS,
        params: { smt_power_savings },
        topology: { sockets: 1, cores: 2, threads: 2 },
        domains: [one(hog(0, { hard: [0] })), one(hog(MS, { hard: [1, 2, 3] }))],
        events: [{ at: 2 * MS, op: 'hard', v: 1, cpus: [1, 2, 3] }],
      });
    const place = (power: number) =>
      pick(init(power), 'sched', 'cpu', 'next').filter(([, v]) => v === 1);
    expect(place(1).at(-1)).toEqual([1, 1]);
    expect(place(0).at(-1)?.[0]).not.toBe(1);
  });
});

describe('credit2', () => {
  it('charges what has run since the last charge at the new weight', () => {
    const records = (value: number) =>
      recordsOf({
        ...credit2,
        duration: 8 * MS,
        domains: [one(hog(0)), one({ wake: null, script: [['spin']] }, { weight: 512 })],
        events: [
          { at: 3 * MS, op: 'weight', dom: 0, value },
          { at: 3 * MS, op: 'blip', v: 0 },
        ],
      });
    const left = (value: number) => {
      const [first] = pick(records(value), 'sched', 't', 'pc').filter(([t]) => t === 3 * MS);
      return first[1];
    };
    expect(left(256)).toBe(10 * MS - 2 * 3 * MS);
    expect(left(512)).toBe(10 * MS - 3 * MS);
  });

  it('charges nothing for no time, whatever was left over of a credit at a larger weight', () => {
    const records = recordsOf({
      ...credit2,
      duration: 5 * MS,
      domains: [one(hog(0), { weight: 6596 }), one(hog(8 * MS), { weight: 7950 })],
      events: [
        { at: 2 * MS, op: 'blip', v: 0 },
        { at: 2 * MS, op: 'weight', dom: 0, value: 64 },
        { at: 2 * MS, op: 'blip', v: 0 },
      ],
    });
    const credits = pick(records, 'sched', 't', 'pc').filter(([t]) => t === 2 * MS);
    expect(credits).toHaveLength(2);
    expect(credits[1]).toEqual(credits[0]);
  });

  it('takes all budgets when a cap is set, and tells who runs', () => {
    const records = recordsOf({
      ...credit2,
      domains: [one(hog(0))],
      events: [{ at: 3 * MS, op: 'cap', dom: 0, value: 50 }],
    });
    expect(did(records).u).toEqual([[7 * MS, 0, expect.anything(), 0, 0]]);
    expect(pick(records, 'sched', 't', 'prev').find(([t]) => t === 3 * MS)).toEqual([3 * MS, 0]);
    expect(pick(records, 'repl', 't')[0]).toEqual([13 * MS]);
  });

  it('lets budgets and the timer be when a cap changes', () => {
    const records = recordsOf({
      ...credit2,
      domains: [one(hog(0), { cap: 50 })],
      events: [{ at: 3 * MS, op: 'cap', dom: 0, value: 20 }],
    });
    expect(pick(records, 'repl', 't', 'budget').slice(0, 2)).toEqual([
      [10 * MS, 2 * MS],
      [20 * MS, 2 * MS],
    ]);
    // The 5 ms of the old cap are used up first.
    expect(pick(records, 'park', 't')[0]).toEqual([5 * MS]);
  });

  it('unparks all at once when the cap goes', () => {
    const records = recordsOf({
      ...credit2,
      domains: [one(hog(0), { cap: 20 })],
      events: [{ at: 7 * MS, op: 'cap', dom: 0, value: 0 }],
    });
    expect(pick(records, 'unpark', 't')).toEqual([[7 * MS]]);
    expect(pick(records, 'repl', 't')).toEqual([]);
  });

  it('refuses a cap that the units cannot use, and keeps the weight of the same call', () => {
    const records = recordsOf({
      ...credit2,
      domains: [one(hog(0)), one(hog(0), { weight: 128 })],
      events: [
        { at: 1 * MS, op: 'weight', dom: 1, value: 512 },
        { at: 2 * MS, op: 'cap', dom: 1, value: 101 },
        { at: 3 * MS, op: 'weight', dom: 1, value: 256 },
      ],
    });
    expect(pick(records, 'did', 'rc').flat()).toEqual([0, -22, 0]);
  });

  it('often cannot let a pCPU go: with more runnable units than pCPUs every attempt finds another', () => {
    const scenario = {
      ...credit2,
      pcpus: 2,
      domains: [one(hog(0)), one(hog(0)), one(hog(0)), one(hog(0))],
      events: [
        { at: 20 * MS, op: 'cpuout', cpu: 1 } as const,
        { at: 40 * MS, op: 'cpuout', cpu: 1 } as const,
        { at: 60 * MS, op: 'cpuin', cpu: 1 } as const,
      ],
    };
    const records = recordsOf(scenario);
    expect(pick(records, 'did', 'rc').flat()).toEqual([-11, -11, -99]);
    expect(
      pick(records, 'sched', 't', 'cpu').some(([t, cpu]) => cpu === 1 && (t as number) > 80 * MS),
    ).toBe(true);
    // Alone on its runqueue it goes.
    const own = recordsOf({ ...scenario, params: { runqueue: 'cpu' } });
    expect(pick(own, 'did', 'rc').flat()).toEqual([0, -99, 0]);
  });

  it('keeps threads of a core together, whatever the limit, but for a runqueue each', () => {
    const runqueues = (params: Record<string, string | number>) =>
      recordsOf({
        ...credit2,
        pcpus: 4,
        duration: MS,
        params,
        topology: { sockets: 1, cores: 2, threads: 2 },
        domains: [one(hog(0))],
      })[0].rq;
    expect(runqueues({ max_cpus_runqueue: 1 })).toEqual([0, 0, 1, 1]);
    expect(runqueues({ runqueue: 'cpu' })).toEqual([0, 1, 2, 3]);
  });
});

describe('rtds', () => {
  const served = { period_us: 50_000, budget_us: 10_000, extratime: 0 };

  it('uses a new reservation from the next replenishment on', () => {
    const records = recordsOf({
      sched: 'rtds',
      duration: 200 * MS,
      domains: [one(hog(0, served))],
      events: [{ at: 70 * MS, op: 'rtds', v: 0, period_us: 20_000, budget_us: 5000, extratime: 0 }],
    });
    // Periods of 10 (the default), 50, 50 ms, then 20 ms.
    expect(pick(records, 'repl', 't').flat().slice(0, 5)).toEqual(
      [10, 60, 110, 130, 150].map((t) => t * MS),
    );
  });

  it('loses a depleted vCPU that is given extratime, on master', () => {
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'rtds',
      duration: 2000 * MS,
      domains: [one(hog(0, served))],
      events: [
        { at: 130 * MS, op: 'rtds', v: 0, period_us: 50_000, budget_us: 10_000, extratime: 1 },
      ],
    });
    // 4 ms, the default, then 10 ms in each of three periods; after that never again.
    expect(cpuTimes(master)).toEqual([34 * MS]);
    expect(cpuTimes(old)[0]).toBeGreaterThan(1000 * MS);
  });

  it('lets a vCPU have what it has on a lower level when extratime goes', () => {
    const records = recordsOf({
      sched: 'rtds',
      duration: 10 * MS,
      domains: [one(hog(0))],
      events: [{ at: 5 * MS, op: 'rtds', v: 0, period_us: 10_000, budget_us: 4000, extratime: 0 }],
    });
    // Level 1 since 4 ms; it runs on to 8 ms.
    expect(cpuTimes(records)).toEqual([8 * MS]);
  });
});

describe('null', () => {
  it('gives the pCPU of a vCPU that goes down to one that waits, on master', () => {
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'null',
      duration: 10 * MS,
      domains: [one(hog(0)), one(hog(0))],
      events: [{ at: 4 * MS, op: 'down', v: 0 }],
    });
    expect(cpuTimes(master)).toEqual([4 * MS, 6 * MS]);
    expect(cpuTimes(old)).toEqual([4 * MS, 0]);
  });

  it('keeps the pCPU of one that is paused', () => {
    const records = recordsOf({
      sched: 'null',
      duration: 10 * MS,
      domains: [one(hog(0)), one(hog(0))],
      events: [{ at: 4 * MS, op: 'pause', dom: 0 }],
    });
    expect(cpuTimes(records)).toEqual([4 * MS, 0]);
  });
});

describe('arinc653', () => {
  const schedules = [
    {
      major_frame: 10 * MS,
      entries: [
        { dom: 0, vcpu: 0, runtime_ns: 4 * MS },
        { dom: 1, vcpu: 0, runtime_ns: 4 * MS },
      ],
    },
  ];

  it('brings the slots of a domain to life when it is created, and empties them when it goes', () => {
    const records = recordsOf({
      sched: 'arinc653',
      duration: 50 * MS,
      domains: [one(hog(0)), one(hog(12 * MS))],
      schedules,
      events: [
        { at: 12 * MS, op: 'create', dom: 1 },
        { at: 35 * MS, op: 'destroy', dom: 1 },
      ],
    });
    // Slots at 4 to 8 ms of each frame: 14, 24, and of that at 34 the first ms.
    expect(cpuTimes(records)[1]).toBe(4 * MS + 4 * MS + MS);
  });

  it('puts a vCPU on the first pCPU of the pool if its own leaves, and leaves it there', () => {
    const records = recordsOf({
      sched: 'arinc653',
      pcpus: 2,
      duration: 50 * MS,
      domains: [{ weight: 256, cap: 0, vcpus: [hog(0), hog(0)] }],
      events: [
        { at: 5 * MS, op: 'cpuout', cpu: 1 },
        { at: 15 * MS, op: 'cpuin', cpu: 1 },
      ],
    });
    expect(did(records, 1).cpu).toEqual([0, 0]);
    const boundaries = pick(records, 'sched', 't', 'cpu')
      .filter(([, cpu]) => cpu === 1)
      .map(([t]) => t as number);
    expect(boundaries.filter((t) => t > 5 * MS && t < 15 * MS)).toEqual([]);
    expect(boundaries).toContain(20 * MS);
  });
});

describe('every scheduler', () => {
  it('does not restore the hard affinity that a leaving pCPU broke', () => {
    const records = recordsOf({
      ...credit,
      pcpus: 2,
      domains: [one(hog(0, { hard: [1] }))],
      events: [
        { at: 5 * MS, op: 'cpuout', cpu: 1 },
        { at: 15 * MS, op: 'cpuin', cpu: 1 },
        { at: 25 * MS, op: 'cpuout', cpu: 1 },
      ],
    });
    // It goes to pCPU 0, and may stay there.
    expect(records.filter(({ ev }) => ev === 'did').map(({ cpu }) => cpu)).toEqual([[0], [0], [0]]);
    expect(switches(records, 0).at(-1)).toEqual([5 * MS, -1, 0]);
  });

  it('creates a vCPU with all pCPUs if none of its hard affinity is in the pool', () => {
    for (const sched of ['credit', 'credit2', 'rtds', 'null', 'arinc653'] as const) {
      const records = recordsOf({
        sched,
        pcpus: 2,
        duration: 40 * MS,
        domains: [one(hog(0)), one(hog(30 * MS, { hard: [1] }))],
        events: [
          { at: 10 * MS, op: 'cpuout', cpu: 1 },
          { at: 20 * MS, op: 'create', dom: 1 },
        ],
      });
      expect(did(records, 1)).toMatchObject({ rc: 0, cpu: [0, 0] });
    }
  });

  it('moves a vCPU whose affinity changes even if it may stay, and does not boost it', () => {
    const records = recordsOf({
      ...credit,
      domains: [one(hog(0)), one(hog(0))],
      events: [{ at: 5 * MS, op: 'soft', v: 1, cpus: [0] }],
    });
    expect(pick(records, 'wake', 't', 'v', 'why', 'pri').at(-1)).toEqual([5 * MS, 1, 'mig', -1]);
  });

  it('pauses domains as often as it is told, and refuses to unpause more often', () => {
    const records = recordsOf({
      ...credit,
      domains: [one(hog(0))],
      events: [
        { at: 1 * MS, op: 'pause', dom: 0 },
        { at: 2 * MS, op: 'pause', dom: 0 },
        { at: 3 * MS, op: 'unpause', dom: 0 },
        { at: 4 * MS, op: 'unpause', dom: 0 },
        { at: 5 * MS, op: 'unpause', dom: 0 },
        { at: 6 * MS, op: 'vunpause', v: 0 },
      ],
    });
    expect(pick(records, 'did', 'rc').flat()).toEqual([0, 0, 0, 0, -22, -22]);
    expect(switches(records).map(([t]) => t)).toEqual([0, 1 * MS, 4 * MS]);
  });
});
