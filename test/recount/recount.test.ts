import { describe, expect, it } from 'vitest';
import type { Setup } from '../../src/experiment/schema/schema.ts';
import { LATENCY_KINDS } from '../../src/measure/latency-kinds.ts';
import { parse } from '../experiment/fixtures.ts';
import { randomExperiment } from '../soak/random-experiment.ts';
import { type Recount, recount } from './recount.ts';

/** Random experiments that are counted again; RECOUNT sets how many. */
const EXPERIMENTS = Number(process.env.RECOUNT ?? 12);
const FIRST = Number(process.env.RECOUNT_FIRST ?? 1);

function setupsOf(text: string): { seed: number; setups: Setup[] } {
  const parsed = parse(text);
  if (!parsed.ok) return { seed: 0, setups: [] };
  const { cells, seed } = parsed.experiment;
  return { seed, setups: cells.map(({ setup }) => setup) };
}

/** Guests of all sorts under a scheduler. */
function study(scheduler: string): string {
  return `
question: q
replications: 1
duration: 40ms
machine: {pcpus: 2, scheduler: ${scheduler}, costs: qemu-icount, stage2_bits: 40}
domains:
  a:
    memory: {ram: 64MiB}
    ${scheduler.startsWith('credit') ? 'cap: 30' : ''}
    vcpus:
      - guest: {name: set-way-flusher, period: 9ms, touch: 9, timer: {period: 3ms}}
      - guest: {name: program, ops: [[poll, 700us], [touch, 10MiB], [mmio], [io, model], [caches, off], [set-way, 3], [caches, on], [defer, a, 150us]]}
  model: {vcpus: [{guest: device-model}]}
  waker: {vcpus: [{guest: {name: poisson-waker, mean: 300us, run: 20us}}, {guest: {name: periodic-waker, period: 900us, run: 300us}}]}
  sleeper: {vcpus: [{guest: sleeper}]}
  notifier: {vcpus: [{guest: {name: notifier, period: 400us, target: sleeper}}]}
  jobs: {vcpus: [{guest: {name: server, arrivals: {exponential: 1ms}, service: {exponential: 300us}}, count: 2}]}
  linux: {memory: {ram: 16MiB, block: 2MiB}, vcpus: [{guest: {name: linux32, cache: a7, decompress: 1ms, init: 500us, blocks: 2}, count: 2}]}
measure: {samples: true, warm_up: 1ms}
policies:
  upstream: {before: true, during: {threshold: 512}}
  never: {before: false, during: never}
  tasklet: {before: true, during: {threshold: 512}, style: tasklet}
  continuation: {before: true, during: {threshold: 512}, style: continuation, lock: drop}
`;
}

/** What is measured of a run: a short one, with a warm-up. */
function shortened(text: string): string {
  const file = JSON.parse(text);
  const measure = { ...file.measure, warm_up: '300us' };
  return JSON.stringify({ ...file, duration: '6ms', replications: 1, measure });
}

function expectEqual({ told, found }: Recount): void {
  for (const kind of Object.keys(found)) expect([kind, told[kind]]).toEqual([kind, found[kind]]);
}

describe('every latency that happened is counted, and nothing else', () => {
  // Some of those that are drawn say what is refused.
  const sound: number[] = [];
  for (let number = FIRST; sound.length < EXPERIMENTS; number++) {
    if (setupsOf(shortened(randomExperiment(number))).setups.length > 0) sound.push(number);
  }

  it.each(sound)('in random experiment %i: samples, causes and counters', (number) => {
    const { seed, setups } = setupsOf(shortened(randomExperiment(number)));
    for (const setup of setups) expectEqual(recount(setup, seed, 0));
  });

  const schedulers = [
    'credit',
    'credit2',
    'rtds',
    '"null"',
    'round-robin',
    'fixed-priority',
    'edf',
  ];

  it.each(schedulers)('under %s, where somebody starves, is parked, or never ends', (scheduler) => {
    const { seed, setups } = setupsOf(study(scheduler));
    const pinned = scheduler === '"null"' ? setups.slice(0, 1) : setups;
    expect(pinned.length).toBeGreaterThan(0);
    for (const setup of pinned) expectEqual(recount(setup, seed, 0));
  });

  it('which is a test of every kind: each has samples, and some of them have not ended', () => {
    const counts = new Map<string, [number, number]>();
    const { seed, setups } = setupsOf(study('credit'));
    for (const setup of setups) {
      for (const [kind, lines] of Object.entries(recount(setup, seed, 0).found)) {
        const [all, censored] = counts.get(kind) ?? [0, 0];
        const more = lines.filter((line) => line.includes('censored')).length;
        counts.set(kind, [all + lines.length, censored + more]);
      }
    }
    // Only a CPU that is brought up comes later than these runs last: random experiments have that.
    const without = LATENCY_KINDS.filter((kind) => !(Number(counts.get(kind)?.[0]) > 0));
    expect(without.filter((kind) => kind !== 'bring_up')).toEqual([]);
    const unfinished = LATENCY_KINDS.filter((kind) => Number(counts.get(kind)?.[1]) > 0);
    expect(unfinished).toEqual(expect.arrayContaining(['delivery', 'parked']));
  });
});
