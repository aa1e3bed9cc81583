import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import { buildMachine } from '../../../src/experiment/build/build.ts';
import { ACCT, STIMER, TICK } from '../../../src/hypervisor/machine/event-kinds.ts';
import type { Machine } from '../../../src/hypervisor/machine/machine.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import { CreditScheduler } from '../../../src/schedulers/credit/credit.ts';
import { Credit2Scheduler } from '../../../src/schedulers/credit2/credit2.ts';
import { accept } from '../fixtures.ts';

/** Notes when timers of the scheduler are due. */
class Timers extends Probe {
  readonly seen: [kind: number, index: number][] = [];
  /** When slice timers fired [ns]. */
  readonly slices: number[] = [];
  machine: Machine | undefined;

  override attached(machine: Machine): void {
    this.machine = machine;
  }
  override timerHandled(kind: number, index: number): void {
    this.seen.push([kind, index]);
  }
  override timerFired(_pcpu: number, kind: number): void {
    if (kind === STIMER) this.slices.push(this.machine?.now ?? 0);
  }
}

function build(scheduler: string, vcpu = '') {
  const text = `question: where it begins
replications: 1
duration: 1s
machine: { pcpus: 2, costs: zcu102-a53, scheduler: ${scheduler} }
domains: { a: { vcpus: [{ guest: hog${vcpu} }] } }
`;
  const { setup } = accept(text).cells[0];
  const probe = new Timers();
  return { probe, slices: probe.slices, ...buildMachine(setup, 1, 0, probe) };
}

describe('where a run begins', () => {
  it('credit: ticks and accounting come first when the file says', () => {
    const { machine, probe } = build(
      '{ name: credit, first_tick: [3ms, 4ms], first_accounting: 5ms }',
    );
    const byTime = [2, 3.5, 4.5, 6, 13.5, 14.5].map((ms) => {
      machine.run(ms * MS);
      return probe.seen.length;
    });
    expect(byTime).toEqual([0, 1, 2, 3, 4, 5]);
    expect(probe.seen.slice(0, 3)).toEqual([
      [TICK, 0],
      [TICK, 1],
      [ACCT, 0],
    ]);
  });

  it.each(['credit', 'credit2'])('%s: the slice timer comes first when the file says', (name) => {
    const { machine, slices } = build(`{ name: ${name}, ratelimit: 0, first_slice: [3ms, 4ms] }`);
    machine.run(50 * MS);
    // The hog runs on pCPU 0 and is woken at 0; TIMER handles what is due a little later.
    const [first, second] = slices;
    expect(first).toBeGreaterThanOrEqual(3 * MS);
    expect(first).toBeLessThan(3.1 * MS);
    // From then on it is as the scheduler has it: 30 ms of credit; with credit2 what is left of 10 ms of credit.
    const slice = name === 'credit' ? 30 * MS : 7 * MS;
    expect(Math.abs(second - first - slice)).toBeLessThan(0.1 * MS);
  });

  it('credit: of a credit that is not whole the rest is charged already', () => {
    const { machine } = build('{ name: credit, first_tick: [100ms] }', ', credit: -2.4');
    const { scheduler } = machine;
    if (!(scheduler instanceof CreditScheduler)) throw new Error('credit');
    const unit = scheduler.unit(machine.vcpus[0]);
    expect([unit.credit, unit.startTime]).toEqual([-3, 60_000]);
  });

  it('credit2: who begins with less credit is reset earlier', () => {
    const { machine } = build('credit2', ', credit: 1000000');
    const { scheduler } = machine;
    if (!(scheduler instanceof Credit2Scheduler)) throw new Error('credit2');
    expect(scheduler.unit(machine.vcpus[0]).credit).toBe(MS);
  });
});
