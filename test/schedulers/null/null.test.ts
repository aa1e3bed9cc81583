import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import { Hog } from '../../../src/guests/hog.ts';
import { ZERO_COSTS } from '../../../src/hypervisor/machine/costs.ts';
import { CpuMask } from '../../../src/hypervisor/machine/cpu-mask.ts';
import { Machine } from '../../../src/hypervisor/machine/machine.ts';
import { UPSTREAM_POLICY } from '../../../src/hypervisor/ports.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import { NullScheduler } from '../../../src/schedulers/null/null.ts';
import { cpuTimes, hog, one, pick, recordsOf, switches } from '../scenario-records.ts';

describe('null', () => {
  it('gives every vCPU that comes up a free pCPU, its own or the first that looks', () => {
    const records = recordsOf({
      sched: 'null',
      pcpus: 3,
      duration: 10 * MS,
      domains: [one(hog(0)), one(hog(MS)), one(hog(2 * MS))],
    });
    expect(pick(records, 'wake', 't', 'v', 'cpu', 'waitq', 'tickled')).toEqual([
      [0, 0, 0, 0, [0]],
      [MS, 1, 0, 1, [1, 2]],
      [2 * MS, 2, 0, 1, [2]],
    ]);
    expect(pick(records, 'mig', 't', 'v', 'to', 'why')).toEqual([
      [MS, 1, 1, 'assign'],
      [2 * MS, 2, 2, 'assign'],
    ]);
    expect(cpuTimes(records)).toEqual([10 * MS, 9 * MS, 8 * MS]);
  });

  it('lets the rest wait, for ever, even while the owner of the pCPU is blocked', () => {
    const records = recordsOf({
      sched: 'null',
      duration: 10 * MS,
      domains: [
        one({
          wake: 0,
          script: [
            ['run', MS],
            ['block', MS],
          ],
        }),
        one(hog(0.5 * MS)),
      ],
    });
    expect(cpuTimes(records)).toEqual([5 * MS, 0]);
    expect(switches(records).slice(0, 3)).toEqual([
      [0, -1, 0],
      [MS, 0, -1],
      [2 * MS, -1, 0],
    ]);
    expect(records.at(-1)?.u).toEqual([0, 1]);
  });

  it('has no timeslice and lets a yield change nothing', () => {
    const records = recordsOf({
      sched: 'null',
      duration: 10 * MS,
      domains: [one({ wake: 0, script: [['run', 4 * MS], ['yield']] })],
    });
    expect(pick(records, 'sched', 't', 'prev', 'next', 'slice')).toEqual([
      [0, -1, 0, -1],
      [4 * MS, 0, 0, -1],
      [8 * MS, 0, 0, -1],
    ]);
  });

  it('puts a vCPU where its hard affinity and, if possible, its soft affinity want it', () => {
    const records = recordsOf({
      sched: 'null',
      pcpus: 4,
      duration: MS,
      domains: [one(hog(0, { hard: [2, 3] })), one(hog(0, { soft: [2, 3] }))],
    });
    expect(records[0].cpu).toEqual([2, 2]);
    // The second would prefer pCPU 3; the first free pCPU that looks takes it all the same.
    expect(pick(records, 'mig', 'v', 'to')).toEqual([[1, 0]]);
  });

  it('gives a pCPU that becomes free to the first that prefers it', () => {
    const machine = new Machine({
      xen: 'master',
      pcpus: 2,
      scheduler: (view) => new NullScheduler(view),
      costs: ZERO_COSTS,
      timers: 'exact',
      policy: UPSTREAM_POLICY,
      probe: new Probe(),
      domains: [0, 1, 2, 3].map((i) => ({
        name: `d${i}`,
        weight: 256,
        cap: 0,
        vcpus: [{ guest: new Hog(), start: i * MS, ...(i === 3 && { softAffinity: [1] }) }],
      })),
    });
    machine.run(10 * MS);
    expect([machine.current(0).id, machine.current(1).id]).toEqual([0, 1]);
    const [, moved] = machine.vcpus;
    machine.core.setAffinity(moved, CpuMask.of(2, [0]), moved.softAffinity);
    machine.run(20 * MS);
    expect([machine.current(0).id, machine.current(1).id]).toEqual([0, 3]);
    const waiting = machine.vcpus.filter((vcpu) =>
      (machine.scheduler as NullScheduler).isWaiting(vcpu),
    );
    expect(waiting.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('never shares a pCPU, and lets none that is allowed stay free while somebody waits', () => {
    const affinity = fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(affinity, { minLength: 1, maxLength: 7 }), (affinities) => {
        const duration = 5 * MS;
        const domains = affinities.map((hard) => one(hog(0, { hard })));
        const records = recordsOf({ sched: 'null', pcpus: 4, duration, domains });
        const owners = new Map<number, number>();
        for (const [cpu, next] of pick(records, 'sched', 'cpu', 'next') as [number, number][]) {
          if (next < 0) continue;
          expect(affinities[next]).toContain(cpu);
          expect(owners.get(cpu) ?? next).toBe(next);
          owners.set(cpu, next);
        }
        const [[waitq]] = pick(records, 'end', 'u') as number[][][];
        waitq.forEach((waits, v) => {
          if (waits === 1) for (const cpu of affinities[v]) expect(owners.has(cpu)).toBe(true);
        });
      }),
      { numRuns: 50 },
    );
  });
});
