import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import { REPL } from '../../../src/hypervisor/machine/event-kinds.ts';
import { PAUSED_BLOCKED, type Vcpu } from '../../../src/hypervisor/machine/vcpu.ts';
import { ReplenishmentQueue } from '../../../src/schedulers/rtds/replenishment.ts';
import { RtdsScheduler } from '../../../src/schedulers/rtds/rtds.ts';
import { newRtdsUnit, type RtdsUnit } from '../../../src/schedulers/rtds/unit.ts';
import { FakeMachine } from '../fake-machine.ts';

/** rtds with a runnable vCPU on pCPU 0 for each reservation; undefined: the default one, 4 ms in 10 ms. */
class Run {
  readonly machine: FakeMachine;
  readonly scheduler: RtdsScheduler;
  readonly vcpus: Vcpu[] = [];

  constructor(count: number, pcpus = 1, extratime = true) {
    this.machine = new FakeMachine(pcpus);
    this.scheduler = new RtdsScheduler(this.machine);
    for (let i = 0; i < count; i++) {
      const domain = this.machine.domain();
      const vcpu = this.machine.vcpu(domain);
      this.scheduler.insertUnit(vcpu);
      this.scheduler.adjustReservation(vcpu, { period: 10 * MS, budget: 4 * MS, extratime });
      this.vcpus.push(vcpu);
    }
  }

  unit(id: number): RtdsUnit {
    return this.scheduler.unit(this.vcpus[id]);
  }

  /** schedule() on pCPU `cpu`: what it chooses runs from now on; the context of the last is not saved. */
  schedule(cpu = 0): number {
    const decision = this.machine.decision();
    this.scheduler.schedule(cpu, this.machine.current(cpu), decision);
    this.machine.run(decision.next);
    return decision.next.id;
  }

  /** When the replenishment timer is due. */
  get timer(): number | undefined {
    return this.machine.timers.get(`${REPL} 0 0`);
  }
}

function block(vcpu: Vcpu): void {
  vcpu.pauseFlags |= PAUSED_BLOCKED;
}

describe('rtds: wake', () => {
  it('has no effect on one that runs', () => {
    const run = new Run(1);
    run.machine.run(run.vcpus[0]);
    run.scheduler.wake(run.vcpus[0]);
    expect(run.machine.takeTickled()).toEqual([]);
    expect(run.unit(0)).toMatchObject({ queue: 'none', onReplq: false });
    expect(run.timer).toBeUndefined();
  });

  it('has no effect on one that waits', () => {
    const run = new Run(1, 2);
    run.scheduler.wake(run.vcpus[0]);
    expect(run.machine.takeTickled()).toEqual([0]);
    expect(run.timer).toBe(10 * MS);
    run.scheduler.wake(run.vcpus[0]);
    expect(run.machine.takeTickled()).toEqual([]);
    expect(run.unit(0)).toMatchObject({ queue: 'runq', onReplq: true });
  });

  it('leaves one that is being switched out to the end of that', () => {
    const run = new Run(1);
    const [vcpu] = run.vcpus;
    run.scheduler.wake(vcpu);
    expect(run.schedule()).toBe(0);
    expect(run.unit(0)).toMatchObject({ scheduled: true, queueWhenSaved: false });
    run.machine.now = MS;
    block(vcpu);
    expect(run.schedule()).toBe(-1);
    expect(run.unit(0).queueWhenSaved).toBe(false);
    vcpu.pauseFlags = 0;
    run.machine.takeTickled();
    run.scheduler.wake(vcpu);
    expect(run.unit(0)).toMatchObject({ queue: 'none', queueWhenSaved: true });
    expect(run.machine.takeTickled()).toEqual([]);
    run.scheduler.contextSaved(vcpu);
    expect(run.unit(0)).toMatchObject({ queue: 'runq', queueWhenSaved: false, scheduled: false });
    expect(run.machine.takeTickled()).toEqual([0]);
  });

  it('begins a period meanwhile if one was missed, and then only', () => {
    const run = new Run(2);
    for (const vcpu of run.vcpus) run.scheduler.wake(vcpu);
    expect(run.schedule()).toBe(0);
    block(run.vcpus[0]);
    expect(run.schedule()).toBe(1);
    run.vcpus[0].pauseFlags = 0;
    run.machine.now = 9 * MS;
    run.scheduler.wake(run.vcpus[0]);
    // Both are due at 10 ms, still in the order of their first wakes.
    run.machine.now = 10 * MS;
    run.scheduler.timer();
    expect(run.scheduler.replenished.map(({ vcpu }) => vcpu.id)).toEqual([0, 1]);

    const late = new Run(1);
    late.scheduler.wake(late.vcpus[0]);
    late.schedule();
    block(late.vcpus[0]);
    late.schedule();
    late.vcpus[0].pauseFlags = 0;
    late.machine.now = 25 * MS;
    late.scheduler.wake(late.vcpus[0]);
    expect(late.timer).toBe(30 * MS);
    expect(late.unit(0)).toMatchObject({ deadline: 30 * MS, budget: 4 * MS });
  });
});

describe('rtds: sleep', () => {
  it('tickles the pCPU of one that runs, and no more', () => {
    const run = new Run(1, 2);
    run.scheduler.wake(run.vcpus[0]);
    run.schedule();
    run.machine.takeTickled();
    run.scheduler.sleep(run.vcpus[0]);
    expect(run.machine.takeTickled()).toEqual([0]);
    expect(run.timer).toBe(10 * MS);
  });

  it('takes one that waits off its queues', () => {
    const run = new Run(1);
    run.scheduler.wake(run.vcpus[0]);
    run.machine.takeTickled();
    run.scheduler.sleep(run.vcpus[0]);
    expect(run.unit(0)).toMatchObject({ queue: 'none', onReplq: false });
    expect(run.timer).toBeUndefined();
    expect(run.machine.takeTickled()).toEqual([]);
    expect(run.schedule()).toBe(-1);
  });

  it('keeps one that is being switched out from being queued', () => {
    const run = new Run(2);
    for (const vcpu of run.vcpus) run.scheduler.wake(vcpu);
    run.schedule();
    run.machine.now = 4 * MS;
    expect(run.schedule()).toBe(1);
    expect(run.unit(0).queueWhenSaved).toBe(true);
    run.scheduler.sleep(run.vcpus[0]);
    expect(run.unit(0)).toMatchObject({ queueWhenSaved: false, onReplq: true });
    run.scheduler.contextSaved(run.vcpus[0]);
    expect(run.unit(0)).toMatchObject({ queue: 'none', onReplq: false });
  });

  it('wins over a wish to be queued when it comes too late to be taken back', () => {
    const run = new Run(2);
    for (const vcpu of run.vcpus) run.scheduler.wake(vcpu);
    run.schedule();
    run.machine.now = 4 * MS;
    run.schedule();
    block(run.vcpus[0]);
    run.scheduler.contextSaved(run.vcpus[0]);
    expect(run.unit(0)).toMatchObject({ queue: 'none', onReplq: false, queueWhenSaved: false });
  });
});

describe('rtds: decisions', () => {
  it('does not queue who goes on', () => {
    const run = new Run(1);
    run.scheduler.wake(run.vcpus[0]);
    run.schedule();
    run.machine.now = 2 * MS;
    expect(run.schedule()).toBe(0);
    expect(run.unit(0)).toMatchObject({ queueWhenSaved: false, scheduled: true, budget: 2 * MS });
  });

  it('charges idle vCPUs nothing', () => {
    const run = new Run(0);
    run.machine.now = 50 * MS;
    run.schedule();
    expect(run.scheduler.unit(run.machine.idle(0))).toMatchObject({ level: 0, budget: 4 * MS });
  });

  it('moves a vCPU and says so if that is another pCPU', () => {
    const run = new Run(1, 2);
    run.scheduler.migrate(run.vcpus[0], 0);
    expect(run.machine.probe.migrations).toEqual([]);
    run.scheduler.migrate(run.vcpus[0], 1);
    expect(run.machine.probe.migrations).toEqual([[0, 0, 1, 'move']]);
    run.scheduler.wake(run.vcpus[0]);
    expect(run.schedule(0)).toBe(0);
    expect(run.machine.probe.migrations).toEqual([
      [0, 0, 1, 'move'],
      [0, 1, 0, 'pull'],
    ]);
  });

  it('keeps who has no budget left aside until it is replenished, and tickles for it then', () => {
    const run = new Run(1, 1, false);
    run.scheduler.wake(run.vcpus[0]);
    run.schedule();
    run.machine.now = 4 * MS;
    expect(run.schedule()).toBe(-1);
    run.machine.takeTickled();
    run.scheduler.contextSaved(run.vcpus[0]);
    expect(run.unit(0)).toMatchObject({ queue: 'depleted', depleted: true, budget: 0 });
    // The tickle of an idle pCPU, even though it cannot run: as in Xen.
    expect(run.machine.takeTickled()).toEqual([0]);
    expect(run.schedule()).toBe(-1);
    run.machine.now = 10 * MS;
    run.scheduler.timer();
    expect(run.unit(0)).toMatchObject({ queue: 'runq', depleted: false, budget: 4 * MS });
    expect(run.machine.takeTickled()).toEqual([0]);
    expect(run.timer).toBe(20 * MS);
  });

  it('does not tickle for one that is being switched out when it is replenished', () => {
    const run = new Run(1, 1, false);
    expect(run.scheduler.replenished).toEqual([]);
    run.scheduler.wake(run.vcpus[0]);
    run.schedule();
    run.machine.now = 4 * MS;
    expect(run.schedule()).toBe(-1);
    run.machine.takeTickled();
    run.machine.now = 10 * MS;
    run.scheduler.timer();
    expect(run.machine.takeTickled()).toEqual([]);
    expect(run.unit(0)).toMatchObject({ queue: 'none', depleted: false, budget: 4 * MS });
  });
});

describe('rtds: the replenishment queue, its timer', () => {
  const setup = (...deadlines: number[]) => {
    const machine = new FakeMachine(1);
    const armed: number[] = [];
    const queue = new ReplenishmentQueue((deadline) => armed.push(deadline));
    const units = deadlines.map((deadline) => {
      const unit = newRtdsUnit(machine.vcpu(undefined));
      unit.deadline = deadline;
      queue.insert(unit);
      return unit;
    });
    armed.length = 0;
    return { queue, units, armed };
  };

  it('is left alone while the first unit stays the first', () => {
    const { queue, units, armed } = setup(10, 20, 30);
    units[1].deadline = 40;
    queue.reinsert(units[1]);
    expect(armed).toEqual([]);
    queue.remove(units[2]);
    expect(armed).toEqual([]);
    expect([queue.takeDue(50), queue.takeDue(50), queue.takeDue(50)]).toEqual([
      units[0],
      units[1],
      undefined,
    ]);
    expect(units.map(({ onReplq }) => onReplq)).toEqual([false, false, false]);
  });

  it('follows a unit that becomes the first', () => {
    const { queue, units, armed } = setup(10, 20);
    units[1].deadline = 5;
    queue.reinsert(units[1]);
    expect(armed).toEqual([5]);
  });

  it('follows a new unit that was not queued', () => {
    const { queue, units, armed } = setup(10, 20);
    queue.remove(units[1]);
    expect(units[1].onReplq).toBe(false);
    units[1].deadline = 7;
    queue.reinsert(units[1]);
    expect(armed).toEqual([7]);
  });
});

describe('rtds: a new unit', () => {
  it('is on no queue and no pCPU', () => {
    const run = new Run(1);
    expect(run.unit(0)).toMatchObject({
      deadline: 10 * MS,
      budget: 4 * MS,
      level: 0,
      queue: 'none',
      onReplq: false,
      depleted: false,
      scheduled: false,
      queueWhenSaved: false,
    });
  });
});
