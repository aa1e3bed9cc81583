import fc from 'fast-check';
import { US } from '../../src/engine/time.ts';
import { buildMachine } from '../../src/experiment/build/build.ts';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { readExperiment } from '../../src/experiment/plan/parse.ts';
import { replicate } from '../../src/experiment/replication.ts';
import type { Setup } from '../../src/experiment/schema/schema.ts';
import { COST_NAMES, type Costs } from '../../src/hypervisor/machine/costs.ts';
import type { Machine } from '../../src/hypervisor/machine/machine.ts';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING } from '../../src/hypervisor/machine/vcpu.ts';
import { CAUSES } from '../../src/measure/causes.ts';
import { type LatencySlice, latencySlices } from '../../src/traces/latency-slices.ts';
import { LogProbe } from '../../src/traces/log-probe.ts';
import { RunLog } from '../../src/traces/run-log.ts';
import { recordTimeline, type Timeline, timelineOf } from '../../src/traces/timeline.ts';
import {
  FREE,
  type Hypervisor,
  machineOf,
  type Scenario,
  scenarios,
} from '../properties/scenarios.ts';
import { SCHEDULERS } from '../properties/schedulers.ts';

/** A timeline, and the machine that has run it. */
export interface Recorded {
  readonly machine: Machine;
  readonly timeline: Timeline;
}

/** Every step takes 90 ns. */
const SLOW: Hypervisor = {
  costs: Object.fromEntries(COST_NAMES.map((name) => [name, 90])) as unknown as Costs,
  timers: { slop: 50 * US },
  path: 0,
};

/** A random machine with some scheduler. */
export interface Recipe {
  readonly scheduler: string;
  readonly hypervisor: 'free' | 'slow';
  readonly scenario: Scenario;
}

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  scheduler: fc.constantFrom(...SCHEDULERS.map(({ name }) => name)),
  hypervisor: fc.constantFrom('free', 'slow'),
  scenario: scenarios,
});

/** Runs a random machine. */
export function runRecipe({ scheduler, hypervisor, scenario }: Recipe): Recorded {
  const found = SCHEDULERS.find(({ name }) => name === scheduler);
  if (found === undefined) throw new Error(`no scheduler ${scheduler}`);
  const probe = new LogProbe(new RunLog());
  const machine = machineOf(found, scenario, hypervisor === 'free' ? FREE : SLOW, probe);
  machine.run(scenario.duration);
  return { machine, timeline: timelineOf(machine, probe.log) };
}

/** The only cell of an experiment. */
export function setupOf(text: string, overrides: readonly string[] = []): Setup {
  const loaded = readExperiment('x.yaml', text, costProfileFiles('experiments/x.yaml'), overrides);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('; '));
  return loaded.experiment.cells[0].setup;
}

/** The first replication of an experiment's only cell. */
export function recorded(text: string): Recorded {
  const setup = setupOf(text);
  const probe = new LogProbe(new RunLog());
  const { machine } = buildMachine(setup, 1, 0, probe);
  machine.run(setup.duration);
  return { machine, timeline: timelineOf(machine, probe.log) };
}

/** The same with the latencies that were measured. */
export function measured(text: string): {
  readonly timeline: Timeline;
  readonly latencies: readonly LatencySlice[];
} {
  const setup = setupOf(text);
  const measure = { ...setup.measure, samples: true };
  const { ranOn, samples } = replicate({ ...setup, measure }, 1, 0);
  const latencies = latencySlices(samples, CAUSES);
  const timeline = recordTimeline(setup, 1, 0, setup.duration + ranOn);
  return { timeline: { ...timeline, latencies }, latencies };
}

/** Two domains on two pCPUs, one of which flushes 4 MiB again and again. */
export const FLUSHES = `
question: none
replications: 1
duration: 30ms
machine: {pcpus: 2, costs: zcu102-a53}
domains:
  flusher: {memory: {ram: 4MiB, block: 4KiB}, vcpus: [{guest: {name: set-way-flusher, period: 2ms}, hard_affinity: [0]}]}
  waker: {vcpus: [{guest: {name: poisson-waker, mean: 200us, run: 20us}, count: 2}]}
policies: {upstream: {before: true, during: {threshold: 512}}}
`;

/** Hogs on two pCPUs whose toolstack needs a millisecond for most of what it does, and cannot do the last of it. */
export const EVENTS = `
question: none
replications: 1
duration: 40ms
machine: {pcpus: 2, scheduler: credit2}
domains:
  a: {vcpus: [{guest: hog, count: 2}]}
  b: {vcpus: [{guest: hog, count: 3}]}
events:
  - {at: 5ms, weight: {domain: a, value: 512}}
  - {at: 10ms, pause: {domain: b, for: 3ms}}
  - {at: 20ms, add_pcpu: {pcpu: 1}}
toolstack_time: 1ms
`;

/** What of EVENTS is a slice on the toolstack's track, by name, from and to [ms]. */
export const EVENT_SLICES = [
  ['weight of a: 512', 5, 6],
  ['pause b', 10, 11],
  ['unpause b', 13, 14],
  ['pCPU 1 comes back', 20, 21],
] as const;

/** What it is told at the end of the last one. */
export const NOT_DONE = 'not possible then (EADDRNOTAVAIL)';

/** A hog and wakers that share a pCPU. */
export const CROWD = `
question: none
replications: 1
duration: 100ms
domains:
  hog: {vcpus: [{guest: hog}]}
  waker: {vcpus: [{guest: {name: poisson-waker, mean: 1ms, run: 100us}, count: 2}]}
`;

/** Time that each vCPU was running, runnable, blocked and offline, as the simulator has it [ns]. */
export function runstateTimes({ core, vcpus }: Machine): number[][] {
  return vcpus.map((vcpu) =>
    ([RUNNING, RUNNABLE, BLOCKED, OFFLINE] as const).map((state) => core.timeIn(vcpu, state) - 0),
  );
}

/** The bytes of all pieces. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(pieces);
}
