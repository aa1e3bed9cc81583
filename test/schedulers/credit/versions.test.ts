import { describe, expect, it } from 'vitest';
import { MS, US } from '../../../src/engine/time.ts';
import { Hog } from '../../../src/guests/hog.ts';
import { Waker } from '../../../src/guests/waker.ts';
import type { XenVersion } from '../../../src/hypervisor/cpu/softirq.ts';
import { ZERO_COSTS } from '../../../src/hypervisor/machine/costs.ts';
import { CpuMask } from '../../../src/hypervisor/machine/cpu-mask.ts';
import { TICK } from '../../../src/hypervisor/machine/event-kinds.ts';
import { Machine } from '../../../src/hypervisor/machine/machine.ts';
import type { MachineView } from '../../../src/hypervisor/machine/machine-view.ts';
import { PAUSED_MIGRATING, Vcpu } from '../../../src/hypervisor/machine/vcpu.ts';
import { UPSTREAM_POLICY } from '../../../src/hypervisor/ports.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import { CreditScheduler } from '../../../src/schedulers/credit/credit.ts';
import { CreditPcpu } from '../../../src/schedulers/credit/pcpu.ts';
import {
  newCreditUnit,
  PRI_IDLE,
  PRI_OVER,
  PRI_UNDER,
} from '../../../src/schedulers/credit/unit.ts';
import { CREDIT_RULES } from '../../../src/schedulers/credit/versions.ts';
import { smallMachine } from '../../hypervisor/small-machine.ts';
import { hog, one, pick, recordsByVersion, switches } from '../scenario-records.ts';

describe('differences of credit between versions of Xen', () => {
  it('tickerStoppedBy', () => {
    // pCPU 1 never runs a vCPU. On master its ticker goes on as armed at boot.
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'credit',
      pcpus: 2,
      duration: 35 * MS,
      domains: [one(hog(0))],
    });
    const ticks = (records: typeof master) => pick(records, 'tick', 't', 'cpu', 'cur');
    expect(ticks(master)).toEqual([
      [10 * MS, 0, 0],
      [10 * MS, 1, -1],
      [20 * MS, 0, 0],
      [20 * MS, 1, -1],
      [30 * MS, 0, 0],
      [30 * MS, 1, -1],
    ]);
    expect(ticks(old)).toEqual([
      [10 * MS, 0, 0],
      [20 * MS, 0, 0],
      [30 * MS, 0, 0],
    ]);
  });

  it("tickerStoppedBy, with Xen's timers: an idle pCPU sleeps until something is due", () => {
    class Count extends Probe {
      ticks = 0;
      timerSoftirqs = 0;
      override timerFired(_pcpu: number, kind: number): void {
        if (kind === TICK) this.ticks++;
      }
      override softirqStarted(_pcpu: number, nr: number): void {
        if (nr === 0) this.timerSoftirqs++;
      }
    }
    const count = (xen: XenVersion) => {
      const probe = new Count();
      // Sleeps until 5, 10, .. 95 ms, runs for 10 us each time; one pCPU more idles all the time.
      const expiries = { first: 5 * MS, after: (t: number) => t + 5 * MS, skipsMissed: true };
      const guest = new Waker(expiries, 10 * US);
      const domains = [{ name: 'd', weight: 256, cap: 0, vcpus: [{ guest, start: 0 }] }];
      const scheduler = (view: MachineView) => new CreditScheduler(view);
      const setup = { xen, pcpus: 2, scheduler, timers: { slop: 50 * US }, probe };
      smallMachine(domains, {}, setup).run(99 * MS);
      return probe;
    };
    expect(count('4.12').ticks).toBe(0);
    // On master pCPU 1 goes on to tick as it does from boot.
    expect(count('master').ticks).toBe(9);
    // A stop of the ticker may raise TIMER; that must not keep the pCPU from its sleep.
    expect(count('4.12').timerSoftirqs).toBeLessThan(19 * 6);
  });

  it('wakeKicksRunning', () => {
    // vCPU 0 may run on pCPU 0 only. When it wakes, boosted, vCPU 1 runs there, and pCPU 1 is idle.
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'credit',
      pcpus: 2,
      duration: 9 * MS,
      domains: [
        one({
          wake: 0,
          hard: [0],
          script: [
            ['run', MS],
            ['block', 5 * MS],
          ],
        }),
        one(hog(2 * MS)),
      ],
    });
    expect(pick(master, 'kick', 't', 'v', 'by')).toEqual([]);
    expect(switches(master, 0).slice(-2)).toEqual([
      [6 * MS, 1, 0],
      [7 * MS, 0, 1],
    ]);
    expect(pick(old, 'kick', 't', 'v', 'by')).toEqual([[6 * MS, 1, 'tickle']]);
    // Kicked, it finds nobody waiting on pCPU 0 and stays; its wake, not boosted, tickles pCPU 1, which steals it.
    expect(pick(old, 'wake', 't', 'v', 'cpu', 'why', 'pri', 'tickled').at(-1)).toEqual([
      ...[6 * MS, 1, 0, 'mig', -1, [1]],
    ]);
    expect(pick(old, 'mig', 't', 'v', 'from', 'to', 'why')).toEqual([[6 * MS, 1, 0, 1, 'steal']]);
    expect(switches(old, 1)).toEqual([[6 * MS, -1, 1]]);
    expect(switches(old, 0).slice(-2)).toEqual([
      [6 * MS, 1, 0],
      [7 * MS, 0, -1],
    ]);
  });

  it('unparkBoosts', () => {
    // Credit: -300 when parked at 60 ms, +150 at 90 and 120 ms.
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'credit',
      duration: 125 * MS,
      domains: [one(hog(0), { cap: 50 })],
    });
    for (const records of [master, old]) {
      expect(pick(records, 'park', 't')).toEqual([[60 * MS]]);
      expect(pick(records, 'unpark', 't')).toEqual([[120 * MS]]);
    }
    expect(pick(master, 'wake', 'why', 'pri')).toEqual([
      ['start', -1],
      ['unpark', -1],
    ]);
    expect(pick(old, 'wake', 'why', 'pri')).toEqual([
      ['start', -1],
      ['unpark', 0],
    ]);
  });

  it('limitsLoadBalance', () => {
    // pCPU 1 steals vCPU 1 at 5 ms; at 5.5 ms vCPU 2 wakes on pCPU 0, too early for another look.
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'credit',
      pcpus: 2,
      duration: 6 * MS,
      domains: [
        one(hog(0)),
        one({ wake: 5 * MS, script: [['run', 0.2 * MS]], repeat: false }),
        one(hog(5.5 * MS)),
      ],
    });
    const steals = (records: typeof master) => pick(records, 'mig', 't', 'v', 'why');
    expect(steals(master)).toEqual([[5 * MS, 1, 'steal']]);
    expect(steals(old)).toEqual([
      [5 * MS, 1, 'steal'],
      [5.5 * MS, 2, 'steal'],
    ]);
  });

  it('skipsUnrunnablePicks', () => {
    // Nothing in this machine leaves a vCPU that may not run on a runqueue, so the test puts it in that state.
    const whoRuns = (xen: XenVersion) => {
      const machine = new Machine({
        xen,
        pcpus: 1,
        scheduler: (view) => new CreditScheduler(view),
        costs: ZERO_COSTS,
        timers: 'exact',
        policy: UPSTREAM_POLICY,
        probe: new Probe(),
        domains: [0, 1].map((i) => ({
          name: `d${i}`,
          weight: 256,
          cap: 0,
          vcpus: [{ guest: new Hog(), start: 0 }],
        })),
      });
      machine.run(5 * MS);
      machine.vcpus[1].pauseFlags |= PAUSED_MIGRATING;
      machine.run(31 * MS);
      return machine.current(0).id;
    };
    expect(whoRuns('master')).toBe(0);
    expect(whoRuns('4.12')).toBe(1);
  });

  it('yieldLastsUntil', () => {
    // vCPU 0 has yielded to vCPU 1 and waits on pCPU 0 when pCPU 1 has nothing to do any more.
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'credit',
      pcpus: 2,
      duration: 6 * MS,
      domains: [
        one({ wake: 0, script: [['run', 2 * MS], ['yield']] }),
        one(hog(0, { hard: [0] })),
        one({ wake: 0, hard: [1], script: [['run', 5 * MS]], repeat: false }),
      ],
    });
    for (const records of [master, old]) {
      expect(switches(records, 0).slice(0, 2)).toEqual([
        [0, -1, 0],
        [2 * MS, 0, 1],
      ]);
    }
    expect(switches(master, 1).at(-1)).toEqual([5 * MS, 2, -1]);
    expect(switches(old, 1).at(-1)).toEqual([5 * MS, 2, 0]);
  });

  it('yieldPassesLast', () => {
    // While the idle vCPU runs, a runqueue may end in one of low priority.
    const order = (xen: XenVersion) => {
      const unit = (id: number, pri: number) =>
        newCreditUnit(new Vcpu(id, 0, CpuMask.all(1), undefined, undefined), undefined, pri);
      const pcpu = new CreditPcpu(unit(-1, PRI_IDLE), CREDIT_RULES[xen], 0, 0, 0);
      const yielding = { ...unit(1, PRI_UNDER), yielded: true };
      pcpu.insert(unit(0, PRI_OVER));
      pcpu.insert(yielding);
      return pcpu.runq.map(({ vcpu }) => vcpu.id);
    };
    expect(order('master')).toEqual([1, 0]);
    expect(order('4.12')).toEqual([0, 1]);
  });

  it('removalUnparksHigher', () => {
    // All three are parked when their domain goes.
    const { master, 'release-4.12': old } = recordsByVersion({
      sched: 'credit',
      duration: 300 * MS,
      domains: [{ weight: 256, cap: 3, vcpus: [hog(0), hog(0), hog(0)] }],
      events: [{ at: 290 * MS, op: 'destroy', dom: 0 }],
    });
    const unparked = (records: typeof master) =>
      pick(records, 'unpark', 't', 'v')
        .filter(([t]) => t === 290 * MS)
        .map(([, v]) => v);
    expect(unparked(master)).toEqual([2, 1, 2, 0, 1, 2]);
    expect(unparked(old)).toEqual([2, 1, 0]);
  });

  it('has a test of each difference', () => {
    expect(Object.keys(CREDIT_RULES.master)).toEqual([
      'tickerStoppedBy',
      'wakeKicksRunning',
      'unparkBoosts',
      'limitsLoadBalance',
      'skipsUnrunnablePicks',
      'yieldLastsUntil',
      'removalUnparksHigher',
      'yieldPassesLast',
    ]);
    for (const [name, value] of Object.entries(CREDIT_RULES['4.12'])) {
      expect(value).not.toBe(CREDIT_RULES.master[name as keyof typeof CREDIT_RULES.master]);
    }
  });
});
