import fc from 'fast-check';
import type { ScenarioVcpu, SchedulerScenario } from '../../src/conformance/scenario.ts';
import type { ScenarioEvent } from '../../src/conformance/scenario-events.ts';
import { MS, US } from '../../src/engine/time.ts';

/** First wakes are before, events after. */
const START = 10 * MS;

/** The numbers that events name: of pCPUs, domains and vCPUs. */
export interface Names {
  readonly pcpus: number;
  readonly dom: fc.Arbitrary<number>;
  readonly v: fc.Arbitrary<number>;
  readonly cpus: fc.Arbitrary<number[]>;
}

/** What a scheduler's scenarios have besides. */
export interface Special {
  readonly sched: SchedulerScenario['sched'];
  readonly versions: readonly NonNullable<SchedulerScenario['xen']>[];
  /** [ns] */
  readonly duration: number;
  readonly domain: fc.Arbitrary<{ readonly weight: number; readonly cap: number }>;
  readonly vcpu: (cpus: fc.Arbitrary<number[]>) => fc.Arbitrary<Partial<ScenarioVcpu>>;
  readonly params: fc.Arbitrary<SchedulerScenario['params']>;
  /** Its own events, without times. */
  readonly events: (names: Names) => fc.Arbitrary<Timeless>[];
}

/** An event without its time. */
export type Timeless = ScenarioEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'at'>
    : never
  : never;

/** A length of time [ns]: many of them meet others. */
export function span(most: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 100 * US, max: most }),
    fc.integer({ min: 1, max: Math.ceil(most / MS) }).map((ms) => ms * MS),
  );
}

const script: fc.Arbitrary<ScenarioVcpu['script']> = fc.oneof(
  fc.constant([['spin'] as ['spin']]),
  fc.tuple(span(12 * MS), span(8 * MS)).map(([run, wait]): ScenarioVcpu['script'] => [
    ['run', run],
    ['block', wait],
  ]),
  fc
    .tuple(span(6 * MS), span(3 * MS), span(8 * MS))
    .map(([first, second, wait]): ScenarioVcpu['script'] => [
      ['run', first],
      ['yield'],
      ['run', second],
      ['run', first],
      ['block', wait],
    ]),
);

/** What ends what an event begins; mostly that happens. */
const END: Partial<Record<ScenarioEvent['op'], ScenarioEvent['op']>> = {
  pause: 'unpause',
  vpause: 'vunpause',
  down: 'up',
  cpuout: 'cpuin',
};

function common({ pcpus, dom, v, cpus }: Names): fc.Arbitrary<Timeless>[] {
  const cpu = fc.nat(pcpus - 1);
  const list: fc.Arbitrary<Timeless>[] = [
    fc.record({ op: fc.constantFrom('pause' as const, 'unpause' as const), dom }),
    fc.record({ op: fc.constantFrom('vpause' as const, 'vunpause' as const), v }),
    fc.record({ op: fc.constantFrom('down' as const, 'up' as const), v }),
    fc.record({ op: fc.constant('unblock' as const), v, cpu }),
    fc.record({ op: fc.constant('hard' as const), v, cpus }),
    // Seldom: nothing can be done to it afterwards.
    fc
      .tuple(dom, v, fc.nat(3))
      .map(([one, other, often]) =>
        often === 0 ? { op: 'destroy' as const, dom: one } : { op: 'blip' as const, v: other },
      ),
  ];
  if (pcpus > 1) {
    const others = fc.integer({ min: 1, max: pcpus - 1 });
    list.push(fc.record({ op: fc.constantFrom('cpuout' as const, 'cpuin' as const), cpu: others }));
  }
  return list;
}

/** The first vCPU of each domain. */
function firsts(sizes: readonly number[]): number[] {
  return sizes.map((_, dom) => sizes.slice(0, dom).reduce((sum, size) => sum + size, 0));
}

/** Puts the events in order, with the creation of the last domain at `created` [ns], and who starts with it later. */
function arrange(scenario: SchedulerScenario, created: number | undefined): SchedulerScenario {
  const { domains, events = [] } = scenario;
  const sorted = [...events].sort((a, b) => a.at - b.at);
  if (created === undefined || domains.length === 1) return { ...scenario, events: sorted };
  const dom = domains.length - 1;
  const first = firsts(domains.map(({ vcpus }) => vcpus.length))[dom];
  const late = domains.map((domain, index) =>
    index < dom
      ? domain
      : {
          ...domain,
          vcpus: domain.vcpus.map((vcpu) => ({
            ...vcpu,
            wake: created + Math.floor((vcpu.wake ?? 0) / 10),
          })),
        },
  );
  // Nothing is done to a vCPU that has not started.
  const kept = sorted.filter(
    (event) => event.at > created + MS || !('v' in event) || event.v < first,
  );
  const before = kept.filter(
    ({ at, ...event }) => at <= created && !('dom' in event && event.dom === dom),
  );
  const after = kept.filter(({ at }) => at > created);
  return {
    ...scenario,
    domains: late,
    events: [...before, { at: created, op: 'create', dom }, ...after],
  };
}

/** Random machines, guests and events. */
export function scenarios(special: Special): fc.Arbitrary<SchedulerScenario> {
  const { sched, versions, duration } = special;
  const shape = fc.record({
    pcpus: fc.integer({ min: 1, max: 4 }),
    sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
  });
  return shape.chain(({ pcpus, sizes }) => {
    const cpus = fc.uniqueArray(fc.nat(pcpus - 1), { minLength: 1, maxLength: pcpus });
    const names: Names = {
      pcpus,
      dom: fc.nat(sizes.length - 1),
      v: fc.nat(sizes.reduce((sum, size) => sum + size, 0) - 1),
      cpus,
    };
    const wake = fc.oneof(fc.integer({ min: 0, max: START - 1 }), fc.constantFrom(0, 5 * MS));
    const vcpu = fc
      .tuple(
        fc.record({ wake, script }),
        fc.record({ hard: cpus }, { requiredKeys: [] }),
        special.vcpu(cpus),
      )
      .map(([base, bound, own]): ScenarioVcpu => ({ ...base, ...bound, ...own }));
    const domain = (size: number) =>
      fc
        .tuple(special.domain, fc.array(vcpu, { minLength: size, maxLength: size }))
        .map(([own, vcpus]) => ({ ...own, vcpus }));
    const at = fc.oneof(
      fc.integer({ min: START, max: duration }),
      fc.integer({ min: 1, max: Math.floor(duration / START) }).map((n) => n * START),
    );
    const event = fc
      .tuple(at, fc.oneof(...common(names), ...special.events(names)), span(20 * MS), fc.nat(3))
      .map(([time, timeless, later, often]): ScenarioEvent[] => {
        const one = { at: time, ...timeless } as ScenarioEvent;
        const op = END[one.op];
        if (op === undefined || often === 0) return [one];
        return [one, { ...one, at: time + later, op } as ScenarioEvent];
      });
    return fc
      .record({
        xen: fc.constantFrom(...versions),
        params: special.params,
        domains: fc.tuple(...sizes.map(domain)),
        events: fc
          .array(event, { minLength: 1, maxLength: 10, size: 'max' })
          .map((some) => some.flat()),
        created: fc.option(
          at.filter((time) => time < duration - START),
          { nil: undefined },
        ),
      })
      .map(({ created, ...rest }) =>
        arrange({ name: 'random', sched, pcpus, duration, ...rest }, created),
      );
  });
}

/** Costs of context switches, mostly none. */
export const switchCost = fc.constantFrom(
  {},
  {},
  { ctx_switch_ns: 20 * US },
  { ctx_switch_ns: 3 * US + 7 },
);
