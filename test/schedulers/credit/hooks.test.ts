import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import type { XenVersion } from '../../../src/hypervisor/cpu/softirq.ts';
import { ACCT, TICK } from '../../../src/hypervisor/machine/event-kinds.ts';
import { PAUSED_BLOCKED, PAUSED_MIGRATING } from '../../../src/hypervisor/machine/vcpu.ts';
import { CreditScheduler } from '../../../src/schedulers/credit/credit.ts';
import { CREDIT_DEFAULTS } from '../../../src/schedulers/credit/params.ts';
import { PRI_BOOST, PRI_UNDER } from '../../../src/schedulers/credit/unit.ts';
import { FakeMachine } from '../fake-machine.ts';
import { FakeRun } from '../fake-run.ts';

class Run extends FakeRun<CreditScheduler> {
  constructor(pcpus = 1, params = {}, xen: XenVersion = 'master') {
    const machine = new FakeMachine(pcpus, xen);
    super(machine, new CreditScheduler(machine, { ...CREDIT_DEFAULTS, ...params }));
  }
}

describe('credit: timers', () => {
  it.each([
    // Three ticks per timeslice, one if that is shorter than 3 ms.
    [30, 10],
    [10, 3.333],
    [3, 1],
    [2, 2],
  ])('of a timeslice of %d ms: ticks every %d ms', (timeslice, tick) => {
    const { scheduler, machine } = new Run(2, { timeslice: timeslice * MS });
    machine.now = 5 * MS;
    scheduler.start();
    expect([...machine.timers]).toEqual([
      [`${ACCT} 0 0`, (5 + timeslice) * MS],
      [`${TICK} 0 0`, (5 + tick) * MS],
      [`${TICK} 1 1`, (5 + tick) * MS],
    ]);
  });

  it('stop the ticker of an idle pCPU in schedule() on master, in the idle loop in 4.12', () => {
    for (const xen of ['master', '4.12'] as const) {
      const run = new Run(1, {}, xen);
      const vcpu = run.vcpu();
      run.scheduler.start();
      const ticks = () => run.machine.timers.has(`${TICK} 0 0`);
      run.scheduler.wake(vcpu);
      run.schedule();
      vcpu.pauseFlags = PAUSED_BLOCKED;
      run.machine.now = 2 * MS;
      expect(run.schedule().next.id).toBe(-1);
      expect(ticks()).toBe(xen === '4.12');
      run.scheduler.tickSuspend(0);
      expect(ticks()).toBe(false);
      run.scheduler.tickResume(0);
      expect(ticks()).toBe(xen === '4.12');
    }
  });
});

describe('credit: hooks', () => {
  it('charge an idle vCPU nothing', () => {
    const run = new Run();
    run.machine.now = 10 * MS;
    run.schedule();
    run.scheduler.timer(TICK, 0);
    run.machine.now = 20 * MS;
    run.schedule();
    const idle = run.scheduler.unit(run.machine.idle(0));
    expect(idle).toMatchObject({ credit: 0, residual: 0, startTime: 0, lastSchedTime: 0 });
  });

  it('do not account for a vCPU of no domain', () => {
    const run = new Run();
    const vcpu = run.machine.vcpu(undefined);
    run.scheduler.insertUnit(vcpu);
    run.scheduler.wake(vcpu);
    run.schedule();
    run.machine.now = 10 * MS;
    run.scheduler.timer(TICK, 0);
    expect(run.scheduler.unit(vcpu)).toMatchObject({ credit: -100, active: false });
  });

  it('let a wake of one that runs or waits have no effect', () => {
    const run = new Run();
    const [first, second] = [run.vcpu(), run.vcpu()];
    run.scheduler.wake(first);
    run.schedule();
    run.machine.takeTickled();
    run.scheduler.wake(first);
    expect(run.scheduler.unit(first)).toMatchObject({ queued: false, pri: PRI_UNDER });
    run.scheduler.wake(second);
    // The first wake of a vCPU does not boost, a second one would.
    run.scheduler.wake(second);
    expect(run.scheduler.unit(second)).toMatchObject({ queued: true, pri: PRI_UNDER });
    expect(run.machine.takeTickled()).toEqual([]);
    run.scheduler.sleep(second);
    run.scheduler.wake(second);
    expect(run.scheduler.unit(second).pri).toBe(PRI_BOOST);
    expect(run.machine.takeTickled()).toEqual([0]);
  });

  it('take a new weight and cap over, for active units at once', () => {
    const run = new Run();
    const vcpu = run.vcpu();
    run.scheduler.wake(vcpu);
    run.schedule();
    run.machine.now = 10 * MS;
    run.scheduler.timer(TICK, 0);
    expect(run.scheduler.accounting.totalWeight).toBe(256);
    const { domain } = vcpu;
    if (domain === undefined) throw new Error('it has a domain');
    run.scheduler.adjustDomain({ ...domain, weight: 100, cap: 10 });
    expect(run.scheduler.accounting.totalWeight).toBe(100);
    run.machine.now = 30 * MS;
    run.schedule();
    run.scheduler.timer(ACCT, 0);
    // -300, and 10 % of 300.
    expect(run.scheduler.unit(vcpu)).toMatchObject({ credit: -270, parked: true });
    expect(run.machine.probe.parkings).toEqual([[0, true]]);
  });

  it('count no accounting while nobody is active', () => {
    const run = new Run();
    run.scheduler.accounting.creditBalance = -5;
    run.scheduler.timer(ACCT, 0);
    expect(run.scheduler.accounting).toMatchObject({ epoch: 0, creditBalance: 0 });
    const vcpu = run.vcpu();
    run.scheduler.wake(vcpu);
    run.schedule();
    run.scheduler.timer(TICK, 0);
    run.scheduler.timer(ACCT, 0);
    expect(run.scheduler.accounting.epoch).toBe(1);
  });

  it('let the tick send a vCPU to an idle pCPU if others wait for its own', () => {
    const run = new Run(2);
    const [first, second] = [run.vcpu({ hard: [0, 1] }), run.vcpu({ hard: [0] })];
    run.scheduler.wake(first);
    run.schedule();
    run.scheduler.timer(TICK, 0);
    run.scheduler.timer(TICK, 0);
    expect(run.machine.probe.kicks).toEqual([]);
    run.scheduler.wake(second);
    run.machine.takeTickled();
    run.scheduler.timer(TICK, 0);
    expect(run.machine.probe.kicks).toEqual([[0, 'tick']]);
    expect(run.machine.takeTickled()).toEqual([0]);
    expect(first.pauseFlags).toBe(PAUSED_MIGRATING);
  });
});
