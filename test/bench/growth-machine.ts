import { NEVER } from '../../src/engine/time.ts';
import { buildMachine } from '../../src/experiment/build/build.ts';
import type { Setup } from '../../src/experiment/schema/schema.ts';
import { LatencyProbe } from '../../src/measure/latency-probe.ts';
import { experimentOf } from './experiments.ts';
import { cpuTimed } from './measure.ts';

/** Events that a run has at least, unless it is long before that. */
const EVENTS = 30_000;
const LONG_S = 1;
/** All vCPUs have been woken by then [ns]. */
const START = 50e6;
const STEP = 1e6;
const DAY = 86_400e9;
const RUNS = 5;

/** What a machine takes. */
export interface MachineTime {
  /** CPU time to build it [ms]. */
  readonly build: number;
  /** CPU time per event, its probes on [ns]. */
  readonly perEvent: number;
}

/** How fast a machine is built and runs: the fastest of some runs. */
export function machineTime(setup: Setup): MachineTime {
  const times = Array.from({ length: RUNS }, () => oneRun(setup));
  return {
    build: Math.min(...times.map(({ build }) => build)),
    perEvent: Math.min(...times.map(({ perEvent }) => perEvent)),
  };
}

function oneRun(setup: Setup): MachineTime {
  let built = buildForRun(setup);
  const build =
    1000 *
    cpuTimed(() => {
      built = buildForRun(setup);
    });
  built.run(START);
  const before = built.sim.eventCount;
  const events = () => built.sim.eventCount - before;
  let time = 0;
  for (
    let end = START + STEP;
    events() < EVENTS && time < LONG_S && end < DAY;
    end += end - START
  ) {
    time += cpuTimed(() => built.run(end));
  }
  return { build, perEvent: (1e9 * time) / events() };
}

/** A machine with the probe that experiments use. */
export function buildForRun(setup: Setup) {
  const probe = new LatencyProbe(setup.measure.latencies, { warmUp: 0, end: NEVER });
  const { machine } = buildMachine(setup, 1, 0, probe);
  return machine;
}

/** `vcpus` that sleep, wake and run 20 us on `pcpus`; together 2500 times a second and pCPU. */
export function wakers(scheduler: string, pcpus: number, vcpus: number): Setup {
  const period = Math.round((400 * vcpus) / pcpus);
  return machineOf(
    scheduler,
    pcpus,
    vcpus,
    `{ name: periodic-waker, period: ${period}us, run: 20us }`,
  );
}

/** `vcpus` that take all the time they get. */
export function hogs(scheduler: string, pcpus: number, vcpus: number): Setup {
  return machineOf(scheduler, pcpus, vcpus, 'hog');
}

function machineOf(scheduler: string, pcpus: number, vcpus: number, guest: string): Setup {
  return experimentOf(`duration: 1s
machine: { costs: { profile: zcu102-a53, spread: false }, pcpus: ${pcpus}, scheduler: '${scheduler}' }
domains: { guests: { vcpus: [{ guest: ${guest}, count: ${vcpus}, start: random }] } }
measure: { latencies: [wakeup, virq, softirq_timer] }
`).cells[0].setup;
}
