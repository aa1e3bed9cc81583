import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import type { XenVersion } from '../../../src/hypervisor/cpu/softirq.ts';
import { CreditAccounting } from '../../../src/schedulers/credit/accounting.ts';
import { CreditBalancer } from '../../../src/schedulers/credit/balance.ts';
import { CREDIT_DEFAULTS } from '../../../src/schedulers/credit/params.ts';
import { CreditPcpu } from '../../../src/schedulers/credit/pcpu.ts';
import { CreditState } from '../../../src/schedulers/credit/state.ts';
import {
  type CreditDomain,
  newCreditUnit,
  PRI_IDLE,
  PRI_OVER,
  PRI_UNDER,
} from '../../../src/schedulers/credit/unit.ts';
import { CREDIT_RULES } from '../../../src/schedulers/credit/versions.ts';
import { FakeMachine } from '../fake-machine.ts';

/** The state on two pCPUs; units with a priority of their own. */
function setup(params = {}, xen: XenVersion = 'master') {
  const machine = new FakeMachine(2, xen);
  const state = new CreditState(machine, { ...CREDIT_DEFAULTS, ...params });
  const unit = (traits: Parameters<FakeMachine['vcpu']>[1] = {}, pri = PRI_UNDER) => {
    const vcpu = machine.vcpu(undefined, traits);
    state.addUnit(vcpu, undefined);
    return Object.assign(state.unit(vcpu), { pri });
  };
  return { machine, state, unit };
}

describe('credit: stealing', () => {
  /** A unit waits on pCPU 1, where another runs; pCPU 0 has nothing. */
  function waiting(params = {}) {
    const { machine, state, unit } = setup(params);
    const [running, waits] = [unit({ on: 1 }), unit({ on: 1 })];
    machine.run(running.vcpu);
    state.idlers.remove(1);
    state.pcpus[1].insert(waits);
    const steal = () => new CreditBalancer(state).steal(0, state.pcpus[0].idle, machine.decision());
    return { machine, state, waits, steal };
  }

  it('takes a unit over', () => {
    const { machine, state, waits, steal } = waiting();
    expect(steal()).toBe(waits);
    expect(waits.vcpu.processor).toBe(0);
    expect(waits.queued).toBe(false);
    expect(state.pcpus[1].runq).toEqual([]);
    expect(machine.probe.migrations).toEqual([[1, 1, 0, 'steal']]);
    expect(steal()).toBeUndefined();
  });

  it('takes nothing from a pCPU that is about to run what waits', () => {
    const { machine, state, waits, steal } = waiting();
    machine.run(machine.idle(1));
    expect(steal()).toBeUndefined();
    expect(state.pcpus[1].runq).toEqual([waits]);
  });

  it('takes no unit that is still being switched out', () => {
    const { waits, steal } = waiting();
    waits.vcpu.isRunning = true;
    expect(steal()).toBeUndefined();
    waits.vcpu.isRunning = false;
    expect(steal()).toBe(waits);
  });

  it('takes no unit whose cache is hot', () => {
    const { machine, waits, steal } = waiting({ migrationDelay: 2 * MS });
    waits.lastSchedTime = 3 * MS;
    machine.now = 5 * MS - 1;
    expect(steal()).toBeUndefined();
    machine.now = 5 * MS;
    expect(steal()).toBe(waits);
  });

  it('takes nothing that is no better, and nothing that may not come', () => {
    const { state, waits, steal, machine } = waiting();
    const better = Object.assign(newCreditUnit(machine.idle(0), undefined, PRI_UNDER));
    expect(new CreditBalancer(state).steal(0, better, machine.decision())).toBeUndefined();
    waits.vcpu.hardAffinity = machine.vcpu(undefined, { hard: [1] }).hardAffinity;
    expect(steal()).toBeUndefined();
  });
});

describe('credit: the runqueue of a pCPU', () => {
  it('holds a unit that has yielded alone, too', () => {
    const { machine, unit } = setup();
    const pcpu = new CreditPcpu(
      newCreditUnit(machine.idle(0), undefined, PRI_IDLE),
      CREDIT_RULES.master,
      0,
      0,
      0,
    );
    const yielded = Object.assign(unit(), { yielded: true });
    pcpu.insert(yielded);
    expect(pcpu.runq).toEqual([yielded]);
  });

  it('forgets a yield when the unit leaves, on master', () => {
    for (const xen of ['master', '4.12'] as const) {
      const { state, unit } = setup({}, xen);
      const [yielded, other] = [unit(), unit()];
      state.pcpus[0].insert(other);
      yielded.yielded = true;
      state.pcpus[0].insert(yielded);
      state.pcpus[0].remove(yielded);
      expect(yielded.yielded).toBe(xen === '4.12');
      expect(state.pcpus[0].runq).toEqual([other]);
    }
  });
});

describe('credit: a new unit', () => {
  it('has no credit and is nowhere', () => {
    const { unit } = setup();
    expect(unit()).toMatchObject({
      credit: 0,
      residual: 0,
      active: false,
      queued: false,
      parked: false,
      yielded: false,
      migrating: false,
    });
  });
});

describe('credit: accounting', () => {
  function accounting(...domains: { weight: number; cap?: number; credits: number[] }[]) {
    const { machine, state } = setup();
    const made = new CreditAccounting(state);
    const units = domains.map(({ weight, cap = 0, credits }) => {
      const domain: CreditDomain = { weight, cap, activeUnits: [] };
      return credits.map((credit) => {
        const vcpu = machine.vcpu(undefined);
        state.addUnit(vcpu, domain);
        const unit = Object.assign(state.unit(vcpu), { credit });
        made.add(unit, domain);
        return unit;
      });
    });
    const creditsOf = () => units.map((list) => list.map(({ credit }) => credit));
    return { made, units, creditsOf, machine };
  }

  it('hands out the credit of all pCPUs by weight, up to what one can burn', () => {
    // 600 on two pCPUs. The second is first in the list: 450, of which it takes 300; the rest goes on.
    const { made, creditsOf } = accounting(
      { weight: 256, credits: [-300] },
      { weight: 768, credits: [-300] },
    );
    made.run();
    expect(creditsOf()).toEqual([[0], [0]]);
    expect(made.creditBalance).toBe(0);
  });

  it('makes good what was burned beyond what was handed out', () => {
    // A debt of 100: 700 to hand out; each may have 300 and half the debt.
    const { made, creditsOf } = accounting(
      { weight: 256, credits: [-500] },
      { weight: 256, credits: [-500] },
    );
    made.creditBalance = -100;
    made.run();
    expect(creditsOf()).toEqual([[-150], [-150]]);
    expect(made.creditBalance).toBe(-300);
  });

  it('hands out no more for a surplus', () => {
    const { made, creditsOf } = accounting({ weight: 256, credits: [-400, -400, -400] });
    made.creditBalance = 100;
    made.run();
    expect(creditsOf()).toEqual([[-200, -200, -200]]);
  });

  it('clips what is below a timeslice, and sets the priority', () => {
    const { made, creditsOf, units } = accounting({ weight: 256, credits: [-900, -300] });
    made.run();
    expect(creditsOf()).toEqual([[-300, 0]]);
    expect(units[0].map(({ pri }) => pri)).toEqual([PRI_OVER, PRI_UNDER]);
    expect(made.creditBalance).toBe(-300);
  });

  it('takes off the list who has more than a timeslice, with half of it', () => {
    const { made, creditsOf, units } = accounting(
      { weight: 256, credits: [100, 0] },
      { weight: 100, credits: [202] },
    );
    expect(made.totalWeight).toBe(612);
    made.run();
    // 202 + ceil(600 * 100 / 612) = 301, halved and rounded down; 100 + 502 / 2 likewise.
    expect(creditsOf()).toEqual([[175, 251], [150]]);
    expect(units[1][0].active).toBe(false);
    expect(made.totalWeight).toBe(256);
    expect(units[0].map(({ active }) => active)).toEqual([false, true]);
  });

  it('leaves who has just a timeslice on the list', () => {
    const { made, creditsOf, units } = accounting({ weight: 256, credits: [0] });
    made.run();
    expect(creditsOf()).toEqual([[300]]);
    expect(units[0][0].active).toBe(true);
  });

  it('parks who is further below its cap than it may get', () => {
    // 10 % of 300 = 30 for the domain, 15 for each.
    const { made, creditsOf, units, machine } = accounting({
      weight: 256,
      cap: 10,
      credits: [-30, -31],
    });
    made.run();
    expect(creditsOf()).toEqual([[-15, -16]]);
    expect(units[0].map(({ parked }) => parked)).toEqual([false, true]);
    expect(units[0].map(({ vcpu }) => vcpu.pauseCount)).toEqual([0, 1]);
    expect(machine.probe.parkings).toEqual([[1, true]]);
    made.run();
    // -1 parks and unparks nobody.
    expect(creditsOf()).toEqual([[0, -1]]);
    made.run();
    expect(units[0].map(({ vcpu }) => vcpu.pauseCount)).toEqual([0, 0]);
    expect(machine.probe.parkings).toEqual([
      [1, true],
      [1, false],
    ]);
  });

  it('parks nobody without a cap', () => {
    const { made, units } = accounting({ weight: 256, credits: [-5000] });
    made.run();
    expect(units[0][0]).toMatchObject({ credit: -300, parked: false });
  });
});
