import fc from 'fast-check';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { readExperiment } from '../../src/experiment/plan/parse.ts';
import type { Setup } from '../../src/experiment/schema/schema.ts';

/*
 * Random machines on which everything meets: flushers with timers of their own, siblings that touch, reset their
 * caches and access devices, wakers, deferred work, a Linux, under every scheduler and combination of policy.
 */

const SCHEDULERS: Record<string, unknown> = {
  credit: { name: 'credit', ratelimit: 0 },
  'credit with its rate limit': 'credit',
  credit2: { name: 'credit2', ratelimit: 0 },
  rtds: 'rtds',
  null: 'null',
  arinc653: {
    name: 'arinc653',
    major_frame: '3ms',
    entries: [
      { domain: 'a', vcpu: 0, runtime: '1ms' },
      { domain: 'b', vcpu: 0, runtime: '500us' },
      { domain: 'a', vcpu: 1, runtime: '1ms' },
    ],
  },
  'round-robin': { name: 'round-robin', timeslice: '1ms' },
  'fixed-priority': 'fixed-priority',
  edf: 'edf',
};

/** Under these whoever wants to run does so before long. */
export const FAIR = ['credit2', 'round-robin'];

const us = (min: number, max: number) => fc.integer({ min, max }).map((n) => `${n}us`);

const policy = fc.record({
  before: fc.boolean(),
  during: fc.oneof(
    fc.record({ threshold: fc.integer({ min: 1, max: 5000 }) }),
    fc.record({ every: us(1, 500) }),
    fc.constantFrom(
      { block: '4KiB' },
      { block: '2MiB' },
      { block: '1GiB' },
      'never',
      'never',
      'immediate',
    ),
  ),
  style: fc.constantFrom('in-place', 'continuation', 'tasklet', 'work-queue', 'no-softirqs'),
  lock: fc.constantFrom('hold', 'drop', 'break'),
  traps: fc.constantFrom('limited', 'limited', 'every-op', 'none'),
  loop: fc.constantFrom('vcpu-pcpu', 'do-pcpu-while-vcpu', 'while-vcpu-pcpu'),
  deferred_round: fc.oneof(fc.constant(0), us(1, 200)),
  charge: fc.constantFrom('vcpu', 'nobody'),
});

const siblingOp = fc.oneof(
  us(1, 900).map((time) => ['run', time]),
  us(1, 900).map((time) => ['block', time]),
  fc.integer({ min: 1, max: 30 }).map((n) => ['set-way', n]),
  fc.boolean().map((on) => ['caches', on ? 'on' : 'off']),
  fc.integer({ min: 0, max: 3 }).map((n) => ['touch', `${n * 2}MiB`]),
  fc.constantFrom(['vm-register'], ['mmio'], ['mmio'], ['yield'], ['io', 'model']),
  us(1, 300).map((time) => ['defer', 'a', time]),
);

const flusher = fc.record({
  name: fc.constant('set-way-flusher'),
  period: us(300, 5000),
  ops: fc.integer({ min: 1, max: 3 }),
  touch: fc.integer({ min: 0, max: 3 }),
  timer: fc.record({ period: us(50, 2000), jitter: us(0, 50) }),
});

const sibling = fc
  .tuple(us(1, 500), fc.array(siblingOp, { maxLength: 8 }))
  .map(([time, ops]) => ({ name: 'program', ops: [['run', time], ...ops] }));

const other = fc.oneof(
  fc.constant<unknown>('hog'),
  us(100, 3000).map((mean) => ({ name: 'poisson-waker', mean, run: '20us' })),
  us(100, 3000).map((period) => ({ name: 'notifier', period, target: 'sleeper' })),
  us(500, 3000).map((period) => ({ name: 'cache-cleaner', period, work: '50us', pages: 2 })),
);

const linux = fc
  .array(fc.constantFrom('hotplug', 'suspend', 'kexec'), { minLength: 1, maxLength: 2 })
  .map((events) => ({
    guest: { name: 'linux32', cache: 'a7', decompress: '1ms', init: '1ms', blocks: 2, events },
    count: 2,
  }));

/** A machine as the loader accepted it. */
export interface FlushMachine {
  readonly scheduler: string;
  readonly setup: Setup;
  readonly seed: number;
}

const file = fc.record({
  scheduler: fc.constantFrom(...Object.keys(SCHEDULERS)),
  seed: fc.nat(),
  xen: fc.constantFrom('4.12', '4.17', 'master'),
  pcpus: fc.integer({ min: 1, max: 3 }),
  /** All are threads of a core, which slow each other down; undefined: cores of their own. */
  slowdown: fc.constantFrom(undefined, undefined, 1.6),
  costs: fc.constantFrom('zero', 'qemu-icount', 'qemu-icount', 'zcu102-a53'),
  slop: fc.constantFrom('0ns', '50us'),
  stage2: fc.constantFrom(undefined, 40, 44, 48),
  policy,
  ram: fc.constantFrom({ ram: '8MiB', block: '2MiB' }, { ram: '8MiB', block: '4KiB' }),
  a: fc.tuple(flusher, fc.array(fc.oneof(sibling, flusher), { maxLength: 2 })),
  others: fc.array(other, { minLength: 1, maxLength: 3 }),
  linux: fc.option(linux, { nil: undefined }),
});

/** Random machines that the loader accepts; undefined for those that it refuses. */
export const flushMachines: fc.Arbitrary<FlushMachine | undefined> = file.map((it) => {
  const [first, siblings] = it.a;
  const domains = {
    a: { memory: it.ram, vcpus: [first, ...siblings].map((guest) => ({ guest })) },
    b: {
      memory: { ram: '2MiB' },
      vcpus: it.others.map((guest) => ({ guest, start: 'random' })),
    },
    model: { memory: { ram: '2MiB' }, vcpus: [{ guest: 'device-model' }] },
    sleeper: { memory: { ram: '2MiB' }, vcpus: [{ guest: 'sleeper' }] },
    // With a flush for each of its tens of thousands of operations it would take minutes.
    ...(it.linux !== undefined &&
      it.policy.traps !== 'every-op' && { linux: { memory: { ram: '4MiB' }, vcpus: [it.linux] } }),
  };
  const text = JSON.stringify({
    question: 'Do the laws hold?',
    seed: it.seed,
    replications: 1,
    duration: '25ms',
    machine: {
      xen: it.xen,
      pcpus: it.pcpus,
      ...(it.slowdown && {
        topology: { cores: 1, threads: it.pcpus, slowdown: it.slowdown },
      }),
      scheduler: SCHEDULERS[it.scheduler],
      costs: it.costs,
      timer_slop: it.slop,
      ...(it.stage2 !== undefined && { stage2_bits: it.stage2 }),
    },
    domains,
    policies: { p: it.policy },
  });
  const loaded = readExperiment('random.yaml', text, costProfileFiles('experiments/random.yaml'));
  if (!loaded.ok) return undefined;
  const { cells, seed } = loaded.experiment;
  return { scheduler: it.scheduler, setup: cells[0].setup, seed };
});
