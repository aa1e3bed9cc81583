import type { Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import type { Decision, Scheduler } from '../../src/hypervisor/ports.ts';
import type { FakeMachine } from './fake-machine.ts';

/** A scheduler on a machine on which nothing happens by itself: its hooks are called one by one. */
export class FakeRun<S extends Scheduler> {
  readonly machine: FakeMachine;
  readonly scheduler: S;

  constructor(machine: FakeMachine, scheduler: S) {
    this.machine = machine;
    this.scheduler = scheduler;
  }

  /** A vCPU of a domain of its own. */
  vcpu(traits: Parameters<FakeMachine['vcpu']>[1] = {}): Vcpu {
    const domain = this.machine.domain();
    this.scheduler.insertDomain(domain);
    const vcpu = this.machine.vcpu(domain, traits);
    this.scheduler.insertUnit(vcpu);
    return vcpu;
  }

  /** schedule() on `cpu`; what it chooses runs from now on, the context of the last is not saved. */
  schedule(cpu = 0): Decision {
    const decision = this.machine.decision();
    this.scheduler.schedule(cpu, this.machine.current(cpu), decision);
    this.machine.run(decision.next);
    return decision;
  }
}
