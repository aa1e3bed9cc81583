import fc from 'fast-check';

const us = (min: number, max: number) => fc.integer({ min, max }).map((n) => `${n}us`);
const ms = (min: number, max: number) => fc.integer({ min, max }).map((n) => `${n}ms`);

const scriptOp = fc.oneof(
  us(20, 3000).map((time) => ['run', time]),
  us(20, 3000).map((time) => ['block', time]),
  fc.constant(['yield']),
);

const programOp = fc.oneof(
  us(20, 2000).map((time) => ['run', time]),
  us(20, 2000).map((time) => ['block', time]),
  fc.constantFrom(
    ['yield'],
    ['set-way', 3],
    ['caches', 'off'],
    ['caches', 'on'],
    ['vm-register'],
    ['touch', '2MiB'],
    ['touch', '0MiB', 2],
    ['mmio'],
    ['io', 'model'],
    ['defer', 'd0', '150us'],
  ),
);

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });

const guest = fc.oneof(
  fc.constant('hog'),
  fc.record({
    name: fc.constant('periodic-waker'),
    period: us(100, 5000),
    jitter: us(0, 90),
    run: us(0, 200),
    phase: fc.constantFrom('random', '0ms'),
  }),
  fc.record({ name: fc.constant('poisson-waker'), mean: us(100, 5000), run: us(0, 200) }),
  fc.record({
    name: fc.constant('set-way-flusher'),
    period: ms(1, 20),
    ops: fc.integer({ min: 1, max: 3 }),
    touch: fc.integer({ min: 0, max: 2000 }),
    timer: maybe(fc.record({ period: us(300, 5000), jitter: us(0, 90) })),
  }),
  fc.record({
    name: fc.constant('server'),
    arrivals: fc.constantFrom('900us', { exponential: '700us' }),
    service: fc.constantFrom('200us', { exponential: '300us' }),
    chunk: maybe(fc.constant('50us')),
  }),
  fc.record({
    name: fc.constant('program'),
    ops: fc
      .array(programOp, { minLength: 1, maxLength: 6 })
      .map((ops) => [['poll', '700us'], ...ops]),
    repeat: fc.boolean(),
  }),
  fc.record({
    name: fc.constant('notifier'),
    period: us(100, 3000),
    target: fc.constant('sleeper'),
  }),
  fc.record({
    name: fc.constant('cache-cleaner'),
    period: ms(1, 10),
    work: us(50, 500),
  }),
  fc.record({
    name: fc.constant('script'),
    ops: fc.array(scriptOp, { minLength: 1, maxLength: 5 }).map((ops) => [['run', '50us'], ...ops]),
    repeat: fc.boolean(),
  }),
);

const some = (pcpus: number) =>
  fc.uniqueArray(fc.integer({ min: 0, max: pcpus - 1 }), { minLength: 1, maxLength: pcpus });

const domain = (pcpus: number) =>
  fc.record({
    weight: fc.integer({ min: 1, max: 2000 }),
    cap: fc.constantFrom(0, 0, 0, 30, 80, 150),
    memory: fc.record({
      ram: fc.constantFrom('4MiB', '16MiB', '64MiB', '1GiB'),
      block: fc.constantFrom('4KiB', '2MiB'),
    }),
    rtds: maybe(fc.record({ period: ms(2, 20), budget: us(200, 2000), extratime: fc.boolean() })),
    vcpus: fc.array(
      fc.record({
        guest,
        count: fc.integer({ min: 1, max: 2 }),
        start: fc.constantFrom('random', '0ms', '3ms'),
        hard_affinity: maybe(some(pcpus)),
        soft_affinity: maybe(some(pcpus)),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  });

const scheduler = fc.oneof(
  fc.record({
    name: fc.constant('credit'),
    timeslice: ms(1, 60),
    ratelimit: fc.constantFrom('0ms', '500us', '1ms'),
    migration_delay: us(0, 1000),
    tickle_one_idle: fc.boolean(),
  }),
  fc.record({
    name: fc.constant('credit2'),
    ratelimit: fc.constantFrom('0ms', '500us', '1ms'),
    runqueue: fc.constantFrom('cpu', 'core', 'socket', 'all'),
    cap_period: ms(1, 20),
    migrate_resist: us(0, 1000),
  }),
  fc.constantFrom('rtds', 'null', 'round-robin', 'fixed-priority', 'edf'),
  fc.record({
    name: fc.constant('arinc653'),
    major_frame: fc.constant('10ms'),
    entries: fc.constant([
      { domain: 'd0', runtime: '4ms' },
      { domain: 'd1', runtime: '4ms' },
    ]),
  }),
);

const policy = fc
  .record({
    before: fc.boolean(),
    during: fc.oneof(
      fc.constantFrom('never', 'immediate'),
      fc.integer({ min: 1, max: 4096 }).map((threshold) => ({ threshold })),
      us(5, 500).map((every) => ({ every })),
    ),
    style: maybe(fc.constantFrom('continuation', 'tasklet', 'work-queue', 'no-softirqs')),
    lock: maybe(fc.constantFrom('drop', 'break')),
    traps: maybe(fc.constantFrom('every-op', 'none')),
    loop: maybe(fc.constantFrom('vcpu-pcpu', 'do-pcpu-while-vcpu', 'while-vcpu-pcpu')),
    deferred_round: maybe(us(20, 100)),
    charge: maybe(fc.constant('nobody')),
  })
  .map(({ style, ...rest }) =>
    // Immediate goes with in place only.
    rest.during === 'immediate' || style === undefined ? rest : { style, ...rest },
  );

/** A random experiment, as the text of a file. New guests, policies and schedulers belong here too. */
const experiment = fc.integer({ min: 1, max: 4 }).chain((pcpus) =>
  fc
    .record({
      question: fc.constant('Does anything break?'),
      seed: fc.integer({ min: 0, max: 1e9 }),
      replications: fc.constant(2),
      duration: ms(5, 60),
      machine: fc.record({
        xen: fc.constantFrom('master', '4.17', '4.12'),
        pcpus: fc.constant(pcpus),
        scheduler,
        timers: fc.constantFrom('xen', 'xen', 'exact'),
        timer_slop: us(0, 100),
        stage2_bits: maybe(fc.constantFrom(40, 42, 44, 48)),
        costs: fc.constantFrom('qemu-icount', 'zcu102-a53', 'zero'),
      }),
      domains: fc.array(domain(pcpus), { minLength: 2, maxLength: 4 }).map((list) => ({
        ...Object.fromEntries(list.map((one, i) => [`d${i}`, one])),
        sleeper: { vcpus: [{ guest: 'sleeper' }] },
        model: { vcpus: [{ guest: 'device-model' }] },
        linux: {
          memory: { ram: '16MiB', block: '2MiB' },
          vcpus: [
            {
              guest: { name: 'linux32', cache: 'a7', decompress: '1ms', init: '500us' },
              count: 2,
              start: '1ms',
            },
          ],
        },
      })),
      policies: fc.record({ a: policy, b: policy }),
      measure: fc.constant({ samples: true }),
    })
    .map((value) => `${JSON.stringify(value, null, 1)}\n`),
);

/** The experiment of a seed. */
export function randomExperiment(seed: number): string {
  return fc.sample(experiment, { seed, numRuns: 1 })[0];
}
