import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import { buildMachine } from '../../../src/experiment/build/build.ts';
import { ACCT, TICK } from '../../../src/hypervisor/machine/event-kinds.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import { Credit2Scheduler } from '../../../src/schedulers/credit2/credit2.ts';
import { accept } from '../fixtures.ts';

/** Notes when timers of the scheduler are due. */
class Timers extends Probe {
  readonly seen: [kind: number, index: number][] = [];
  override timerHandled(kind: number, index: number): void {
    this.seen.push([kind, index]);
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
  return { probe, ...buildMachine(setup, 1, 0, probe) };
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

  it('credit2: who begins with less credit is reset earlier', () => {
    const { machine } = build('credit2', ', credit: 1000000');
    const { scheduler } = machine;
    if (!(scheduler instanceof Credit2Scheduler)) throw new Error('credit2');
    expect(scheduler.unit(machine.vcpus[0]).credit).toBe(MS);
  });
});
