import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS, SECOND, US } from '../../../src/engine/time.ts';
import { CpuMask } from '../../../src/hypervisor/machine/cpu-mask.ts';
import { Vcpu } from '../../../src/hypervisor/machine/vcpu.ts';
import { burnCredit, newCreditUnit, PRI_UNDER } from '../../../src/schedulers/credit/unit.ts';
import { cpuTimes, hog, one, pick, recordsOf, switches } from '../scenario-records.ts';

describe('credit: burning', () => {
  it('charges whole credits of 100 us and keeps the rest in residual and start time', () => {
    const vcpu = new Vcpu(0, 0, CpuMask.all(1), undefined, undefined);
    const unit = newCreditUnit(vcpu, undefined, PRI_UNDER);
    burnCredit(unit, 250 * US);
    expect(unit).toMatchObject({ credit: -2, residual: 500_000, startTime: 200 * US });
    burnCredit(unit, 300 * US);
    expect(unit).toMatchObject({ credit: -3, residual: 500_000, startTime: 300 * US });
    burnCredit(unit, 290 * US);
    expect(unit).toMatchObject({ credit: -3, startTime: 300 * US });
  });

  it('charges all time in the long run', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400_000 }), { maxLength: 200 }), (steps) => {
        const vcpu = new Vcpu(0, 0, CpuMask.all(1), undefined, undefined);
        const unit = newCreditUnit(vcpu, undefined, PRI_UNDER);
        let now = 0;
        for (const step of steps) {
          now += step;
          burnCredit(unit, now);
        }
        expect(Math.abs(-unit.credit * 100 * US - now)).toBeLessThan(100 * US);
      }),
    );
  });
});

describe('credit: accounting', () => {
  it('gives two hogs of weights 256 and 512 a third and two thirds', () => {
    const records = recordsOf({
      sched: 'credit',
      duration: 30 * SECOND,
      domains: [one(hog(0)), one(hog(0), { weight: 512 })],
    });
    const [light, heavy] = cpuTimes(records);
    expect(light + heavy).toBe(30 * SECOND);
    expect(heavy / light).toBeCloseTo(2, 1);
    // At 30 ms only the first is active: -200 + 300. It burns 100 more. At 60 ms the shares are 100 and 200.
    expect(pick(records, 'acct', 'wt', 'u').slice(0, 2)).toEqual([
      [
        256,
        [
          [100, -1, 1],
          [0, -1, 0],
        ],
      ],
      [
        768,
        [
          [100, -1, 1],
          [0, -1, 1],
        ],
      ],
    ]);
  });

  it('parks and unparks a hog with a cap of 50 % as computed by hand', () => {
    // -200 at 30 ms, +150; -350 at 60 ms, +150 = -200 < -150: parked, and the last 10 ms are charged; +150; +150.
    const records = recordsOf({
      sched: 'credit',
      duration: 125 * MS,
      domains: [one(hog(0), { cap: 50 })],
    });
    expect(pick(records, 'acct', 't', 'u')).toEqual([
      [30 * MS, [[-50, -2, 1]]],
      [60 * MS, [[-200, -2, 3]]],
      [90 * MS, [[-150, -2, 3]]],
      [120 * MS, [[0, -1, 1]]],
    ]);
    expect(pick(records, 'park', 't', 'v')).toEqual([[60 * MS, 0]]);
    expect(pick(records, 'unpark', 't', 'v')).toEqual([[120 * MS, 0]]);
  });

  it('holds a cap in the long run', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 90 }), (cap) => {
        const duration = 20 * SECOND;
        const records = recordsOf({ sched: 'credit', duration, domains: [one(hog(0), { cap })] });
        expect(cpuTimes(records)[0] / duration).toBeCloseTo(cap / 100, 1);
      }),
      { numRuns: 8 },
    );
  });
});

describe('credit: wakes', () => {
  it('boosts a vCPU that wakes with credit left, but not its first wake', () => {
    const records = recordsOf({
      sched: 'credit',
      duration: 45 * MS,
      domains: [
        one({
          wake: 0,
          script: [
            ['run', MS],
            ['block', 4 * MS],
          ],
        }),
        one(hog(2 * MS)),
      ],
    });
    expect(pick(records, 'wake', 't', 'v', 'pri').slice(0, 3)).toEqual([
      [0, 0, -1],
      [2 * MS, 1, -1],
      [5 * MS, 0, 0],
    ]);
    expect(switches(records).slice(1, 5)).toEqual([
      [MS, 0, -1],
      [2 * MS, -1, 1],
      [5 * MS, 1, 0],
      [6 * MS, 0, 1],
    ]);
  });

  it('leaves what runs alone until the rate limit is over', () => {
    const records = recordsOf({
      sched: 'credit',
      duration: 10 * MS,
      domains: [
        one({
          wake: 0,
          script: [
            ['run', MS],
            ['block', 4 * MS],
          ],
        }),
        one(hog(4.5 * MS)),
      ],
    });
    const limited = records.filter((record) => record.rl === 1);
    expect(limited.map(({ t, next, slice }) => [t, next, slice])).toEqual([[5 * MS, 1, 0.5 * MS]]);
    expect(switches(records).slice(3, 4)).toEqual([[5.5 * MS, 1, 0]]);
  });
});

describe('credit: several pCPUs', () => {
  it('lets no pCPU idle while a vCPU waits (4.12; on master a pCPU that has just looked does)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 9 }),
        (pcpus, weights) => {
          const duration = 300 * MS;
          const domains = weights.map((weight) => one(hog(0), { weight }));
          const times = cpuTimes(
            recordsOf({ xen: '4.12', sched: 'credit', pcpus, duration, domains }),
          );
          const busy = times.reduce((sum, time) => sum + time, 0);
          expect(busy).toBe(Math.min(pcpus, weights.length) * duration);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('keeps every vCPU within its hard affinity', () => {
    const affinity = fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(affinity, { minLength: 1, maxLength: 8 }), (affinities) => {
        const script = [['run', 1.3 * MS] as ['run', number], ['block', MS] as ['block', number]];
        const records = recordsOf({
          sched: 'credit',
          pcpus: 4,
          duration: 100 * MS,
          domains: affinities.map((hard, i) =>
            one(i % 2 === 0 ? hog(i * 100 * US, { hard }) : { wake: 0, hard, script }),
          ),
        });
        for (const [cpu, next] of pick(records, 'sched', 'cpu', 'next') as [number, number][]) {
          if (next >= 0) expect(affinities[next]).toContain(cpu);
        }
      }),
      { numRuns: 25 },
    );
  });
});
