import fc from 'fast-check';
import { expect } from 'vitest';
import { MS, US } from '../../src/engine/time.ts';
import { hog, pick, recordsOf } from '../schedulers/scenario-records.ts';
import { decisions, type ModelEvent } from './credit2.ts';
import { type Grouping, groups } from './grouping.ts';
import { type NullEvent, type NullVcpu, placements } from './null.ts';

/** Compares `runs` random scenarios of credit2 on one pCPU with the model, decision by decision. */
export function compareCredit2(runs: number): void {
  const times = fc.oneof(
    fc.integer({ min: 0, max: 60 * MS }),
    fc.integer({ min: 0, max: 6 }).map((n) => 10 * n * MS),
  );
  const domain = fc.record({
    weight: fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.constantFrom(128, 256, 512)),
    cap: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 120 })),
    wakes: fc.array(fc.integer({ min: 0, max: 8 * MS }), { minLength: 1, maxLength: 2 }),
  });
  const eventOf = (doms: number, vcpus: number): fc.Arbitrary<ModelEvent> =>
    fc.oneof(
      fc.record({
        at: times,
        op: fc.constant('weight' as const),
        dom: fc.nat(doms - 1),
        value: fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.constantFrom(64, 256, 1024)),
      }),
      fc.record({
        at: times,
        op: fc.constant('cap' as const),
        dom: fc.nat(doms - 1),
        value: fc.constantFrom(0, 5, 20, 50, 99, 150, 250),
      }),
      fc.record({
        at: times,
        op: fc.constant('global' as const),
        ratelimit_us: fc.constantFrom(0, 100, 1000, 5000),
      }),
      fc.record({
        at: times.map((at) => at + 9 * MS),
        op: fc.constant('blip' as const),
        v: fc.nat(vcpus - 1),
      }),
    );
  const scenario = fc.array(domain, { minLength: 1, maxLength: 4 }).chain((domains) => {
    const vcpus = domains.reduce((sum, { wakes }) => sum + wakes.length, 0);
    return fc.record({
      domains: fc.constant(domains),
      events: fc
        .array(eventOf(domains.length, vcpus), { maxLength: 8 })
        .map((some) => some.sort((a, b) => a.at - b.at)),
      ratelimit: fc.constantFrom(0, 500, 1000, 3000),
    });
  });
  let compared = 0;
  fc.assert(
    fc.property(scenario, ({ domains, events, ratelimit }) => {
      const duration = 90 * MS;
      const records = recordsOf({
        sched: 'credit2',
        duration,
        params: { ratelimit_us: ratelimit },
        domains: domains.map(({ weight, cap, wakes }) => ({
          weight,
          cap,
          vcpus: wakes.map((wake) => hog(wake)),
        })),
        events,
      });
      const made = pick(records, 'sched', 't', 'prev', 'next', 'slice', 'nc');
      compared += made.length;
      expect(made).toEqual(decisions(domains, events, ratelimit, duration));
    }),
    { numRuns: runs },
  );
  expect(compared).toBeGreaterThan(10 * runs);
}

/** Compares `runs` random topologies, whose pCPUs leave and come back, with the model. */
export function compareGrouping(runs: number): void {
  const few = (max: number) => fc.integer({ min: 1, max });
  const shape = fc.record({ sockets: few(3), cores: few(4), threads: few(2), split: fc.boolean() });
  const scenario = shape.chain((of) => {
    const count = of.sockets * of.cores * of.threads;
    return fc.record({
      of: fc.constant(of),
      nodes: fc.array(fc.nat(2), { minLength: count, maxLength: count }),
      xen: fc.constantFrom('master' as const, '4.12' as const),
      runqueue: fc.constantFrom(
        ...(['cpu', 'core', 'socket', 'node', 'all'] as const satisfies Grouping['runqueue'][]),
      ),
      most: fc.integer({ min: 1, max: 20 }),
      changes: fc.array(fc.integer({ min: 0, max: count - 1 }), { maxLength: 6 }),
    });
  });
  fc.assert(
    fc.property(scenario, ({ of, nodes: drawn, xen, runqueue, most, changes }) => {
      // Nodes are numbered as they come, without a gap.
      const known = [...new Set(drawn)];
      const nodes = drawn.map((node) => known.indexOf(node));
      const moves = changes.filter((cpu) => cpu > 0);
      const out = new Set<number>();
      const events = moves.map((cpu, k) => {
        const leaves = !out.delete(cpu);
        if (leaves) out.add(cpu);
        return {
          at: (k + 1) * 100 * US,
          op: leaves ? ('cpuout' as const) : ('cpuin' as const),
          cpu,
        };
      });
      const { split, ...sizes } = of;
      const records = recordsOf({
        sched: 'credit2',
        xen,
        pcpus: nodes.length,
        duration: MS,
        params: { runqueue, max_cpus_runqueue: most },
        topology: {
          ...sizes,
          ...(split && { layout: 'split' as const }),
          nodes: known.map((_, node) => nodes.flatMap((own, cpu) => (own === node ? [cpu] : []))),
        },
        // Somebody who never wakes.
        domains: [{ weight: 256, cap: 0, vcpus: [{ wake: null, script: [['spin']] }] }],
        events,
      });
      const seen = records.filter(({ ev }) => ev === 'init' || ev === 'did').map(({ rq }) => rq);
      expect(seen).toEqual(groups({ ...of, xen, nodes, runqueue, most }, moves));
    }),
    { numRuns: runs },
  );
}

/** Compares `runs` random scenarios of null, with affinities and a pool that changes, with the model. */
export function compareNull(runs: number): void {
  const scenario = fc
    .record({
      pcpus: fc.integer({ min: 1, max: 4 }),
      sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
    })
    .chain(({ pcpus, sizes }) => {
      const dom = fc.nat(sizes.length - 1);
      const v = fc.nat(sizes.reduce((sum, size) => sum + size, 0) - 1);
      const cpus = fc.uniqueArray(fc.nat(pcpus - 1), { minLength: 1, maxLength: pcpus });
      const at = fc.integer({ min: 10, max: 59 }).map((ms) => ms * MS);
      const event: fc.Arbitrary<NullEvent> = fc.oneof(
        { weight: 3, arbitrary: fc.record({ at, op: fc.constant('hard' as const), v, cpus }) },
        fc.record({
          at,
          op: fc.constantFrom('pause' as const, 'unpause' as const, 'destroy' as const),
          dom,
        }),
        {
          weight: 3,
          arbitrary: fc.record({
            at,
            op: fc.constantFrom(...(['vpause', 'vunpause', 'down', 'up', 'blip'] as const)),
            v,
          }),
        },
        {
          weight: pcpus > 1 ? 3 : 0,
          arbitrary: fc.record({
            at,
            op: fc.constantFrom('cpuout' as const, 'cpuin' as const),
            cpu: fc.integer({ min: Math.min(1, pcpus - 1), max: pcpus - 1 }),
          }),
        },
      );
      return fc.record({
        pcpus: fc.constant(pcpus),
        sizes: fc.constant(sizes),
        vcpus: fc.tuple(
          ...sizes.map((size, index) =>
            fc.array(
              fc.record({
                dom: fc.constant(index),
                wake: fc.integer({ min: 0, max: 9 }).map((ms) => ms * MS),
                hard: fc.option(cpus, { nil: undefined }),
              }),
              { minLength: size, maxLength: size },
            ),
          ),
        ),
        events: fc.array(event, { maxLength: 15 }).map((some) => some.sort((a, b) => a.at - b.at)),
      });
    });
  fc.assert(
    fc.property(scenario, ({ pcpus, vcpus, events }) => {
      const duration = 70 * MS;
      const records = recordsOf({
        sched: 'null',
        pcpus,
        duration,
        domains: vcpus.map((own) => ({
          weight: 256,
          cap: 0,
          vcpus: own.map(({ wake, hard }) => hog(wake, { hard })),
        })),
        events: events as never,
      });
      const model = placements(pcpus, vcpus.flat() as NullVcpu[], events, duration);
      const seen = records
        .filter(({ ev }) => ev === 'did')
        .map(({ rc, cpu, u }) => ({ rc, cpu, u }));
      expect(seen).toEqual(model.states);
      expect(records.at(-1)?.run).toEqual(model.ran);
    }),
    { numRuns: runs },
  );
}
