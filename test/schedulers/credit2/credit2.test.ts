import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS, US } from '../../../src/engine/time.ts';
import { ScriptGuest } from '../../../src/guests/script.ts';
import { Credit2Scheduler } from '../../../src/schedulers/credit2/credit2.ts';
import { smallMachine } from '../../hypervisor/small-machine.ts';
import { hog, pluck, run } from './run.ts';

describe('credit2: slices and resets', () => {
  it('lets two equal hogs take turns by credit, as computed by hand', () => {
    const entries = run([hog(0), hog(0)], { duration: 22 * MS });
    expect(pluck(entries, 'wake', 'v', 'tickled')).toEqual([
      [0, 0, [0]],
      [0, 1, []], // vCPU 0 has just begun: the rate limit protects it.
    ]);
    expect(pluck(entries, 'sched', 'prev', 'next', 'slice', 'nc')).toEqual([
      [0, -1, 0, 10 * MS, 10 * MS], // Nobody waits: as long as its credit lasts.
      [10 * MS, 0, 1, 10 * MS, 10 * MS],
      [20 * MS, 1, 1, 500 * US, 10 * MS], // Both at 0: reset; no lead, has run long enough.
      [20.5 * MS, 1, 0, 1 * MS, 10 * MS], // Leads by 0.5 ms; the rate limit makes it 1.
      [21.5 * MS, 0, 1, 1 * MS, 9.5 * MS],
    ]);
    expect(pluck(entries, 'reset', 'u')).toEqual([
      [
        20 * MS,
        [
          [0, 0, 10 * MS],
          [1, 0, 10 * MS],
        ],
      ],
    ]);
  });

  it('burns the credit of a light unit faster and clips that of a sleeper', () => {
    // Half the weight: 10 ms of credit last 5 ms.
    const entries = run([hog(0, 256), hog(null, 512)], { duration: 6 * MS });
    expect(pluck(entries, 'sched', 'slice')).toEqual([
      [0, 5 * MS],
      [5 * MS, 5 * MS],
    ]);
    expect(pluck(entries, 'reset', 'u')).toEqual([
      [
        5 * MS,
        [
          [0, 0, 10 * MS],
          [1, 10 * MS, 10.5 * MS],
        ],
      ],
    ]);
  });

  it('gives hogs CPU time in proportion to their weights', () => {
    const weights = fc.array(fc.integer({ min: 128, max: 1024 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(weights, (list) => {
        const entries = run(
          list.map((weight) => hog(0, weight)),
          { duration: 1000 * MS },
        );
        const times = entries.at(-1)?.run as number[];
        expect(times.reduce((a, b) => a + b)).toBe(1000 * MS);
        // Every reset gives all the same credit; what they have spent differs by what they hold at the end,
        // between -10 ms and 10 ms, and by the part that is burned at the next decision (at most 10 ms).
        const spent = times.map((time, i) => (time * Math.max(...list)) / list[i]);
        expect(Math.max(...spent) - Math.min(...spent)).toBeLessThanOrEqual(30 * MS);
      }),
      { numRuns: 20 },
    );
  });
});

describe('credit2: wakes', () => {
  const wakeAt = (time: number) => run([hog(0), hog(time)], { duration: 2.5 * MS });

  it('does not tickle a unit that has just begun', () => {
    expect(pluck(wakeAt(950 * US), 'wake', 'tickled').at(-1)).toEqual([950 * US, []]);
  });

  it('tickles just before the rate limit ends, which still holds', () => {
    const entries = wakeAt(970 * US);
    expect(pluck(entries, 'wake', 'tickled').at(-1)).toEqual([970 * US, [0]]);
    expect(pluck(entries, 'sched', 'next', 'slice', 'rl').slice(1)).toEqual([
      [970 * US, 0, 500 * US, 1],
      [1470 * US, 1, 1470 * US, undefined],
    ]);
  });

  it('preempts who has less credit, for as long as the lead lasts', () => {
    expect(pluck(wakeAt(2 * MS), 'sched', 'next', 'slice').at(-1)).toEqual([2 * MS, 1, 2 * MS]);
  });

  it('goes to an idle pCPU rather than preempt, with credit for the cold cache', () => {
    const entries = run([hog(0), hog(2 * MS)], { pcpus: 2, duration: 3 * MS });
    expect(pluck(entries, 'wake', 'cpu', 'tickled').at(-1)).toEqual([2 * MS, 0, [1]]);
    expect(pluck(entries, 'mig', 'v', 'from', 'to', 'why')).toEqual([[2 * MS, 1, 0, 1, 'pull']]);
    expect(pluck(entries, 'sched', 'cpu', 'nc').at(-1)).toEqual([2 * MS, 1, 10 * MS + 50 * US]);
  });

  it('wakes on its own pCPU if it may not run on the idle one', () => {
    const entries = run([hog(0), hog(2 * MS, 256, [0])], { pcpus: 2, duration: 3 * MS });
    // The preempted one then finds the idle pCPU.
    expect(pluck(entries, 'sched', 'cpu', 'next').slice(1)).toEqual([
      [2 * MS, 0, 1],
      [2 * MS, 1, 0],
    ]);
  });

  it('lets one with less credit run after a yield', () => {
    const yielder = [['run', 1 * MS], ['yield'], ['spin']] as const;
    const entries = run(
      [
        hog(0),
        { weight: 256, cap: 0, vcpus: [{ wake: 3 * MS, script: yielder.map((op) => [...op]) }] },
      ],
      { duration: 4.5 * MS },
    );
    expect(pluck(entries, 'sched', 'prev', 'next', 'slice', 'pc', 'nc').slice(1)).toEqual([
      [3 * MS, 0, 1, 3 * MS, 7 * MS, 10 * MS],
      [4 * MS, 1, 0, 1 * MS, 9 * MS, 7 * MS],
    ]);
  });
});

describe('credit2: caps', () => {
  const capped = (cap: number) => run([{ ...hog(0), cap }], { duration: 30 * MS });

  it('parks a domain that has used its budget until the next period', () => {
    const entries = capped(50);
    expect(pluck(entries, 'sched', 'next', 'slice', 'nb')).toEqual([
      [0, 0, 5 * MS, 5 * MS],
      [5 * MS, -1, -1, null],
      [10 * MS, 0, 5 * MS, 5 * MS],
      [15 * MS, -1, -1, null],
      [20 * MS, 0, 5 * MS, 5 * MS],
      [25 * MS, -1, -1, null],
    ]);
    expect(pluck(entries, 'park', 'v')).toEqual([5, 15, 25].map((t) => [t * MS, 0]));
    expect(pluck(entries, 'unpark', 'v')).toEqual([10, 20].map((t) => [t * MS, 0]));
    expect(pluck(entries, 'repl', 'dom', 'budget', 'next')).toEqual([
      [10 * MS, 0, 5 * MS, 20 * MS],
      [20 * MS, 0, 5 * MS, 30 * MS],
    ]);
  });

  it('takes an overrun from the next periods', () => {
    // 0.3 ms per period, but never less than 1 ms at a time: 0.7 ms of debt, paid in the third period.
    const entries = capped(3);
    expect(pluck(entries, 'repl', 'budget')).toEqual([
      [10 * MS, -0.4 * MS],
      [20 * MS, -0.1 * MS],
    ]);
    expect(entries.at(-1)?.run).toEqual([1 * MS]);
  });

  it('has no effect if the units cannot use as much', () => {
    expect(pluck(capped(101), 'end', 'u', 'run')).toEqual([
      [30 * MS, [[expect.any(Number), null, expect.any(Number), 0, 0]], [30 * MS]],
    ]);
  });
});

describe('credit2: while hypervisor code takes time', () => {
  it('queues a unit that gets budget while it is switched out, once it is', () => {
    // Parked at 9.9 ms on pCPU 1, which decides and switches until 10.3 ms; pCPU 0 replenishes at 10 ms.
    const vcpus = [{ guest: new ScriptGuest([['spin']]), start: 0, hardAffinity: [1] }];
    const machine = smallMachine(
      [{ name: '', weight: 256, cap: 99, vcpus }],
      { schedule: 200 * US, contextSwitch: 200 * US },
      { pcpus: 2, scheduler: (view) => new Credit2Scheduler(view) },
    );
    const unit = (machine.scheduler as Credit2Scheduler).unit(machine.vcpus[0]);
    machine.run(9.95 * MS);
    expect(unit).toMatchObject({ parked: true, scheduled: true, queued: false, delayedAdd: false });
    machine.run(10.05 * MS);
    expect(unit).toMatchObject({ parked: false, scheduled: true, queued: false, delayedAdd: true });
    machine.run(12 * MS);
    expect(unit).toMatchObject({ parked: false, scheduled: true, queued: false });
    expect(machine.current(1)).toBe(machine.vcpus[0]);
    expect(unit.runqueue.load).toBe(1);
  });
});

describe('credit2: laws', () => {
  const time = fc.integer({ min: 1, max: 4000 }).map((us) => us * US);
  const cpus = fc.uniqueArray(fc.nat(2), { minLength: 1 });
  const vcpu = fc.record({
    wake: fc.integer({ min: 0, max: 5000 }).map((us) => us * US),
    hard: cpus,
    soft: cpus,
    script: fc
      .array(fc.tuple(time, fc.option(time)), { minLength: 1, maxLength: 3 })
      .map((steps) =>
        steps.flatMap<['run', number] | ['block', number] | ['yield']>(([busy, pause]) => [
          ['run', busy],
          pause === null ? ['yield'] : ['block', pause],
        ]),
      ),
  });
  const domain = fc.record({
    weight: fc.integer({ min: 1, max: 65535 }),
    cap: fc.constantFrom(0, 0, 20, 90),
    vcpus: fc.array(vcpu, { minLength: 1, maxLength: 3 }),
  });
  const setup = fc.record({
    pcpus: fc.constant(3),
    xen: fc.constantFrom('master' as const, '4.12' as const),
    params: fc.record({ runqueue: fc.constantFrom('cpu', 'all') }),
  });

  it('runs a vCPU on one pCPU at a time, where it may run, and keeps credit in bounds', () => {
    fc.assert(
      fc.property(fc.array(domain, { minLength: 1, maxLength: 3 }), setup, (domains, how) => {
        const vcpus = domains.flatMap((d) => d.vcpus);
        const running = [-1, -1, -1];
        const pcpuTime = 100 * MS * 3;
        const entries = run(domains, how);
        for (const { cpu, prev, next, nc } of entries.filter((e) => e.ev === 'sched')) {
          expect(running[cpu as number]).toBe(prev);
          running[cpu as number] = next as number;
          if ((next as number) < 0) continue;
          expect(running.filter((v) => v === next)).toHaveLength(1);
          expect(vcpus[next as number].hard).toContain(cpu);
          if (how.xen === 'master') expect(nc).toBeGreaterThanOrEqual(-10 * MS);
        }
        const times = entries.at(-1)?.run as number[];
        expect(times.reduce((a, b) => a + b)).toBeLessThanOrEqual(pcpuTime);
      }),
      { numRuns: 100 },
    );
  });

  it('forgets no vCPU that wants to run, when hypervisor code takes time', () => {
    fc.assert(
      fc.property(fc.array(domain, { minLength: 1, maxLength: 3 }), setup, (domains, { xen }) => {
        const setups = domains.map(({ weight, cap, vcpus }) => ({
          name: '',
          weight,
          cap,
          vcpus: vcpus.map(({ wake, script, hard }) => ({
            guest: new ScriptGuest(script),
            start: wake,
            hardAffinity: hard,
          })),
        }));
        const slow = { schedule: 100 * US, contextSwitch: 150 * US, sgiDelivery: 20 * US };
        const machine = smallMachine(setups, slow, {
          xen,
          pcpus: 3,
          timers: { slop: 50 * US },
          scheduler: (view) => new Credit2Scheduler(view),
        });
        const scheduler = machine.scheduler as Credit2Scheduler;
        for (let end = 1; end <= 20; end++) {
          machine.run(end * 1.37 * MS);
          for (const vcpu of machine.vcpus) {
            const { queued, scheduled, parked } = scheduler.unit(vcpu);
            if (vcpu.isRunnable) expect(queued || scheduled).toBe(true);
            if (parked) expect(vcpu.isRunnable || queued).toBe(false);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
