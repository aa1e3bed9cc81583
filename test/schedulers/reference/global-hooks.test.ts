import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import type { MachineView } from '../../../src/hypervisor/machine/machine-view.ts';
import { EdfScheduler } from '../../../src/schedulers/reference/edf.ts';
import { FixedPriorityScheduler } from '../../../src/schedulers/reference/fixed-priority.ts';
import type { GlobalScheduler } from '../../../src/schedulers/reference/global-scheduler.ts';
import { RoundRobinScheduler } from '../../../src/schedulers/reference/round-robin.ts';
import { FakeMachine } from '../fake-machine.ts';

type Factory = (machine: MachineView) => GlobalScheduler;

/** vCPU i belongs to domain i, of priority i. */
function fixed(preemptive: boolean): Factory {
  return (machine) => new FixedPriorityScheduler(machine, { preemptive, priorities: [0, 1, 2, 3] });
}

const roundRobin: Factory = (machine) => new RoundRobinScheduler(machine, { timeslice: 5 * MS });

class Run {
  readonly machine: FakeMachine;
  readonly scheduler: GlobalScheduler;

  constructor(pcpus: number, factory: Factory) {
    this.machine = new FakeMachine(pcpus);
    this.scheduler = factory(this.machine);
  }

  vcpu(traits: Parameters<FakeMachine['vcpu']>[1] = {}) {
    const vcpu = this.machine.vcpu(this.machine.domain(), traits);
    this.scheduler.insertUnit(vcpu);
    return vcpu;
  }

  /** schedule() on `cpu`; what it chooses runs from now on, the context of the last is saved. */
  schedule(cpu = 0) {
    const decision = this.machine.decision();
    const prev = this.machine.current(cpu);
    this.scheduler.schedule(cpu, prev, decision);
    this.machine.run(decision.next);
    if (decision.next !== prev) this.scheduler.contextSaved(prev);
    return decision;
  }
}

describe('reference schedulers: hooks', () => {
  it('have the names that experiments use', () => {
    const edf: Factory = (machine) => new EdfScheduler(machine, { deadlines: [] });
    const runs = [roundRobin, fixed(true), edf].map((factory) => new Run(1, factory));
    expect(runs.map(({ scheduler }) => scheduler.name)).toEqual([
      'round-robin',
      'fixed-priority',
      'edf',
    ]);
  });

  it('place a vCPU where it may run', () => {
    expect(new Run(3, roundRobin).vcpu({ hard: [2] }).processor).toBe(2);
  });

  it('move it and say so, if that is another pCPU', () => {
    const run = new Run(2, roundRobin);
    const vcpu = run.vcpu();
    run.scheduler.migrate(vcpu, 0);
    run.scheduler.migrate(vcpu, 1);
    run.scheduler.wake(vcpu);
    expect(run.schedule(0)).toMatchObject({ next: vcpu, migrated: true, slice: 5 * MS });
    expect(run.machine.probe.migrations).toEqual([
      [0, 0, 1, 'move'],
      [0, 1, 0, 'pull'],
    ]);
    const other = run.vcpu({ on: 1 });
    run.scheduler.wake(other);
    expect(run.schedule(1)).toMatchObject({ next: other, migrated: false });
  });

  it('do not queue one that runs when it wakes', () => {
    const run = new Run(2, roundRobin);
    const vcpu = run.vcpu();
    run.scheduler.wake(vcpu);
    run.schedule(0);
    run.machine.takeTickled();
    run.scheduler.wake(vcpu);
    expect(run.machine.takeTickled()).toEqual([]);
    expect(run.schedule(1).next.id).toBe(-2);
  });

  it('take one that goes to sleep off the queue, or tickle its pCPU', () => {
    const run = new Run(1, roundRobin);
    const vcpus = [run.vcpu(), run.vcpu(), run.vcpu()];
    for (const vcpu of vcpus) run.scheduler.wake(vcpu);
    run.schedule();
    run.machine.takeTickled();
    run.scheduler.sleep(vcpus[1]);
    expect(run.machine.takeTickled()).toEqual([]);
    // It runs: those that wait stay where they are.
    run.scheduler.sleep(vcpus[0]);
    expect(run.machine.takeTickled()).toEqual([0]);
    vcpus[0].pauseFlags = 1;
    expect(run.schedule().next).toBe(vcpus[2]);
    vcpus[2].pauseFlags = 1;
    expect(run.schedule().next.id).toBe(-1);
  });
});

describe('reference schedulers: who goes on', () => {
  it('is the next one in the queue after a timeslice, without preemption before', () => {
    const run = new Run(1, roundRobin);
    const [first, second] = [run.vcpu(), run.vcpu()];
    run.scheduler.wake(first);
    expect(run.schedule().next).toBe(first);
    run.machine.takeTickled();
    run.scheduler.wake(second);
    expect(run.machine.takeTickled()).toEqual([]);
    expect(run.schedule().next).toBe(second);
    expect(run.schedule().next).toBe(first);
  });

  it('is the one that runs if it is alone, with a timeslice, however short', () => {
    const run = new Run(1, (machine) => new RoundRobinScheduler(machine, { timeslice: 0 }));
    const vcpus = [run.vcpu(), run.vcpu()];
    run.scheduler.wake(vcpus[0]);
    expect(run.schedule()).toMatchObject({ next: vcpus[0], slice: 0 });
    expect(run.schedule()).toMatchObject({ next: vcpus[0], slice: 0, migrated: false });
    run.scheduler.wake(vcpus[1]);
    expect(run.schedule().next).toBe(vcpus[1]);
  });

  it.each([
    // The waking one is more, equally, less important. With preemption, and without.
    [1, 2, 'second', 'first'],
    [1, 1, 'first', 'first'],
    [2, 1, 'first', 'first'],
  ] as const)('is by priority: runs %d, waits %d', (runs, waits, preemptive, patient) => {
    for (const [preempts, who] of [
      [true, preemptive],
      [false, patient],
    ] as const) {
      const priorities = [runs, waits];
      const run = new Run(
        1,
        (machine) => new FixedPriorityScheduler(machine, { preemptive: preempts, priorities }),
      );
      const [first, second] = [run.vcpu(), run.vcpu()];
      run.scheduler.wake(first);
      run.schedule();
      run.machine.takeTickled();
      run.scheduler.wake(second);
      expect(run.machine.takeTickled()).toEqual(who === 'second' ? [0] : []);
      expect(run.schedule().next).toBe(who === 'second' ? second : first);
    }
  });

  it.each([
    // A yield lets those go first that are as important, once.
    [1, 2, 1],
    [1, 1, 1],
    [2, 1, 0],
  ])('is by priority after a yield: runs %d, waits %d', (runs, waits, next) => {
    const priorities = [runs, waits];
    const run = new Run(
      1,
      (machine) => new FixedPriorityScheduler(machine, { preemptive: false, priorities }),
    );
    const vcpus = [run.vcpu(), run.vcpu()];
    run.scheduler.wake(vcpus[0]);
    run.schedule();
    run.scheduler.wake(vcpus[1]);
    run.scheduler.yield(vcpus[0]);
    expect(run.schedule().next).toBe(vcpus[next]);
    expect(run.schedule().next).toBe(vcpus[next]);
  });

  it('takes nobody off the queue who does not run', () => {
    const run = new Run(2, fixed(true));
    const [low, bound, high] = [run.vcpu(), run.vcpu({ on: 1, hard: [1] }), run.vcpu()];
    run.scheduler.wake(high);
    run.schedule(0);
    run.scheduler.wake(low);
    expect(run.schedule(0).next).toBe(high);
    expect(run.machine.probe.migrations).toEqual([]);
    run.scheduler.wake(bound);
    run.scheduler.sleep(low);
    high.pauseFlags = 1;
    // Nobody may run here; who waits for pCPU 1 still does.
    expect(run.schedule(0).next.id).toBe(-1);
    expect(run.schedule(1).next).toBe(bound);
  });

  it('takes nobody off the queue while a more important one goes on', () => {
    const run = new Run(1, fixed(true));
    const [low, high] = [run.vcpu(), run.vcpu()];
    run.scheduler.wake(high);
    run.schedule();
    run.scheduler.wake(low);
    expect(run.schedule().next).toBe(high);
    high.pauseFlags = 1;
    expect(run.schedule().next).toBe(low);
  });

  it('tickles the pCPU of the least important one', () => {
    const run = new Run(3, fixed(true));
    const vcpus = [run.vcpu(), run.vcpu({ on: 1 }), run.vcpu({ on: 2 }), run.vcpu({ on: 1 })];
    for (const cpu of [0, 1, 2]) {
      run.scheduler.wake(vcpus[cpu]);
      run.schedule(cpu);
    }
    run.machine.takeTickled();
    run.scheduler.wake(vcpus[3]);
    expect(run.machine.takeTickled()).toEqual([0]);
    expect(run.schedule(0)).toMatchObject({ next: vcpus[3], migrated: true, slice: -1 });
    // The one that lost its pCPU waits; nobody is less important.
    expect(run.machine.takeTickled()).toEqual([]);
  });
});

describe('reference schedulers: vCPUs of no domain', () => {
  it('have no deadline and no priority', () => {
    const edf: Factory = (machine) => new EdfScheduler(machine, { deadlines: [MS] });
    for (const factory of [edf, fixed(true)]) {
      const run = new Run(1, factory);
      run.machine.domain();
      const own = run.vcpu();
      const orphan = run.machine.vcpu(undefined);
      run.scheduler.wake(orphan);
      run.scheduler.wake(own);
      // Own domain: index 1, without deadline but of priority 1.
      expect(run.schedule().next).toBe(factory === edf ? orphan : own);
    }
  });
});
