import { describe, expect, it } from 'vitest';
import { buildScenarioMachine } from '../../../src/conformance/scheduler-scenario.ts';
import { MS, US } from '../../../src/engine/time.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import { Credit2Scheduler } from '../../../src/schedulers/credit2/credit2.ts';
import { CREDIT2_DEFAULTS } from '../../../src/schedulers/credit2/params.ts';
import { hog, pluck, run } from './run.ts';

describe('credit2: what 4.12 does differently', () => {
  it('floorsCredit', () => {
    // A hundred times lighter, it must run for 1 ms: 100 ms of credit, of which it has 10.
    const resets = (xen: '4.12' | 'master') =>
      pluck(run([hog(0, 100), hog(null, 10000)], { xen, duration: 1.5 * MS }), 'reset', 'u');
    const sleeper = [1, 10 * MS, 10.5 * MS];
    expect(resets('master')).toEqual([[1 * MS, [[0, -10 * MS, 10 * MS], sleeper]]]);
    expect(resets('4.12')).toEqual([[1 * MS, [[0, -90 * MS, 10 * MS], sleeper]]]);
  });

  it('floorsCredit: without the floor credit wraps at 32 bits', () => {
    const extreme = [hog(0, 1), hog(null, 65535)];
    const [reset] = pluck(run(extreme, { xen: '4.12', duration: 1.5 * MS }), 'reset', 'u');
    // 10,000,000 - 65,535,000,000 + 15 * 2^32; then 111 times 10,000,000 more.
    expect(reset).toEqual([1 * MS, [[0, -1_100_490_560, 9_509_440], expect.anything()]]);
  });

  it('idleCredit', () => {
    // vCPU 0 is preempted at its floor, by one that may run nowhere else. The idle pCPU 1 looks.
    const domains = [hog(0, 100), hog(1 * MS, 10000, [0])];
    const idleLooks = (xen: '4.12' | 'master') =>
      pluck(run(domains, { xen, pcpus: 2, duration: 1.2 * MS }), 'sched', 'cpu', 'next').slice(2);
    expect(idleLooks('master')).toEqual([[1 * MS, 1, -1]]);
    expect(idleLooks('4.12')).toEqual([[1 * MS, 1, 0]]);
  });

  it('resetMindsQueue: one with credit left waits', () => {
    // The rate limit keeps vCPU 0, out of credit; the other waits with all of its own.
    const resets = (xen: '4.12' | 'master') =>
      pluck(run([hog(0, 100), hog(970 * US, 2000)], { xen, duration: 1 * MS }), 'reset', 'u');
    expect(resets('master')).toEqual([]);
    const after = [
      [0, -9.4 * MS, 0.6 * MS],
      [1, 10 * MS, 10.5 * MS],
    ];
    expect(resets('4.12')).toEqual([[970 * US, after]]);
  });

  it('resetMindsQueue: one was passed over', () => {
    // Two share pCPU 1, so that pCPU 0 always passes over the one that waits.
    const domains = [hog(0, 256, [0]), hog(0, 256, [1]), hog(0, 256, [1])];
    const resetters = (xen: '4.12' | 'master') =>
      new Set(pluck(run(domains, { xen, pcpus: 2 }), 'reset', 'cpu').map(([, cpu]) => cpu));
    expect(resetters('master')).toContain(0);
    expect(resetters('4.12')).toEqual(new Set([1]));
  });

  it('searchesPastParked', () => {
    // When the first vCPU of the capped domain has used all budget, the second and an uncapped one wait.
    const capped = { ...hog(0), cap: 5, vcpus: [...hog(0).vcpus, ...hog(0).vcpus] };
    const entries = (xen: '4.12' | 'master') => run([capped, hog(0)], { xen, duration: 1.5 * MS });
    for (const xen of ['4.12', 'master'] as const) {
      expect(pluck(entries(xen), 'park', 'v')).toEqual([
        [1 * MS, 0],
        [1 * MS, 1],
      ]);
    }
    expect(pluck(entries('master'), 'sched', 'next').at(-1)).toEqual([1 * MS, 2]);
    expect(pluck(entries('4.12'), 'sched', 'next').at(-1)).toEqual([1 * MS, -1]);
  });

  it('limitsRunqueueSize', () => {
    const runqueues = (xen: '4.12' | 'master') => {
      const { scheduler } = buildScenarioMachine(
        { name: '', sched: 'credit2', xen, pcpus: 4, duration: 0, params: {}, domains: [] },
        (view) => new Credit2Scheduler(view, { ...CREDIT2_DEFAULTS, maxPcpusPerRunqueue: 2 }),
        new Probe(),
      );
      return [0, 1, 2, 3].map((cpu) => (scheduler as Credit2Scheduler).runqueue(cpu).id);
    };
    expect(runqueues('master')).toEqual([0, 0, 1, 1]);
    expect(runqueues('4.12')).toEqual([0, 0, 0, 0]);
  });

  it('sliceMindsPreempted', () => {
    // vCPU 1 has 10 ms of credit and preempts vCPU 0, which has 8.
    const slice = (xen: '4.12' | 'master') =>
      pluck(run([hog(0), hog(2 * MS)], { xen, duration: 3 * MS }), 'sched', 'next', 'slice').at(-1);
    expect(slice('master')).toEqual([2 * MS, 1, 2 * MS]);
    expect(slice('4.12')).toEqual([2 * MS, 1, 10 * MS]);
  });

  it('updatesLoadOfContinuing', () => {
    const load = (xen: '4.12' | 'master') => {
      const [[, states]] = pluck(run([hog(0)], { xen, duration: 15 * MS }), 'end', 'u');
      return (states as number[][])[0][2];
    };
    // It goes on at 10 ms = 9765 * 1024 ns: + floor(9765 / 4) - floor(9765 / 8).
    expect(load('master')).toBe(131072 + 2441 - 1220);
    expect(load('4.12')).toBe(131072);
  });

  it('skipsUnrunnable', () => {
    // The second vCPU waits for the first when their domain is paused.
    const [{ vcpus: one }] = [hog(0)];
    const both = [{ weight: 256, cap: 0, vcpus: [...one, ...one] }];
    const events = [{ at: 3.5 * MS, op: 'pause', dom: 0 } as const];
    const decisions = (xen: '4.12' | 'master') =>
      pluck(run(both, { xen, duration: 4 * MS, events }), 'sched', 'prev', 'next').filter(
        ([t]) => t === 3.5 * MS,
      );
    expect(decisions('master')).toHaveLength(1);
    const [[, first, second], ...rest] = decisions('4.12');
    expect([first, second].sort()).toEqual([0, 1]);
    expect(rest).toEqual([[3.5 * MS, second, -1]]);
  });

  it('siblingsShareRunqueue', () => {
    // Two threads of a core with a runqueue each. vCPU 1 wakes on pCPU 0, where vCPU 0 has just begun.
    const setup = {
      pcpus: 2,
      duration: 3 * MS,
      params: { runqueue: 'cpu' },
      topology: { sockets: 1, cores: 1, threads: 2 },
    };
    const tickled = (xen: '4.12' | 'master') =>
      pluck(
        run([hog(0, 256, [0]), hog(500 * US, 256, [0])], { xen, ...setup }),
        'wake',
        'tickled',
      ).at(-1);
    expect(tickled('master')).toEqual([500 * US, []]);
    expect(tickled('4.12')).toEqual([500 * US, [0]]);
  });
});
