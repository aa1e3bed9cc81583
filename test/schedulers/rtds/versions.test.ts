import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import { Hog } from '../../../src/guests/hog.ts';
import type { XenVersion } from '../../../src/hypervisor/cpu/softirq.ts';
import { ZERO_COSTS } from '../../../src/hypervisor/machine/costs.ts';
import { Machine } from '../../../src/hypervisor/machine/machine.ts';
import { UPSTREAM_POLICY } from '../../../src/hypervisor/ports.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import { RtdsScheduler } from '../../../src/schedulers/rtds/rtds.ts';
import { RTDS_RULES } from '../../../src/schedulers/rtds/versions.ts';
import { hog, one, pick, recordsByVersion, switches } from '../scenario-records.ts';

describe('differences of rtds between versions of Xen', () => {
  it('levelSaturates', () => {
    // Four thousand million exhausted budgets in one period are beyond any scenario: the test sets the level.
    const levelAfter = (xen: XenVersion) => {
      const machine = new Machine({
        xen,
        pcpus: 1,
        scheduler: (view) => new RtdsScheduler(view),
        costs: ZERO_COSTS,
        timers: 'exact',
        policy: UPSTREAM_POLICY,
        probe: new Probe(),
        domains: [{ name: 'd', weight: 256, cap: 0, vcpus: [{ guest: new Hog(), start: 0 }] }],
      });
      const { scheduler } = machine;
      if (!(scheduler instanceof RtdsScheduler)) throw new Error('the scheduler is rtds');
      machine.run(MS);
      scheduler.unit(machine.vcpus[0]).level = 2 ** 32 - 1;
      machine.run(5 * MS);
      return scheduler.unit(machine.vcpus[0]).level;
    };
    expect(levelAfter('master')).toBe(2 ** 32 - 1);
    expect(levelAfter('4.12')).toBe(0);
  });

  it('extratimeRefills', () => {
    // Depleted at 120 ms, extratime on at 130 ms.
    const domains = [one(hog(0, { period_us: 50_000, budget_us: 10_000, extratime: 0 }))];
    const event = { op: 'rtds', v: 0, period_us: 50_000, budget_us: 10_000, extratime: 1 } as const;
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'rtds',
      duration: 140 * MS,
      domains,
      events: [{ at: 130 * MS, ...event }],
    });
    const state = (records: typeof master) => pick(records, 'did', 'u');
    expect(state(master)).toEqual([[[[10 * MS, 160 * MS, 1, 3]]]]);
    expect(state(old)).toEqual([[[[0, 160 * MS, 0, 7]]]]);
  });

  it('checksDomains', () => {
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'rtds',
      duration: MS,
      domains: [one(hog(0))],
      events: [{ at: 500_000, op: 'rtdsdom', dom: 0, period_us: 20_000, budget_us: 9 }],
    });
    expect(pick(master, 'did', 'rc')).toEqual([[-22]]);
    expect(pick(old, 'did', 'rc')).toEqual([[0]]);
  });

  it('skipsUnrunnable', () => {
    // vCPU 1 waits for vCPU 0 when their domain is paused.
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'rtds',
      duration: 3 * MS,
      domains: [{ weight: 256, cap: 0, vcpus: [hog(0), hog(0)] }],
      events: [{ at: 2 * MS, op: 'pause', dom: 0 }],
    });
    const atPause = (records: typeof master) => switches(records).filter(([t]) => t === 2 * MS);
    expect(atPause(master)).toEqual([[2 * MS, 0, -1]]);
    expect(atPause(old)).toEqual([
      [2 * MS, 0, 1],
      [2 * MS, 1, -1],
    ]);
  });

  it('has a test of each difference', () => {
    expect(Object.keys(RTDS_RULES.master)).toEqual([
      'levelSaturates',
      'extratimeRefills',
      'checksDomains',
      'skipsUnrunnable',
    ]);
    expect(RTDS_RULES.master).not.toEqual(RTDS_RULES['4.12']);
  });
});
