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

  it('has a test of each difference', () => {
    expect(Object.keys(RTDS_RULES.master)).toEqual(['levelSaturates']);
    expect(RTDS_RULES.master).not.toEqual(RTDS_RULES['4.12']);
  });
});
