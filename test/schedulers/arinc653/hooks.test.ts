import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import { Arinc653Scheduler } from '../../../src/schedulers/arinc653/arinc653.ts';
import { isValidTable } from '../../../src/schedulers/arinc653/params.ts';
import { FakeMachine } from '../fake-machine.ts';

/** A control domain's vCPU on pCPU 1 of two, awake. */
function setup() {
  const machine = new FakeMachine(2);
  const scheduler = new Arinc653Scheduler(machine);
  const domain = machine.domain(256, 0, true);
  scheduler.insertDomain(domain);
  const vcpu = machine.vcpu(domain, { on: 1 });
  scheduler.insertUnit(vcpu);
  scheduler.wake(vcpu);
  return { machine, scheduler, vcpu };
}

describe('arinc653: hooks', () => {
  it('ends the run of a vCPU that goes to sleep', () => {
    const { machine, scheduler, vcpu } = setup();
    machine.run(vcpu);
    machine.takeTickled();
    scheduler.sleep(vcpu);
    expect(scheduler.isAwake(vcpu)).toBe(false);
    expect(machine.takeTickled()).toEqual([1]);
    const decision = machine.decision();
    scheduler.schedule(1, vcpu, decision);
    expect(decision.next.id).toBe(-2);
  });

  it('tickles nobody when a vCPU goes to sleep that does not run', () => {
    const { machine, scheduler, vcpu } = setup();
    machine.takeTickled();
    scheduler.sleep(vcpu);
    expect(scheduler.isAwake(vcpu)).toBe(false);
    expect(machine.takeTickled()).toEqual([]);
  });

  it('leaves a vCPU on its pCPU', () => {
    const { scheduler, vcpu } = setup();
    expect(scheduler.pickResource(vcpu)).toBe(1);
  });

  it('gives vCPUs of no domain no slot', () => {
    const { machine, scheduler } = setup();
    const orphan = machine.vcpu(undefined);
    scheduler.insertUnit(orphan);
    expect(scheduler.slotCount(orphan)).toBe(0);
  });

  it('leaves a slot of a domain that does not exist idle', () => {
    const machine = new FakeMachine(1);
    const scheduler = new Arinc653Scheduler(machine);
    const slots = [{ domain: 0, vcpu: 0, runtime: MS }];
    expect(scheduler.adjustGlobal({ majorFrame: MS, slots })).toBe(true);
    const decision = machine.decision();
    scheduler.schedule(0, machine.current(0), decision);
    expect([decision.next.id, decision.slice]).toEqual([-1, MS]);
  });

  it('accepts slots that just fill the frame', () => {
    const slots = [{ domain: 0, vcpu: 0, runtime: 5 }];
    expect(isValidTable({ majorFrame: 5, slots })).toBe(true);
    expect(isValidTable({ majorFrame: 4, slots })).toBe(false);
  });
});
