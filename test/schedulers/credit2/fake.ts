import type { XenVersion } from '../../../src/hypervisor/cpu/softirq.ts';
import { Credit2Balance } from '../../../src/schedulers/credit2/balance.ts';
import { Credit2Caps } from '../../../src/schedulers/credit2/caps.ts';
import { Credit2Choose } from '../../../src/schedulers/credit2/choose.ts';
import { CREDIT2_DEFAULTS, type Credit2Params } from '../../../src/schedulers/credit2/params.ts';
import type { Credit2Domain, Credit2Unit } from '../../../src/schedulers/credit2/runqueue.ts';
import { Credit2State } from '../../../src/schedulers/credit2/state.ts';
import { Credit2Tickle } from '../../../src/schedulers/credit2/tickle.ts';
import { FakeMachine } from '../fake-machine.ts';

/** The parts of credit2 on a machine on which nothing happens by itself. */
export class Credit2Parts {
  readonly machine: FakeMachine;
  readonly state: Credit2State;
  readonly tickle: Credit2Tickle;
  readonly balance: Credit2Balance;
  readonly caps: Credit2Caps;
  readonly choose: Credit2Choose;

  constructor(pcpus: number, params: Partial<Credit2Params> = {}, xen: XenVersion = 'master') {
    this.machine = new FakeMachine(pcpus, xen);
    this.state = new Credit2State(this.machine, { ...CREDIT2_DEFAULTS, ...params });
    this.tickle = new Credit2Tickle(this.state);
    this.balance = new Credit2Balance(this.state, this.tickle);
    this.caps = new Credit2Caps(this.state, this.tickle);
    this.choose = new Credit2Choose(this.state, this.caps);
  }

  /** A domain's account without a cap. */
  account(): Credit2Domain {
    return {
      weight: 256,
      units: [],
      totalBudget: 0,
      budget: 0,
      nextReplenishment: 0,
      parked: [],
    };
  }

  /** A runnable unit that does nothing yet, on the runqueue of its processor. */
  unit(traits: Parameters<FakeMachine['vcpu']>[1] = {}, account = this.account()): Credit2Unit {
    const unit = this.state.addUnit(this.machine.vcpu(undefined, traits), account);
    unit.runqueue.assign(unit);
    return unit;
  }

  /** A unit that has run on its processor for `time` ns, charged up to now. */
  running(time: number, traits: Parameters<FakeMachine['vcpu']>[1] = {}): Credit2Unit {
    const unit = this.unit(traits);
    this.machine.run(unit.vcpu);
    unit.vcpu.stateEntryTime = this.machine.now - time;
    unit.startTime = this.machine.now;
    unit.scheduled = true;
    unit.runqueue.idle.remove(unit.vcpu.processor);
    return unit;
  }
}
