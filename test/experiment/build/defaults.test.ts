import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { experimentSchema } from '../../../src/experiment/schema/schema.ts';
import { COST_NAMES } from '../../../src/hypervisor/machine/costs.ts';
import { LATENCY_KINDS } from '../../../src/measure/latency-kinds.ts';
import { accept, MINIMAL } from '../fixtures.ts';

/** The setup of a text that has one cell. */
function setup(text: string) {
  const { cells } = accept(text);
  expect(cells).toHaveLength(1);
  return cells[0].setup;
}

function guest(text: string) {
  return setup(MINIMAL.replace('guest: hog', `guest: ${text}`)).domains[0].vcpus[0].guest;
}

describe('what a file leaves out', () => {
  const experiment = accept(MINIMAL);

  it('has the documented defaults', () => {
    expect(experiment).toMatchObject({
      file: 'x.yaml',
      text: MINIMAL,
      question: 'Does it matter?',
      seed: 1,
      replications: 20,
      policies: ['upstream'],
      factors: [],
      measure: { latencies: LATENCY_KINDS, samples: false, warmUp: 0 },
      compare: {
        baseline: 'upstream',
        metrics: ['mean', 'p99', 'max'],
        margin: { absolute: 1000, relative: 0.01 },
      },
    });
  });

  it('gives one cell with a complete setup', () => {
    const { costs, ...machine } = experiment.cells[0].setup.machine;
    expect(experiment.cells).toHaveLength(1);
    expect(experiment.cells[0]).toMatchObject({ id: 'upstream', policy: 'upstream', levels: {} });
    expect(experiment.cells[0].setup).toMatchObject({
      duration: 1_000_000_000,
      policy: {
        name: 'upstream',
        before: true,
        during: { kind: 'count', threshold: 512, pageWeight: 10, skipWeight: 1 },
        style: 'in-place',
      },
    });
    expect(machine).toEqual({
      xen: 'master',
      pcpus: 1,
      scheduler: {
        name: 'credit',
        timeslice: 30_000_000,
        ratelimit: 1_000_000,
        migrationDelay: 0,
        loadBalanceRatelimit: 1_000_000,
        tickleOneIdle: true,
        smtPowerSavings: false,
      },
      timers: 'xen',
      timerSlop: 50_000,
      counterHz: undefined,
      pageVariants: {},
      spreads: {},
      systemCache: false,
    });
    expect(Object.keys(costs)).toEqual(COST_NAMES);
    expect(experiment.cells[0].setup.domains).toEqual([
      {
        name: 'hog',
        weight: 256,
        cap: 0,
        iommu: false,
        memory: [{ gfn: 0x40000, order: 9, type: 'ram', valid: true, count: 32 }],
        vcpus: [
          { guest: { name: 'hog' }, count: 1, start: 0, hardAffinity: 'all', softAffinity: 'all' },
        ],
      },
    ]);
  });

  it('is filled in inside of guests and policies', () => {
    expect(guest('{name: periodic-waker, period: 1ms}')).toEqual({
      name: 'periodic-waker',
      period: 1_000_000,
      jitter: 0,
      run: 0,
      phase: 'random',
      late: 'redraw',
    });
    expect(guest('{name: poisson-waker, mean: 1ms}')).toEqual({
      name: 'poisson-waker',
      mean: 1_000_000,
      run: 0,
    });
    expect(guest('{name: set-way-flusher, period: 1ms}')).toEqual({
      name: 'set-way-flusher',
      period: 1_000_000,
      jitter: 0,
      phase: 'random',
      ops: 1,
      touch: 0,
      late: 'skip',
    });
    expect(guest('{name: script, ops: [[run, 1ms], [spin], [block, 2ms], [yield]]}')).toEqual({
      name: 'script',
      ops: [['run', 1_000_000], ['spin'], ['block', 2_000_000], ['yield']],
      repeat: true,
    });
    expect(guest('{name: server, arrivals: 1ms, service: 0}')).toEqual({
      name: 'server',
      arrivals: { kind: 'constant', value: 1_000_000 },
      service: { kind: 'constant', value: 0 },
      measured: true,
    });
    const policies = 'policies: {p: {before: false, during: {threshold: 3}}}';
    expect(setup(MINIMAL + policies).policy).toEqual({
      name: 'p',
      before: false,
      during: { kind: 'count', threshold: 3, pageWeight: 10, skipWeight: 1 },
      style: 'in-place',
      lock: 'hold',
      traps: 'limited',
      deferredRound: 0,
      charge: 'vcpu',
    });
  });
});

describe('what a file says', () => {
  it.each([
    ['52us', { kind: 'constant', value: 52_000 }],
    ['{exponential: 374.6875ns}', { kind: 'exponential', mean: 374.6875 }],
    ['{uniform: [1us, 3us]}', { kind: 'uniform', low: 1000, high: 3000 }],
    [
      '{half_normal: {above: 5us, deviation: 1us}}',
      { kind: 'half-normal', above: 5000, deviation: 1000 },
    ],
    ['{recorded: [3us, 0, 1us]}', { kind: 'recorded', values: [3000, 0, 1000] }],
  ])('a law: %s', (text, law) => {
    expect(guest(`{name: server, arrivals: ${text}, service: ${text}}`)).toMatchObject({
      arrivals: law,
      service: law,
    });
  });

  it('a law of some values', () => {
    const law = '{discrete: [[500ns, 99.5%], [500us, 0.5%]]}';
    const server = guest(`{name: server, arrivals: ${law}, service: 0}`);
    expect(server).toMatchObject({ arrivals: { kind: 'discrete' } });
    const values =
      server.name === 'server' && 'values' in server.arrivals && server.arrivals.values;
    expect(values).toEqual([
      [500, 0.995],
      [500_000, expect.closeTo(0.005, 12)],
    ]);
  });

  it('replaces each default', () => {
    const { machine, policy } = setup(`${MINIMAL}machine:
  xen: 4.12
  pcpus: 4
  scheduler: {name: credit, timeslice: 5ms, ratelimit: 0, migration_delay: 1ms,
    tickle_one_idle: false, smt_power_savings: true}
  timers: exact
  timer_slop: 0
  costs: {profile: zcu102-a53, page: 2us, trap_entry: 0}
policies: {p: {before: false, during: {every: 50us}}}
`);
    expect(machine).toMatchObject({ xen: '4.12', pcpus: 4, timers: 'exact', timerSlop: 0 });
    expect(machine.scheduler).toEqual({
      name: 'credit',
      timeslice: 5_000_000,
      ratelimit: 0,
      migrationDelay: 1_000_000,
      loadBalanceRatelimit: 1_000_000,
      tickleOneIdle: false,
      smtPowerSavings: true,
    });
    expect(machine.costs).toMatchObject({ page: 2000, trapEntry: 0, enterHypervisor: 101 });
    expect(policy.during).toEqual({ kind: 'every', everyNs: 50_000 });
  });

  it('describes vCPUs and memory', () => {
    const [domain] = setup(`${MINIMAL.split('domains')[0]}machine: {pcpus: 4}
domains:
  d:
    weight: 512
    cap: 150
    memory:
      - {start: 2GiB, size: 4KiB, block: 4KiB, type: mmio, valid: false}
      - {start: 1GiB, size: 1GiB, block: 1GiB}
    vcpus:
      - {guest: hog, count: 2, start: 5ms, hard_affinity: [3, 1, 3], soft_affinity: [0]}
      - {guest: hog, start: random}
`).domains;
    expect(domain).toMatchObject({ name: 'd', weight: 512, cap: 150 });
    expect(domain.memory).toEqual([
      { gfn: 2 ** 18, order: 18, type: 'ram', valid: true, count: 1 },
      { gfn: 2 ** 19, order: 0, type: 'mmio', valid: false, count: 1 },
    ]);
    expect(domain.vcpus).toMatchObject([
      { count: 2, start: 5_000_000, hardAffinity: [1, 3], softAffinity: [0] },
      { count: 1, start: 'random', hardAffinity: 'all' },
    ]);
  });

  it('names the baseline, and each kind and statistic once', () => {
    const { compare, measure } = accept(`${MINIMAL}policies:
  a: {before: true, during: immediate}
  b: {before: true, during: never}
compare: {baseline: b, metrics: [max, max], margin: {absolute: 0, relative: 2.5%}}
measure: {latencies: [wakeup, flush, wakeup], samples: true}
`);
    expect(compare).toEqual({
      baseline: 'b',
      along: [],
      pairs: [],
      metrics: ['max'],
      margin: { absolute: 0, relative: 0.025 },
    });
    expect(measure).toMatchObject({ latencies: ['wakeup', 'flush'], samples: true });
  });

  it('may be shared by an alias without mixing up names', () => {
    const { cells } = accept(
      `${MINIMAL}  # see below
policies: {a: &p {before: true, during: never}, b: *p}
`
        .replace('{hog: {vcpus', '{x: &d {vcpus')
        .replace(']}}\n', ']}, y: *d}\n'),
    );
    expect(cells.map((cell) => cell.setup.policy.name)).toEqual(['a', 'b']);
    expect(cells[0].setup.domains.map((domain) => domain.name)).toEqual(['x', 'y']);
  });
});

it('the schema can be written as JSON Schema, with defaults as files write them', () => {
  const schema = z.toJSONSchema(experimentSchema, { io: 'input' });
  expect(schema.required).toEqual(['question', 'replications', 'duration', 'domains']);
  const machine = schema.properties?.machine as { properties: Record<string, object> };
  expect(machine.properties.timer_slop).toMatchObject({ default: '50us' });
  expect(machine.properties.pcpus).toMatchObject({ default: 1, minimum: 1, maximum: 256 });
});
