import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import { NULL_RULES } from '../../../src/schedulers/null/versions.ts';
import { cpuTimes, hog, one, recordsByVersion, recordsOf } from '../scenario-records.ts';

describe('differences of null between versions of Xen', () => {
  it('ignoresOffline', () => {
    // Two pCPUs; vCPU 0 never comes up.
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'null',
      pcpus: 2,
      duration: 10 * MS,
      domains: [one({ wake: null, script: [['spin']] }), one(hog(0)), one(hog(0))],
    });
    expect(cpuTimes(master)).toEqual([0, 10 * MS, 10 * MS]);
    expect(master.at(-1)?.u).toEqual([0, 0, 0]);
    expect(cpuTimes(old)).toEqual([0, 10 * MS, 0]);
    expect(old[0].cpu).toEqual([0, 1, 0]);
    expect(old.at(-1)?.u).toEqual([0, 0, 1]);
  });

  it('locksWaiting', () => {
    // pCPU 1 is taken, pCPU 0 free; a new vCPU is on pCPU 0, and would rather be on pCPU 1.
    const scenario = {
      sched: 'null' as const,
      pcpus: 2,
      duration: 10 * MS,
      domains: [one(hog(0, { hard: [1] })), one(hog(MS, { soft: [1] }))],
      events: [{ at: MS, op: 'create' as const, dom: 1 }],
    };
    expect(() => recordsOf({ ...scenario, xen: 'master' })).toThrow(
      'pCPU 0 reschedules for ever, as it waits for its own lock to take vCPU 1',
    );
    expect(cpuTimes(recordsOf({ ...scenario, xen: '4.12' }))).toEqual([10 * MS, 9 * MS]);
  });

  it('in 4.12 a change of affinity hands the pCPU on before anything runs', () => {
    // vCPU 2 got pCPU 1, the last free one, but may only be on pCPU 0: vCPU 3, which waits, gets it.
    const { 'release-4.12': old } = recordsByVersion({
      sched: 'null',
      pcpus: 2,
      duration: 10 * MS,
      domains: [one(hog(0)), { weight: 256, cap: 0, vcpus: [hog(0, { hard: [0] }), hog(0)] }],
    });
    expect(old[0]).toMatchObject({ cpu: [0, 0, 1], u: [0, 1, 0] });
    expect(cpuTimes(old)).toEqual([10 * MS, 0, 10 * MS]);
    expect(old.filter((record) => record.ev === 'sched')).toHaveLength(2);
  });

  it('has a test of each difference', () => {
    expect(Object.keys(NULL_RULES.master)).toEqual(['ignoresOffline', 'locksWaiting']);
    expect(NULL_RULES.master).not.toEqual(NULL_RULES['4.12']);
  });
});
