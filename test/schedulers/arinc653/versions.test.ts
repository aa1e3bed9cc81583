import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import { ARINC653_RULES } from '../../../src/schedulers/arinc653/versions.ts';
import { hog, one, pick, recordsByVersion } from '../scenario-records.ts';

describe('differences of arinc653 between versions of Xen', () => {
  it('keepsPhase', () => {
    // Set at 3 ms, seen at 10 ms, when the second frame of 4 ms has gone on for 3 ms.
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'arinc653',
      duration: 13 * MS,
      domains: [one(hog(0))],
      schedules: [
        { at: 3 * MS, major_frame: 4 * MS, entries: [{ dom: 0, vcpu: 0, runtime_ns: 2 * MS }] },
      ],
    });
    const passes = (records: typeof master) =>
      pick(records, 'sched', 't', 'next', 'idx', 'sw', 'frame').slice(1);
    expect(passes(master)).toEqual([
      [10 * MS, -1, 1, 11 * MS, 11 * MS],
      [11 * MS, 0, 0, 13 * MS, 15 * MS],
    ]);
    expect(passes(old)).toEqual([
      [10 * MS, 0, 0, 12 * MS, 14 * MS],
      [12 * MS, -1, 1, 14 * MS, 14 * MS],
    ]);
  });

  it('keepsPhase: without a table a frame of 4.12 begins at every decision', () => {
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'arinc653',
      duration: 20 * MS,
      domains: [one(hog(3 * MS))],
    });
    const passes = (records: typeof master) => pick(records, 'sched', 't', 'slice', 'frame');
    expect(passes(master)).toEqual([
      [3 * MS, 7 * MS, 10 * MS],
      [10 * MS, 10 * MS, 20 * MS],
    ]);
    expect(passes(old)).toEqual([
      [3 * MS, 10 * MS, 13 * MS],
      [13 * MS, 10 * MS, 23 * MS],
    ]);
  });

  it('has a test of each difference', () => {
    expect(Object.keys(ARINC653_RULES.master)).toEqual(['keepsPhase']);
    expect(ARINC653_RULES.master).not.toEqual(ARINC653_RULES['4.12']);
  });
});
