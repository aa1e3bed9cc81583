import { describe, expect, it } from 'vitest';
import { PAUSED_BLOCKED, PAUSED_DOWN, type Vcpu } from '../../../src/hypervisor/machine/vcpu.ts';
import { NullScheduler } from '../../../src/schedulers/null/null.ts';
import { FakeMachine } from '../fake-machine.ts';

/** null on `pcpus` pCPUs, with a vCPU that is up for each of the traits. */
function setup(pcpus: number, traits: Parameters<FakeMachine['vcpu']>[1][]) {
  const machine = new FakeMachine(pcpus);
  const scheduler = new NullScheduler(machine);
  const vcpus = traits.map((each) => machine.vcpu(undefined, each));
  for (const vcpu of vcpus) scheduler.insertUnit(vcpu);
  return { machine, scheduler, vcpus };
}

/** What the scheduler would run on a pCPU. */
function choice(machine: FakeMachine, scheduler: NullScheduler, cpu: number): number {
  const decision = machine.decision();
  scheduler.schedule(cpu, machine.current(cpu), decision);
  return decision.next.id;
}

function goDown(vcpu: Vcpu): void {
  vcpu.pauseFlags |= PAUSED_DOWN;
}

describe('null: where a vCPU goes', () => {
  it('takes the first allowed pCPU to wait on, whatever it prefers', () => {
    const { vcpus, scheduler } = setup(3, [{}, { on: 1 }, { on: 2 }, { hard: [1, 2], soft: [2] }]);
    expect(vcpus.map(({ processor }) => processor)).toEqual([0, 1, 2, 1]);
    expect(scheduler.isWaiting(vcpus[3])).toBe(true);
  });

  it('changes nothing when it is moved to where it is', () => {
    const { scheduler, vcpus, machine } = setup(1, [{}, {}]);
    scheduler.migrate(vcpus[0], 0);
    expect(choice(machine, scheduler, 0)).toBe(0);
    expect(scheduler.isWaiting(vcpus[1])).toBe(true);
    expect(machine.takeTickled()).toEqual([]);
  });

  it('leaves the owner alone when one that waits there moves on, and waits once', () => {
    const { scheduler, vcpus, machine } = setup(2, [{}, { on: 1 }, {}]);
    scheduler.migrate(vcpus[2], 1);
    expect(vcpus[2].processor).toBe(1);
    expect([choice(machine, scheduler, 0), choice(machine, scheduler, 1)]).toEqual([0, 1]);
    goDown(vcpus[0]);
    scheduler.sleep(vcpus[0]);
    expect(choice(machine, scheduler, 0)).toBe(2);
    expect(scheduler.isWaiting(vcpus[2])).toBe(false);
  });

  it('takes a free pCPU that it is moved to, preferred or not', () => {
    const { scheduler, vcpus, machine } = setup(3, [{}, { on: 2, soft: [2] }]);
    scheduler.migrate(vcpus[1], 1);
    expect(scheduler.isWaiting(vcpus[1])).toBe(false);
    expect([choice(machine, scheduler, 1), choice(machine, scheduler, 2)]).toEqual([1, -3]);
    expect(machine.probe.migrations).toEqual([[1, 2, 1, 'move']]);
  });

  it('does not take the place in the queue of another one when it never waited', () => {
    const { scheduler, vcpus } = setup(3, [{ hard: [0] }, { hard: [0] }, { on: 1 }]);
    scheduler.migrate(vcpus[2], 2);
    expect(vcpus.map((vcpu) => scheduler.isWaiting(vcpu))).toEqual([false, true, false]);
  });
});

describe('null: wakes', () => {
  it('has no effect on one that runs or waits', () => {
    const { scheduler, vcpus, machine } = setup(2, [{}, { on: 1 }, {}]);
    machine.run(vcpus[0]);
    scheduler.wake(vcpus[0]);
    scheduler.wake(vcpus[2]);
    expect(machine.takeTickled()).toEqual([]);
    goDown(vcpus[1]);
    scheduler.sleep(vcpus[1]);
    expect(scheduler.isWaiting(vcpus[2])).toBe(false);
    expect(machine.takeTickled()).toEqual([1]);
  });

  it('tickles the pCPU it owns', () => {
    const { scheduler, vcpus, machine } = setup(2, [{ on: 1 }]);
    scheduler.wake(vcpus[0]);
    expect(machine.takeTickled()).toEqual([1]);
  });

  it.each([
    ['its own pCPU if it is free and preferred', { on: 1, soft: [1, 2] }, 1, [1]],
    ['its own pCPU if it prefers none', { on: 1 }, 1, [1]],
    ['any free pCPU if its own one is not preferred', { on: 1, soft: [2] }, undefined, [0, 1, 2]],
    ['an allowed free one if its own is not allowed', { on: 1, hard: [0, 2] }, undefined, [0, 2]],
  ])('that bring it up give it %s', (_, traits, processor, tickled) => {
    const { scheduler, vcpus, machine } = setup(3, [{ ...traits, pauseFlags: PAUSED_DOWN }]);
    vcpus[0].pauseFlags = 0;
    scheduler.wake(vcpus[0]);
    expect(scheduler.isWaiting(vcpus[0])).toBe(processor === undefined);
    expect(machine.takeTickled()).toEqual(tickled);
    if (processor !== undefined) expect(choice(machine, scheduler, processor)).toBe(0);
  });
});

describe('null: going to sleep', () => {
  it('gives the pCPU to the first that waits, when it goes down', () => {
    const { scheduler, vcpus, machine } = setup(1, [{}, {}, {}]);
    machine.run(vcpus[0]);
    goDown(vcpus[0]);
    scheduler.sleep(vcpus[0]);
    // Once: the new owner's tickle is also the one that ends its run.
    expect(machine.takeTickled()).toEqual([0]);
    expect(choice(machine, scheduler, 0)).toBe(1);
    expect(vcpus.map((vcpu) => scheduler.isWaiting(vcpu))).toEqual([false, false, true]);
  });

  it('leaves the pCPU free if nobody waits for it, and ends its own run there', () => {
    const { scheduler, vcpus, machine } = setup(2, [{}, { hard: [1] }, { hard: [1] }]);
    machine.run(vcpus[0]);
    goDown(vcpus[0]);
    scheduler.sleep(vcpus[0]);
    expect(machine.takeTickled()).toEqual([0]);
    expect(choice(machine, scheduler, 0)).toBe(-1);
    expect(scheduler.isWaiting(vcpus[2])).toBe(true);
  });

  it('leaves the queue when one that waits goes down', () => {
    const { scheduler, vcpus, machine } = setup(1, [{}, {}, {}]);
    goDown(vcpus[1]);
    scheduler.sleep(vcpus[1]);
    expect(vcpus.map((vcpu) => scheduler.isWaiting(vcpu))).toEqual([false, false, true]);
    expect(choice(machine, scheduler, 0)).toBe(0);
    expect(machine.takeTickled()).toEqual([]);
  });

  it('changes nothing for one that is down already', () => {
    const { scheduler, vcpus, machine } = setup(1, [{}, { pauseFlags: PAUSED_DOWN }, {}]);
    scheduler.sleep(vcpus[1]);
    expect(choice(machine, scheduler, 0)).toBe(0);
    expect(scheduler.isWaiting(vcpus[2])).toBe(true);
    expect(machine.takeTickled()).toEqual([]);
  });

  it('keeps its pCPU while it is only paused, and tickles it only if it runs', () => {
    const { scheduler, vcpus, machine } = setup(1, [{ pauseFlags: PAUSED_BLOCKED }, {}]);
    scheduler.sleep(vcpus[0]);
    expect(machine.takeTickled()).toEqual([]);
    machine.run(vcpus[0]);
    scheduler.sleep(vcpus[0]);
    expect(machine.takeTickled()).toEqual([0]);
    expect(scheduler.isWaiting(vcpus[1])).toBe(true);
    expect(choice(machine, scheduler, 0)).toBe(-1);
  });
});
