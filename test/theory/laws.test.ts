import { describe, expect, it } from 'vitest';
import { sampler } from '../../src/engine/distribution.ts';
import { randomStream } from '../../src/engine/random-stream.ts';
import { buildMachine } from '../../src/experiment/build/build.ts';
import { RUNNING, type Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import { Probe } from '../../src/hypervisor/probe.ts';
import { standardError } from '../../src/stats/interval.ts';
import { pairedDifference } from '../../src/stats/paired.ts';
import { fromFile, fromText, runCell, samplesOf, values } from './study.ts';

const JOBS = `{name: server, arrivals: {exponential: 20us}, service: {exponential: 15us}, jobs: 3000}`;

describe('15: laws that hold at any time', () => {
  it('Little: the time that vCPUs are runnable or running is the sum of the sojourns, to the ns', () => {
    const experiment = fromText(`
question: q
replications: 3
duration: 1s
machine: {costs: zero, timers: exact, pcpus: 2, scheduler: {name: round-robin, timeslice: 1us}}
domains: {jobs: {vcpus: [{count: 256, guest: ${JOBS.replace('20us', '9us')}}]}}
measure: {samples: true, latencies: [sojourn]}
`);
    for (const result of runCell(experiment, '')) {
      const sojourns = samplesOf(result, 'sojourn').latency;
      expect(sojourns).toHaveLength(3000);
      const { runnable_ns, guest_ns } = result.counters;
      expect(runnable_ns).toBeGreaterThan(guest_ns / 4);
      expect(runnable_ns + guest_ns).toBe(sojourns.reduce((sum, sojourn) => sum + sojourn, 0));
    }
  });

  it('utilisation: the time in the guest is the sum of the service times, to the ns', () => {
    const { seed, cells } = fromText(`
question: q
replications: 1
duration: 1s
machine: {costs: zero, timers: exact, pcpus: 2, scheduler: {name: credit2}}
domains: {jobs: {vcpus: [{count: 3, guest: ${JOBS}}]}}
`);
    const { machine } = buildMachine(cells[0].setup, seed, 0, new Probe());
    machine.run(1e9);
    const service = sampler(
      { kind: 'exponential', mean: 15_000 },
      randomStream(seed, 0, 'jobs/0/services'),
    );
    let demand = 0;
    for (let n = 0; n < 3000; n++) demand += service();
    const used = machine.vcpus.reduce((sum, vcpu) => sum + machine.core.timeIn(vcpu, RUNNING), 0);
    expect(used).toBe(demand);
  });

  it('work conservation: a pCPU is busy at the same times whatever the scheduler', () => {
    const experiment = fromText(`
question: q
replications: 1
duration: 100ms
machine: {costs: zero, timers: exact, scheduler: credit}
domains:
  one: {vcpus: [{count: 20, guest: ${JOBS.replace('20us', '40us')}}]}
  two: {weight: 512, vcpus: [{guest: {name: server, arrivals: {uniform: [10us, 90us]}, service: 10us, jobs: 1500}}]}
factors:
  scheduler:
    levels:
      credit: {machine.scheduler: credit}
      credit2: {machine.scheduler: credit2}
      round-robin: {machine.scheduler: {name: round-robin, timeslice: 3us}}
      preemptive: {machine.scheduler: {name: fixed-priority, priorities: {two: 1}}}
      not-preemptive: {machine.scheduler: {name: fixed-priority, preemptive: false, priorities: {one: 1}}}
      edf: {machine.scheduler: {name: edf, deadlines: {one: 50us}}}
`);
    const [credit, ...others] = experiment.cells.map(({ setup }) => {
      const changes: number[] = [];
      const idleTimes = new (class extends Probe {
        override scheduled(_pcpu: number, prev: Vcpu, { next }: { next: Vcpu }): void {
          if (next.isIdle !== prev.isIdle) changes.push(machine.now);
        }
      })();
      const { machine } = buildMachine(setup, experiment.seed, 0, idleTimes);
      machine.run(setup.duration);
      return changes.join();
    });
    expect(credit.split(',').length).toBeGreaterThan(1000);
    for (const other of others) expect(other === credit).toBe(true);
  });

  it.each(['credit', 'credit2'])('weights: %s shares a pCPU by them', (scheduler) => {
    const { seed, cells } = fromText(`
question: q
replications: 1
duration: 60s
machine: {costs: zero, timers: exact, scheduler: ${scheduler}}
domains:
  a: {weight: 256, vcpus: [{guest: hog}]}
  b: {weight: 512, vcpus: [{guest: hog}]}
  c: {weight: 1024, vcpus: [{guest: hog}]}
`);
    const { machine } = buildMachine(cells[0].setup, seed, 0, new Probe());
    machine.run(60e9);
    machine.vcpus.forEach((vcpu, i) => {
      const share = machine.core.timeIn(vcpu, RUNNING) / 60e9;
      expect(Math.abs(share / (2 ** i / 7) - 1)).toBeLessThan(0.02);
    });
  });
});

describe('16: common random numbers', () => {
  it('make a difference vary far less than its two sides', () => {
    const experiment = fromFile('theory/03-check-before.yaml', [
      'replications=8',
      'duration=200ms',
    ]);
    const [with_, without] = ['before', 'during-only'].map((cell) =>
      values(runCell(experiment, cell), 'wait', 'mean'),
    );
    const paired = pairedDifference(without, with_).standardError;
    const unpaired = Math.hypot(standardError(with_), standardError(without));
    expect(paired).toBeLessThan(unpaired / 10);
  });
});
