import fc from 'fast-check';
import { MS, US } from '../../src/engine/time.ts';
import { ScriptGuest, type ScriptOp } from '../../src/guests/script.ts';
import type { Costs } from '../../src/hypervisor/machine/costs.ts';
import { ZERO_COSTS } from '../../src/hypervisor/machine/costs.ts';
import { Machine } from '../../src/hypervisor/machine/machine.ts';
import { UPSTREAM_POLICY } from '../../src/hypervisor/ports.ts';
import type { Probe } from '../../src/hypervisor/probe.ts';
import type { SchedulerCase } from './schedulers.ts';
import { Watch } from './watch.ts';

/** A vCPU of a random machine; each has a domain of its own. */
export interface RandomVcpu {
  readonly script: readonly ScriptOp[];
  readonly start: number;
  readonly weight: number;
  /** Percent of a pCPU; 0: none. */
  readonly cap: number;
  /** pCPUs it may run on; absent: all. */
  readonly hard?: readonly number[] | undefined;
}

/** A random machine and its work. */
export interface Scenario {
  readonly pcpus: number;
  readonly duration: number;
  readonly vcpus: readonly RandomVcpu[];
}

/** What the hypervisor costs, and how its timers fire. */
export interface Hypervisor {
  readonly costs: Costs;
  readonly timers: 'exact' | { readonly slop: number };
  /** Longest way from a wake or a switch to the decision that it calls for [ns]. */
  readonly path: number;
}

/** It takes no time, and its timers are exact. */
export const FREE: Hypervisor = { costs: ZERO_COSTS, timers: 'exact', path: 0 };

const script: fc.Arbitrary<ScriptOp[]> = fc
  .tuple(
    fc.integer({ min: 1, max: 500 }),
    fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 500 }).map((n): ScriptOp => ['run', n * 10 * US]),
        fc.integer({ min: 1, max: 500 }).map((n): ScriptOp => ['block', n * 10 * US]),
        fc.constant<ScriptOp>(['yield']),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([run, rest]) => [['run', run * 10 * US], ...rest]);

const HOG: ScriptOp[] = [['spin']];

const someOf = (pcpus: number) =>
  fc.uniqueArray(fc.integer({ min: 0, max: pcpus - 1 }), { minLength: 1, maxLength: pcpus });

const vcpu = (pcpus: number, pins: boolean): fc.Arbitrary<RandomVcpu> =>
  fc.record({
    script: fc.oneof({ arbitrary: script, weight: 3 }, { arbitrary: fc.constant(HOG), weight: 1 }),
    start: fc.integer({ min: 0, max: 40 }).map((n) => n * 125 * US),
    weight: fc.constantFrom(256, 512, 1024),
    cap: fc.constant(0),
    hard: pins ? fc.option(someOf(pcpus), { nil: undefined }) : fc.constant(undefined),
  });

/** 1 to 4 pCPUs; 1 to 10 vCPUs that hog, run and block, or yield; on every other machine some are pinned. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.boolean())
  .chain(([pcpus, pins]) =>
    fc.record({
      pcpus: fc.constant(pcpus),
      duration: fc.constant(100 * MS),
      vcpus: fc.array(vcpu(pcpus, pins), { minLength: 1, maxLength: 10 }),
    }),
  );

/** vCPUs that want all the CPU they can get. */
export function hogs(weights: readonly number[], cap = 0): RandomVcpu[] {
  return weights.map((weight) => ({ script: HOG, start: 0, weight, cap }));
}

/** Runs a scenario to its end, watched. */
export function run(
  scheduler: SchedulerCase,
  scenario: Scenario,
  hypervisor: Hypervisor = FREE,
): Watch {
  const watch = new Watch();
  const machine = machineOf(scheduler, scenario, hypervisor, watch);
  machine.run(scenario.duration);
  watch.end();
  return watch;
}

/** The machine of a scenario, before it runs. */
export function machineOf(
  { xen, factory, reservation }: SchedulerCase,
  { pcpus, vcpus }: Scenario,
  { costs, timers }: Hypervisor,
  probe: Probe,
): Machine {
  return new Machine({
    xen,
    pcpus,
    scheduler: factory,
    costs,
    timers,
    policy: UPSTREAM_POLICY,
    probe,
    domains: vcpus.map(({ script, start, weight, cap, hard }, i) => ({
      name: `d${i}`,
      weight,
      cap,
      vcpus: [
        {
          guest: new ScriptGuest(script),
          start,
          ...(hard !== undefined && { hardAffinity: hard }),
          ...(reservation !== undefined && { reservation }),
        },
      ],
    })),
  });
}
