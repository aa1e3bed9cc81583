import { describe, expect, it } from 'vitest';
import { buildScenarioMachine } from '../../../src/conformance/scheduler-scenario.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import { Credit2Scheduler } from '../../../src/schedulers/credit2/credit2.ts';
import { LoadAverages } from '../../../src/schedulers/credit2/load.ts';
import {
  CREDIT2_DEFAULTS,
  type RunqueueArrangement,
} from '../../../src/schedulers/credit2/params.ts';
import { Credit2Pcpus } from '../../../src/schedulers/credit2/pcpus.ts';
import { Credit2Runqueue, type Credit2Unit } from '../../../src/schedulers/credit2/runqueue.ts';
import { CREDIT2_DIFFERENCES } from '../../../src/schedulers/credit2/versions.ts';
import { FakeMachine } from '../fake-machine.ts';
import { hog } from './run.ts';

/** Units of hogs of the given weights, assigned to the only runqueue. */
function unitsOf(...weights: number[]): Credit2Unit[] {
  const domains = weights.map((weight) => hog(null, weight));
  const { scheduler, vcpus } = buildScenarioMachine(
    { name: '', sched: 'credit2', pcpus: 1, duration: 0, params: {}, domains },
    (view) => new Credit2Scheduler(view),
    new Probe(),
  );
  return vcpus.map((vcpu) => (scheduler as Credit2Scheduler).unit(vcpu));
}

describe('runqueues of credit2', () => {
  it.each<[number, number, RunqueueArrangement, boolean, number[]]>([
    [4, 16, 'socket', true, [4]],
    [4, 16, 'cpu', true, [1, 1, 1, 1]],
    [4, 16, 'core', false, [1, 1, 1, 1]],
    [20, 16, 'all', true, [10, 10]],
    [17, 16, 'node', true, [8, 8, 1]], // Two at least, so eight at most: a third one.
    [20, 16, 'socket', false, [20]],
  ])('%d pCPUs, at most %d, by %s, limited %s: %j', (pcpus, most, runqueue, limited, sizes) => {
    const params = { ...CREDIT2_DEFAULTS, runqueue, maxPcpusPerRunqueue: most };
    const rules = CREDIT2_DIFFERENCES[limited ? 'master' : '4.12'];
    const { runqueues: formed } = new Credit2Pcpus(new FakeMachine(pcpus), params, rules);
    expect(formed.map(({ pcpuCount }) => pcpuCount)).toEqual(sizes);
    const members = formed.flatMap(({ active }) => active.toArray());
    expect(members).toEqual(Array.from({ length: pcpus }, (_, cpu) => cpu));
  });

  it('queues by credit, equals in order of arrival', () => {
    const units = unitsOf(256, 256, 256, 256);
    const [a, b, c, d] = units;
    const { runqueue } = a;
    [a.credit, b.credit, c.credit, d.credit] = [5, 7, 5, 6];
    for (const unit of units) runqueue.insert(unit);
    expect(runqueue.queue).toEqual([b, d, a, c]);
    runqueue.remove(d);
    expect(runqueue.queue).toEqual([b, a, c]);
    expect(() => runqueue.remove(d)).toThrow('on the queue');
    expect(() => runqueue.insert(a)).toThrow('waits once');
    expect(() => new Credit2Runqueue(1, 1, 0).insert(d)).toThrow('on its own runqueue');
    runqueue.deassign(d);
    expect(() => runqueue.deassign(d)).toThrow('among those of its runqueue');
  });

  it('charges by weight and carries the remainder over', () => {
    const [light, heavy] = unitsOf(100, 512);
    const { runqueue } = light;
    expect(runqueue.costOf(7, heavy)).toBe(7);
    expect(runqueue.costOf(7, light)).toBe(35); // 3584 / 100
    expect(runqueue.costOf(7, light)).toBe(36); // (3584 + 84) / 100
    expect(light.residual).toBe(68);
    expect(runqueue.timeOf(35, light)).toBe(6); // 3500 / 512
  });

  it('has the largest weight of its units', () => {
    const [light, heavy] = unitsOf(100, 512);
    const { runqueue } = light;
    expect(runqueue.maxWeight).toBe(512);
    runqueue.deassign(heavy);
    expect(runqueue.maxWeight).toBe(100);
    runqueue.changeWeight(light, 80);
    expect(runqueue.maxWeight).toBe(80);
    runqueue.assign(heavy);
    expect(runqueue.maxWeight).toBe(512);
  });

  it('counts the load of a unit that comes or goes at once', () => {
    const [unit] = unitsOf(256);
    const { runqueue } = unit;
    expect(runqueue.avgload).toBe(131072); // A new unit is half a load.
    unit.avgload = 200000;
    runqueue.deassign(unit);
    expect(runqueue.avgload).toBe(0);
    runqueue.assign(unit);
    expect(runqueue.avgload).toBe(200000);
  });
});

describe('load averages of credit2', () => {
  const WINDOW = 2 ** 30;
  const averages = new LoadAverages(30, 18);
  const oneRunning = () => Object.assign(new Credit2Runqueue(0, 1, 0), { load: 1 });

  it('reaches a load of 1 after one window, in one step or less in two', () => {
    const once = oneRunning();
    averages.updateRunqueue(once, WINDOW, 0);
    expect(once.avgload).toBe(262144);
    const twice = oneRunning();
    averages.updateRunqueue(twice, WINDOW / 2, 0);
    expect(twice.avgload).toBe(131072);
    averages.updateRunqueue(twice, WINDOW, 0);
    expect(twice.avgload).toBe(131072 + 131072 - 65536);
  });

  it('counts the load before a change, and forgets all older than the window', () => {
    const runqueue = oneRunning();
    averages.updateRunqueue(runqueue, WINDOW, 1);
    expect([runqueue.avgload, runqueue.load]).toEqual([262144, 2]);
    averages.updateRunqueue(runqueue, 2 * WINDOW + 1024, -1);
    expect([runqueue.avgload, runqueue.load]).toEqual([2 * 262144, 1]);
  });
});
