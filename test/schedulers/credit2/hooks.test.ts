import { describe, expect, it } from 'vitest';
import { MS, US } from '../../../src/engine/time.ts';
import type { XenVersion } from '../../../src/hypervisor/cpu/softirq.ts';
import { REPL } from '../../../src/hypervisor/machine/event-kinds.ts';
import { PAUSED_BLOCKED, type Vcpu } from '../../../src/hypervisor/machine/vcpu.ts';
import { Credit2Scheduler } from '../../../src/schedulers/credit2/credit2.ts';
import { CREDIT2_DEFAULTS } from '../../../src/schedulers/credit2/params.ts';
import { FakeMachine } from '../fake-machine.ts';
import { FakeRun } from '../fake-run.ts';

class Run extends FakeRun<Credit2Scheduler> {
  constructor(pcpus = 1, params = {}, xen: XenVersion = 'master') {
    const machine = new FakeMachine(pcpus, xen);
    super(machine, new Credit2Scheduler(machine, { ...CREDIT2_DEFAULTS, ...params }));
  }

  unit(vcpu: Vcpu) {
    return this.scheduler.unit(vcpu);
  }
}

describe('credit2: wake', () => {
  it('queues the unit, adds its load and tickles', () => {
    const run = new Run();
    const vcpu = run.vcpu();
    run.scheduler.wake(vcpu);
    expect(run.unit(vcpu)).toMatchObject({ queued: true, scheduled: false });
    expect(run.scheduler.runqueue(0).load).toBe(1);
    expect(run.machine.takeTickled()).toEqual([0]);
    // Again: nothing.
    run.scheduler.wake(vcpu);
    expect(run.scheduler.runqueue(0).load).toBe(1);
    expect(run.machine.takeTickled()).toEqual([]);
  });

  it('has no effect on one that runs', () => {
    const run = new Run();
    const vcpu = run.vcpu();
    run.scheduler.wake(vcpu);
    run.schedule();
    run.machine.takeTickled();
    run.scheduler.wake(vcpu);
    expect(run.unit(vcpu)).toMatchObject({ queued: false, delayedAdd: false, scheduled: true });
    expect(run.machine.takeTickled()).toEqual([]);
  });

  it('leaves one that is being switched out to the end of that', () => {
    const run = new Run();
    const vcpu = run.vcpu();
    run.scheduler.wake(vcpu);
    run.schedule();
    vcpu.pauseFlags = PAUSED_BLOCKED;
    run.machine.now = MS;
    expect(run.schedule().next.id).toBe(-1);
    vcpu.pauseFlags = 0;
    run.machine.takeTickled();
    run.scheduler.wake(vcpu);
    expect(run.unit(vcpu)).toMatchObject({ queued: false, delayedAdd: true });
    expect(run.machine.takeTickled()).toEqual([]);
    run.scheduler.contextSaved(vcpu);
    expect(run.unit(vcpu)).toMatchObject({ queued: true, delayedAdd: false, scheduled: false });
    expect(run.scheduler.runqueue(0).load).toBe(1);
    expect(run.machine.takeTickled()).toEqual([0]);
  });
});

describe('credit2: sleep', () => {
  it('tickles the pCPU of one that runs', () => {
    const run = new Run(2);
    const vcpu = run.vcpu({ on: 1, hard: [1] });
    run.scheduler.wake(vcpu);
    run.schedule(1);
    run.machine.takeTickled();
    run.scheduler.sleep(vcpu);
    expect(run.machine.takeTickled()).toEqual([1]);
    expect(run.scheduler.runqueue(1).load).toBe(1);
  });

  it('takes one that waits off its queue, with its load', () => {
    const run = new Run();
    const vcpu = run.vcpu();
    run.scheduler.wake(vcpu);
    run.machine.takeTickled();
    run.scheduler.sleep(vcpu);
    expect(run.unit(vcpu)).toMatchObject({ queued: false });
    expect(run.scheduler.runqueue(0).load).toBe(0);
    expect(run.machine.takeTickled()).toEqual([]);
    expect(run.schedule().next.id).toBe(-1);
  });

  it('keeps one that is being switched out from being queued', () => {
    const run = new Run();
    const [first, second] = [run.vcpu(), run.vcpu()];
    run.scheduler.wake(first);
    run.schedule();
    run.machine.now = 2 * MS;
    run.scheduler.wake(second);
    expect(run.schedule().next.id).toBe(1);
    expect(run.unit(first).delayedAdd).toBe(true);
    run.scheduler.sleep(first);
    expect(run.unit(first).delayedAdd).toBe(false);
    run.scheduler.contextSaved(first);
    expect(run.unit(first)).toMatchObject({ queued: false, scheduled: false });
    expect(run.scheduler.runqueue(0).load).toBe(1);
  });
});

describe('credit2: the end of a switch', () => {
  it('takes the load of one that has blocked away, none of an idle vCPU', () => {
    const run = new Run();
    const vcpu = run.vcpu();
    run.scheduler.wake(vcpu);
    run.schedule();
    run.scheduler.contextSaved(run.machine.idle(0));
    expect(run.scheduler.runqueue(0).load).toBe(1);
    vcpu.pauseFlags = PAUSED_BLOCKED;
    run.schedule();
    expect(run.unit(vcpu).delayedAdd).toBe(false);
    run.scheduler.contextSaved(vcpu);
    expect(run.scheduler.runqueue(0).load).toBe(0);
  });

  it('does not queue one that has been paused meanwhile', () => {
    const run = new Run();
    const [first, second] = [run.vcpu(), run.vcpu()];
    run.scheduler.wake(first);
    run.schedule();
    run.machine.now = 2 * MS;
    run.scheduler.wake(second);
    run.schedule();
    first.pauseFlags = PAUSED_BLOCKED;
    run.scheduler.contextSaved(first);
    expect(run.unit(first)).toMatchObject({ queued: false, delayedAdd: false });
    expect(run.scheduler.runqueue(0).load).toBe(1);
  });
});

describe('credit2: decisions', () => {
  it('forget a tickle, and mark pCPUs as idle or not', () => {
    const run = new Run(2);
    const vcpu = run.vcpu({ hard: [0] });
    const runqueue = run.scheduler.runqueue(0);
    run.scheduler.wake(vcpu);
    expect(runqueue.tickled.toArray()).toEqual([0]);
    expect(run.schedule()).toMatchObject({ migrated: false, ratelimited: false, slice: 10 * MS });
    expect([runqueue.tickled.toArray(), runqueue.idle.toArray()]).toEqual([[], [1]]);
    expect(run.unit(vcpu)).toMatchObject({ tickledPcpu: -1, startTime: 0, scheduled: true });
    vcpu.pauseFlags = PAUSED_BLOCKED;
    run.machine.now = MS;
    expect(run.schedule().slice).toBe(-1);
    expect(runqueue.idle.toArray()).toEqual([0, 1]);
    expect(run.unit(vcpu).credit).toBe(9 * MS);
  });

  it('take a unit over from another pCPU, with credit for its cold cache', () => {
    const run = new Run(2);
    const vcpu = run.vcpu({ on: 1, hard: [1] });
    run.scheduler.wake(vcpu);
    vcpu.hardAffinity = run.machine.online;
    run.scheduler.runqueue(0).tickled.remove(1);
    expect(run.schedule(0)).toMatchObject({ migrated: true });
    expect(vcpu.processor).toBe(0);
    expect(run.unit(vcpu).credit).toBe(10 * MS + 50 * US);
    expect(run.machine.probe.migrations.at(-1)).toEqual([0, 1, 0, 'pull']);
  });

  it('charge idle vCPUs nothing', () => {
    const run = new Run();
    run.machine.now = 20 * MS;
    run.schedule();
    const idle = run.scheduler.unit(run.machine.idle(0));
    expect(idle).toMatchObject({ credit: -10 * MS - 1, startTime: 0, delayedAdd: false });
  });
});

describe('credit2: moves', () => {
  it('stay on the runqueue, or go to the other one', () => {
    const run = new Run(4, { maxPcpusPerRunqueue: 2 });
    const vcpu = run.vcpu({ on: 2, hard: [0, 1] });
    expect(vcpu.processor).toBe(1);
    run.scheduler.migrate(vcpu, 1);
    expect(run.machine.probe.migrations).toEqual([]);
    run.scheduler.migrate(vcpu, 0);
    expect(run.machine.probe.migrations).toEqual([[0, 1, 0, 'move']]);
    vcpu.hardAffinity = run.machine.online;
    run.scheduler.migrate(vcpu, 2);
    expect(run.unit(vcpu).runqueue.id).toBe(1);
    expect(run.machine.probe.migrations.at(-1)).toEqual([0, 0, 3, 'rq']);
  });

  it('ask the balancing for the pCPU', () => {
    const run = new Run(4);
    const vcpu = run.vcpu({ hard: [3] });
    expect(run.scheduler.pickResource(vcpu)).toBe(3);
  });
});

describe('credit2: a vCPU of no domain', () => {
  it('is not taken on', () => {
    const run = new Run();
    run.scheduler.insertUnit(run.machine.vcpu(undefined));
    expect(run.scheduler.runqueue(0).units).toEqual([]);
  });
});

describe('credit2: new weights and caps', () => {
  it('hold for all units of the domain', () => {
    const run = new Run();
    const domain = run.machine.domain(256, 0);
    run.scheduler.insertDomain(domain);
    const vcpus = [run.machine.vcpu(domain), run.machine.vcpu(domain)];
    for (const vcpu of vcpus) run.scheduler.insertUnit(vcpu);
    run.scheduler.adjustDomain({ ...domain, weight: 100, cap: 30 });
    expect(vcpus.map((vcpu) => run.unit(vcpu).weight)).toEqual([100, 100]);
    expect(run.scheduler.account(0)).toMatchObject({ weight: 100, totalBudget: 3 * MS });
    expect(run.scheduler.runqueue(0).maxWeight).toBe(100);
    expect([...run.machine.timers.keys()]).toEqual([`${REPL} 0 0`]);
  });
});

describe('credit2: resets', () => {
  it('charge who runs, clip who has much, and tickle for who is out of budget', () => {
    const run = new Run(2);
    const [first, second] = [run.vcpu({ hard: [0] }), run.vcpu({ on: 1, hard: [1] })];
    for (const vcpu of [first, second]) run.scheduler.wake(vcpu);
    run.schedule(0);
    run.schedule(1);
    const other = run.unit(second);
    other.budget = 10 * MS;
    run.unit(first).credit = 10 * MS;
    run.machine.now = 10 * MS;
    run.machine.takeTickled();
    run.schedule(0);
    // Both have burned 10 ms and get 10. The second has used its budget, which is noticed now.
    expect(run.unit(first)).toMatchObject({ credit: 10 * MS, creditBeforeReset: 0 });
    expect(other).toMatchObject({ credit: 10 * MS, creditBeforeReset: 0, startTime: 10 * MS });
    expect(other.budget).toBe(0);
    expect(run.machine.takeTickled()).toEqual([1]);
  });

  it.each([
    // Credit of the only unit before and after.
    ['master', 0, 10 * MS],
    ['master', -10 * MS + 1, 1],
    ['master', -10 * MS, 10 * MS],
    ['4.12', 0, 10 * MS],
    ['4.12', -10 * MS, 0],
    ['4.12', -10 * MS - 1, 10 * MS - 1],
    ['4.12', -35 * MS, 5 * MS],
  ] as const)('add what the picked unit needs: %s, %d', (xen, before, after) => {
    const run = new Run(1, { ratelimit: 0 }, xen);
    const vcpu = run.vcpu();
    run.scheduler.wake(vcpu);
    run.unit(vcpu).credit = before;
    run.schedule();
    expect(run.unit(vcpu).credit).toBe(after);
  });

  it.each([
    // The one that waits may run on pCPU 1 only; on master its credit counts all the same.
    ['master', 1, 0],
    ['master', 0, 10 * MS],
    ['4.12', 0, 0],
  ] as const)('mind who waits: %s, its credit %d', (xen, waits, after) => {
    const run = new Run(2, { ratelimit: 0 }, xen);
    const [first, second] = [run.vcpu({ on: 1, hard: [1] }), run.vcpu({ hard: [0] })];
    for (const vcpu of [first, second]) run.scheduler.wake(vcpu);
    run.unit(first).credit = waits;
    run.unit(second).credit = 0;
    expect(run.schedule(0).next).toBe(second);
    expect(run.unit(second).credit).toBe(after);
  });
});
