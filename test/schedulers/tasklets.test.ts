import { describe, expect, it } from 'vitest';
import { MS, US } from '../../src/engine/time.ts';
import type { Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import type { Scheduler } from '../../src/hypervisor/ports.ts';
import { CreditScheduler } from '../../src/schedulers/credit/credit.ts';
import { CREDIT_DEFAULTS } from '../../src/schedulers/credit/params.ts';
import { PRI_BOOST, PRI_IDLE } from '../../src/schedulers/credit/unit.ts';
import { Credit2Scheduler } from '../../src/schedulers/credit2/credit2.ts';
import { CREDIT2_DEFAULTS } from '../../src/schedulers/credit2/params.ts';
import { RtdsScheduler } from '../../src/schedulers/rtds/rtds.ts';
import { SCHEDULERS } from '../properties/schedulers.ts';
import { FakeMachine } from './fake-machine.ts';
import { FakeRun } from './fake-run.ts';

/** schedule() on `cpu` while a tasklet waits there; what it chooses runs from now on. */
function scheduleTasklet(run: FakeRun<Scheduler>, cpu = 0): Vcpu {
  const decision = run.machine.decision();
  decision.tasklet = true;
  run.scheduler.schedule(cpu, run.machine.current(cpu), decision);
  run.machine.run(decision.next);
  return decision.next;
}

describe('a tasklet that waits', () => {
  it.each(SCHEDULERS.map((each) => [each.name, each] as const))(
    '%s chooses the idle vCPU, whatever else could run',
    (_, { xen, factory, reservation }) => {
      const machine = new FakeMachine(1, xen);
      const run = new FakeRun<Scheduler>(machine, factory(machine));
      run.scheduler.start();
      const vcpus = [run.vcpu(), run.vcpu()];
      for (const vcpu of vcpus) {
        vcpu.reservation = reservation;
        if (vcpu.domain !== undefined) run.scheduler.adjustDomain(vcpu.domain);
        run.scheduler.wake(vcpu);
      }
      run.schedule();
      // Also within a rate limit.
      machine.now += 10 * US;
      expect(scheduleTasklet(run).id).toBe(-1);
      machine.now += 10 * US;
      expect(scheduleTasklet(run).id, 'and keeps it').toBe(-1);
    },
  );

  it('credit: the idle vCPU counts as boosted, so nobody tickles its pCPU or steals for it', () => {
    const machine = new FakeMachine(1);
    const scheduler = new CreditScheduler(machine, { ...CREDIT_DEFAULTS, ratelimit: 0 });
    const run = new FakeRun(machine, scheduler);
    const [runs, woken] = [run.vcpu(), run.vcpu()];
    scheduler.wake(runs);
    run.schedule();
    scheduleTasklet(run);
    const idle = scheduler.unit(machine.idle(0));
    expect(idle.pri).toBe(PRI_BOOST);
    machine.takeTickled();
    scheduler.wake(woken);
    expect(machine.takeTickled()).toEqual([]);
    // The tasklet is done: both are boosted as they were woken, first come, first served.
    expect(run.schedule().next).toBe(runs);
    expect(scheduler.unit(machine.idle(0)).pri).toBe(PRI_IDLE);
  });

  it('credit: does not look for something to steal meanwhile', () => {
    const machine = new FakeMachine(2);
    const scheduler = new CreditScheduler(machine, { ...CREDIT_DEFAULTS, ratelimit: 0 });
    const run = new FakeRun(machine, scheduler);
    for (const vcpu of [run.vcpu(), run.vcpu()]) {
      vcpu.processor = 0;
      scheduler.wake(vcpu);
    }
    run.schedule(0);
    expect(scheduleTasklet(run, 1).id).toBe(-2);
    machine.now += 2 * MS;
    expect(run.schedule(1).next.id, 'without one it does').toBeGreaterThanOrEqual(0);
  });

  it('credit2: its pCPU is not among the idle ones', () => {
    const machine = new FakeMachine(1);
    const scheduler = new Credit2Scheduler(machine, { ...CREDIT2_DEFAULTS, ratelimit: 0 });
    const run = new FakeRun(machine, scheduler);
    const idles = () => scheduler.runqueue(0).idle.has(0);
    expect(run.schedule().next.id).toBe(-1);
    expect(idles()).toBe(true);
    expect(scheduleTasklet(run).id).toBe(-1);
    expect(idles()).toBe(false);
    expect(run.schedule().next.id).toBe(-1);
    expect(idles()).toBe(true);
  });
});

describe('time that is not to be charged', () => {
  it('credit2 and rtds leave it out of what a vCPU has used', () => {
    const credit2 = (uncharged: number) => {
      const machine = new FakeMachine(1);
      const scheduler = new Credit2Scheduler(machine, CREDIT2_DEFAULTS);
      const run = new FakeRun(machine, scheduler);
      const vcpu = run.vcpu();
      scheduler.wake(vcpu);
      run.schedule();
      const before = scheduler.unit(vcpu).credit;
      machine.now = 2 * MS;
      machine.unchargedOn[0] = uncharged;
      run.schedule();
      return before - scheduler.unit(vcpu).credit;
    };
    expect(credit2(0)).toBe(2 * MS);
    expect(credit2(500 * US)).toBe(1500 * US);

    const rtds = (uncharged: number) => {
      const machine = new FakeMachine(1);
      const scheduler = new RtdsScheduler(machine);
      const run = new FakeRun(machine, scheduler);
      const vcpu = run.vcpu();
      scheduler.wake(vcpu);
      run.schedule();
      const before = scheduler.unit(vcpu).budget;
      machine.now = MS;
      machine.unchargedOn[0] = uncharged;
      run.schedule();
      return before - scheduler.unit(vcpu).budget;
    };
    expect(rtds(0)).toBe(MS);
    expect(rtds(300 * US)).toBe(700 * US);
  });

  it('credit as well, in whole credits', () => {
    const used = (uncharged: number) => {
      const machine = new FakeMachine(1);
      const scheduler = new CreditScheduler(machine, { ...CREDIT_DEFAULTS, ratelimit: 0 });
      const run = new FakeRun(machine, scheduler);
      const vcpu = run.vcpu();
      scheduler.wake(vcpu);
      run.schedule();
      const before = scheduler.unit(vcpu).credit;
      machine.now = 10 * MS;
      machine.unchargedOn[0] = uncharged;
      run.schedule();
      return before - scheduler.unit(vcpu).credit;
    };
    // 100 credits are 10 ms.
    expect(used(0)).toBe(100);
    expect(used(3 * MS)).toBe(70);
  });
});
