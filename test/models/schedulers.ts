import fc from 'fast-check';
import { expect } from 'vitest';
import type { ScenarioSchedule, SchedulerScenario } from '../../src/conformance/scenario.ts';
import { MS } from '../../src/engine/time.ts';
import { Arinc653Model } from './arinc653.ts';
import { compareRecords } from './compare.ts';
import { CreditModel } from './credit.ts';
import { RtdsModel } from './rtds.ts';
import { scenarios, span, switchCost } from './scenarios.ts';

const VERSIONS = ['master', '4.17', '4.12'] as const;

/** Compares `runs` random scenarios with the model of their scheduler. */
function compareAll(
  scenario: fc.Arbitrary<SchedulerScenario>,
  Model: Parameters<typeof compareRecords>[1],
  runs: number,
): void {
  let decisions = 0;
  fc.assert(
    fc.property(scenario, (one) => {
      decisions += compareRecords(one, Model);
    }),
    { numRuns: runs },
  );
  expect(decisions).toBeGreaterThan(30 * runs);
}

/** Compares `runs` random scenarios of arinc653 with its model. */
export function compareArinc653(runs: number): void {
  const plain = scenarios({
    sched: 'arinc653',
    versions: VERSIONS,
    duration: 120 * MS,
    domain: fc.constant({ weight: 256, cap: 0 }),
    vcpu: () => fc.constant({}),
    params: switchCost,
    events: () => [],
  });
  const entry = fc.record({
    dom: fc.constantFrom(0, 0, 1, 2, 3, -1),
    vcpu: fc.constantFrom(0, 0, 1, 2),
    runtime_ns: fc.oneof({ weight: 20, arbitrary: span(9 * MS) }, fc.constant(0)),
  });
  const table = fc
    .record({
      at: fc.option(fc.oneof(span(110 * MS), fc.constant(0)), { nil: undefined }),
      entries: fc.array(entry, { minLength: 0, maxLength: 8 }),
      idle: fc.oneof(fc.constantFrom(0, 0, -1), span(5 * MS)),
    })
    .map(({ at, entries, idle }): ScenarioSchedule => {
      const sum = entries.reduce((total, { runtime_ns }) => total + runtime_ns, 0);
      return { ...(at !== undefined && { at }), major_frame: Math.max(0, sum + idle), entries };
    });
  const scenario = fc
    .record({ plain, control: fc.nat(1), schedules: fc.array(table, { maxLength: 4 }) })
    .map(
      ({ plain: { domains, ...rest }, control, schedules }): SchedulerScenario => ({
        ...rest,
        domains: domains.map((domain, dom) => (dom === 0 ? { ...domain, control } : domain)),
        schedules: schedules.map(({ entries, ...one }) => ({
          ...one,
          entries: entries.map((of) => ({ ...of, dom: Math.min(of.dom, domains.length - 1) })),
        })),
      }),
    );
  compareAll(scenario, Arinc653Model, runs);
}

/** Compares `runs` random scenarios of rtds with its model. */
export function compareRtds(runs: number): void {
  const reservation = fc
    .record({
      period_us: fc.oneof(fc.integer({ min: 3000, max: 30_000 }), fc.constantFrom(5000, 10_000)),
      share: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant(100)),
    })
    .map(({ period_us, share }) => ({
      period_us,
      budget_us: Math.max(500, Math.floor((period_us * share) / 100)),
    }));
  // Without extra time a pCPU may idle beside who has used up its budget, which extra time then gives more.
  const atFirst = fc.constantFrom(0, 0, 1);
  const extratime = fc.constantFrom(0, 1, 1);
  const large = fc.constant({ period_us: 20_000, budget_us: 20_001 });
  const refused = fc.oneof(large, fc.constant({ period_us: 9, budget_us: 9 }));
  const some = fc.oneof({ weight: 9, arbitrary: reservation }, refused);
  const scenario = scenarios({
    sched: 'rtds',
    versions: VERSIONS,
    duration: 120 * MS,
    domain: fc.constant({ weight: 256, cap: 0 }),
    vcpu: () =>
      fc
        .option(fc.tuple(reservation, atFirst), { nil: undefined, freq: 3 })
        .map((given) => (given === undefined ? {} : { ...given[0], extratime: given[1] })),
    params: switchCost,
    events: ({ dom, v }) => {
      const own = { some, extratime };
      // Before 4.22 that of a domain is not checked.
      const any = fc.oneof({ weight: 9, arbitrary: reservation }, large);
      return [
        fc
          .record({ v, ...own })
          .map(({ some: of, ...rest }) => ({ op: 'rtds' as const, ...rest, ...of })),
        fc.record({ dom, any }).map(({ any: of, dom: one }) => ({
          op: 'rtdsdom' as const,
          dom: one,
          ...of,
        })),
      ];
    },
  });
  compareAll(scenario, RtdsModel, runs);
}

/** Compares `runs` random scenarios of credit with its model. */
export function compareCredit(runs: number): void {
  const weight = fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.constantFrom(128, 256, 512));
  const cap = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 250 }));
  const ratelimit = fc.constantFrom(0, 100, 1000, 5000, 30_000);
  const delay = fc.constantFrom(0, 0, 500, 10_000);
  const scenario = scenarios({
    sched: 'credit',
    versions: VERSIONS,
    duration: 240 * MS,
    domain: fc.record({ weight, cap }),
    vcpu: (cpus) => fc.record({ soft: cpus }, { requiredKeys: [] }),
    params: fc
      .tuple(
        switchCost,
        fc.record(
          {
            tslice_ms: fc.constantFrom(1, 2, 5, 10, 30),
            ratelimit_us: ratelimit,
            migration_delay_us: delay,
            load_balance_ratelimit_us: fc.constantFrom(0, 100, 1000, 10_000),
            tickle_one_idle: fc.nat(1),
          },
          { requiredKeys: [] },
        ),
      )
      .map(([cost, own]) => ({ ...cost, ...own })),
    events: ({ dom, v, cpus }) => [
      fc.record({ op: fc.constant('weight' as const), dom, value: weight }),
      fc.record({ op: fc.constant('cap' as const), dom, value: cap }),
      fc.record({ op: fc.constant('soft' as const), v, cpus }),
      fc.record(
        {
          op: fc.constant('global' as const),
          tslice_ms: fc.constantFrom(0, 1, 5, 7, 30, 60),
          ratelimit_us: fc.oneof({ weight: 5, arbitrary: ratelimit }, fc.constant(50)),
          migration_delay_us: delay,
        },
        { requiredKeys: ['op'] },
      ),
    ],
  });
  compareAll(scenario, CreditModel, runs);
}
