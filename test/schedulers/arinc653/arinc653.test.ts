import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScenarioSchedule } from '../../../src/conformance/scenario.ts';
import { MS } from '../../../src/engine/time.ts';
import { cpuTimes, hog, one, pick, recordsOf, switches } from '../scenario-records.ts';

/** A slot of vCPU 0 of domain `dom`, of `ms` ms; domain -1: idle. */
function slot(dom: number, ms: number) {
  return { dom, vcpu: 0, runtime_ns: ms * MS };
}

function table(frame: number, entries: ScenarioSchedule['entries'], at?: number): ScenarioSchedule {
  return { major_frame: frame * MS, entries, ...(at !== undefined && { at: at * MS }) };
}

describe('arinc653: a table', () => {
  it('is gone through slot by slot, with idle slots and an idle rest, again and again', () => {
    const records = recordsOf({
      sched: 'arinc653',
      duration: 12 * MS,
      domains: [one(hog(0)), one(hog(0))],
      schedules: [table(10, [slot(0, 3), slot(-1, 2), slot(1, 4)])],
    });
    expect(switches(records)).toEqual([
      [0, -1, 0],
      [3 * MS, 0, -1],
      [5 * MS, -1, 1],
      [9 * MS, 1, -1],
      [10 * MS, -1, 0],
    ]);
    expect(pick(records, 'sched', 't', 'idx', 'sw', 'frame', 'slice').slice(-2)).toEqual([
      [9 * MS, 3, 10 * MS, 10 * MS, MS],
      [10 * MS, 0, 13 * MS, 20 * MS, 3 * MS],
    ]);
  });

  it('gives the slot of a blocked vCPU to nobody, and no time outside of slots', () => {
    const records = recordsOf({
      sched: 'arinc653',
      duration: 20 * MS,
      domains: [
        one({
          wake: 0,
          script: [
            ['run', MS],
            ['block', 3 * MS],
          ],
        }),
        one(hog(0)),
      ],
      schedules: [table(5, [slot(0, 2), slot(1, 2)])],
    });
    expect(switches(records).slice(0, 6)).toEqual([
      [0, -1, 0],
      [MS, 0, -1],
      [2 * MS, -1, 1],
      // vCPU 0 wakes at 4 ms, in the idle rest of the frame.
      [4 * MS, 1, -1],
      [5 * MS, -1, 0],
      [6 * MS, 0, -1],
    ]);
    expect(pick(records, 'wake', 't', 'v').slice(2, 3)).toEqual([[4 * MS, 0]]);
  });

  it('is shared by all pCPUs: each takes part in every slot, and a vCPU runs on its own pCPU only', () => {
    const records = recordsOf({
      sched: 'arinc653',
      pcpus: 2,
      duration: 9 * MS,
      domains: [{ weight: 256, cap: 0, vcpus: [hog(0), hog(0, { hard: [0] })] }],
      schedules: [
        table(4, [
          { dom: 0, vcpu: 0, runtime_ns: MS },
          { dom: 0, vcpu: 1, runtime_ns: 3 * MS },
        ]),
      ],
    });
    expect(records[0].cpu).toEqual([0, 1]);
    expect(switches(records, 0)).toEqual([
      [0, -1, 0],
      [MS, 0, -1],
      [4 * MS, -1, 0],
      [5 * MS, 0, -1],
      [8 * MS, -1, 0],
    ]);
    expect(switches(records, 1).slice(0, 3)).toEqual([
      [MS, -1, 1],
      [4 * MS, 1, -1],
      [5 * MS, -1, 1],
    ]);
  });

  it('gives each hog exactly its slots', () => {
    const slots = fc.array(
      fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: 1, max: 999 })),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(slots, fc.integer({ min: 0, max: 500 }), (list, rest) => {
        const frame = list.reduce((sum, [, length]) => sum + length, rest);
        const records = recordsOf({
          sched: 'arinc653',
          duration: frame * 20,
          domains: [0, 1, 2].map(() => one(hog(0))),
          schedules: [
            {
              major_frame: frame,
              entries: list.map(([dom, runtime_ns]) => ({ dom, vcpu: 0, runtime_ns })),
            },
          ],
        });
        const own = (dom: number) =>
          list.reduce((sum, [who, length]) => sum + (who === dom ? length : 0), 0);
        expect(cpuTimes(records)).toEqual([20 * own(0), 20 * own(1), 20 * own(2)]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('arinc653: setting a table', () => {
  const domains = [one(hog(0)), one(hog(0))];

  it('takes effect at the next decision, wherever that is', () => {
    const records = recordsOf({
      sched: 'arinc653',
      duration: 20 * MS,
      domains,
      schedules: [table(6, [slot(0, 6)]), table(6, [slot(1, 6)], 8)],
    });
    expect(pick(records, 'set', 't', 'k', 'rc')).toEqual([[8 * MS, 1, 0]]);
    // Seen at 12 ms; its frames are counted from 8 ms.
    expect(switches(records)).toEqual([
      [0, -1, 0],
      [12 * MS, 0, 1],
    ]);
    expect(pick(records, 'sched', 't', 'frame').slice(-2)).toEqual([
      [12 * MS, 14 * MS],
      [14 * MS, 20 * MS],
    ]);
  });

  it.each([
    ['no frame', { major_frame: 0, entries: [slot(1, 1)] }],
    ['no slot', table(5, [])],
    ['65 slots', table(65, new Array(65).fill(slot(1, 1)))],
    ['a slot of no length', table(5, [slot(1, 2), slot(1, 0)])],
    ['slots longer than the frame', table(5, [slot(1, 3), slot(1, 3)])],
  ])('is refused with %s, and changes nothing', (_, wrong) => {
    const run = (schedules: ScenarioSchedule[]) =>
      recordsOf({ sched: 'arinc653', duration: 30 * MS, domains, schedules });
    const right = table(4, [slot(0, 4)]);
    const records = run([right, { ...wrong, at: 9 * MS }]);
    expect(pick(records, 'set', 'rc')).toEqual([[-22]]);
    expect(records.filter((record) => record.ev !== 'set')).toEqual(run([right]));
    expect(run([right, wrong])).toEqual(run([right]));
  });

  it('accepts 64 slots that fill the frame', () => {
    const schedules = [table(64, new Array(64).fill(slot(1, 1)), 1)];
    const records = recordsOf({ sched: 'arinc653', duration: 2 * MS, domains, schedules });
    expect(pick(records, 'set', 'rc')).toEqual([[0]]);
  });
});

describe('arinc653: without a table', () => {
  it('gives each vCPU of a control domain a slot of 10 ms, others none', () => {
    const control = { weight: 256, cap: 0, control: 1, vcpus: [hog(0), hog(0)] };
    const records = recordsOf({
      sched: 'arinc653',
      duration: 45 * MS,
      domains: [control, one(hog(0))],
    });
    expect(records.at(-1)?.u).toEqual([3, 3, 1]);
    expect(switches(records)).toEqual([
      [0, -1, 0],
      [20 * MS, 0, 1],
      [30 * MS, 1, 0],
      [40 * MS, 0, 1],
    ]);
  });

  it('has 64 slots at most', () => {
    const vcpus = Array.from({ length: 70 }, () => hog(0));
    const records = recordsOf({
      sched: 'arinc653',
      duration: MS,
      domains: [{ weight: 256, cap: 0, control: 1, vcpus }],
    });
    expect(records[0].u).toEqual([...new Array(64).fill(2), ...new Array(6).fill(0)]);
  });

  it('decides every 10 ms on every pCPU', () => {
    const records = recordsOf({ sched: 'arinc653', pcpus: 2, duration: 25 * MS, domains: [] });
    expect(pick(records, 'sched', 't', 'cpu', 'slice')).toEqual([
      [10 * MS, 0, 10 * MS],
      [10 * MS, 1, 10 * MS],
      [20 * MS, 0, 10 * MS],
      [20 * MS, 1, 10 * MS],
    ]);
  });
});
