import {
  afterEvery,
  beforeEach,
  type CatalogueEntry,
  checked,
  DOMCTL,
  entry,
  spins,
  units,
} from './define.ts';

/** A topology that is read entry by entry: from the 64th on after each one, and the tool asks again. */
const SYSCTL = {
  check: {
    tests: 'events',
    position: 'after',
    last: true,
    count: { kind: 'threshold', least: 64, reset: false, start: 0 },
  },
  hit: 'short-count',
  locks: [{ name: 'sysctl', scope: 'global', take: 'try', mode: 'write' }],
} as const;

/** A program that all pCPUs meet for. */
const MEETS = { context: 'rendezvous', hit: 'retry' } as const;

/** Softirqs, the idle loop, global and privileged operations: sections 1.6 to 1.8 of the atlas. */
export const GLOBAL: readonly CatalogueEntry[] = [
  entry('timers', '1.6 the TIMER softirq: 256 timers that are due at once', {
    ...units(256, [100, 300, 1000]),
    context: 'softirq',
    hit: 'requeue',
  }),
  entry('credit-accounting', '1.6 accounting of credit: 512 active vCPUs, interrupts masked', {
    ...units(512, [50, 100, 300]),
    context: 'softirq',
    hit: 'requeue',
    masked: true,
  }),
  entry('rcu-callbacks', '1.6 RCU: 5000 callbacks, 10 in a pass', {
    ...units(5000, [50, 100, 500]),
    context: 'softirq',
    hit: 'requeue',
    stopAfter: 10,
    stopUnlessOver: 10_000,
  }),
  entry('rcu-flood', '1.6 RCU: 20000 callbacks, more than 10000: all in one pass', {
    ...units(20_000, [50, 100, 500]),
    context: 'softirq',
    hit: 'requeue',
    stopAfter: 10,
    stopUnlessOver: 10_000,
  }),
  entry('stop-machine', '1.7 stop_machine: all pCPUs meet, one works', {
    ...units(1, [10_000, 50_000, 300_000]),
    ...MEETS,
  }),
  entry('late-microcode', '1.7 late loading of microcode: one core, at most a second', {
    ...units(1, [5_000_000, 30_000_000, 1_000_000_000]),
    ...MEETS,
  }),
  entry('live-patch', '1.7 applying a live patch: two meetings within 30 ms', {
    ...units(1, [100_000, 1_000_000, 30_000_000]),
    ...MEETS,
  }),
  entry('core-parking', '1.7 core parking: 16 CPUs in one tasklet', {
    ...units(16, [50_000, 200_000, 1_000_000]),
    context: 'tasklet',
    hit: 'requeue',
  }),
  entry('smt-switch', '1.7 SMT off, x86: 16 CPUs, tested after each', {
    ...units(16, [50_000, 200_000, 1_000_000]),
    context: 'tasklet',
    ...checked(afterEvery(1, false, 'events-unless-idle'), 'requeue'),
  }),
  entry('rtds-params', '1.7 RTDS parameters of 1024 vCPUs', {
    ...units(1024, [100, 200, 500]),
    ...SYSCTL,
    locks: DOMCTL,
  }),
  entry('pci-topology', '1.7 PCI topology of 1024 devices', {
    ...units(1024, [100, 200, 500]),
    ...SYSCTL,
  }),
  entry('domain-list', '1.7 getdomaininfolist: 1024 domains', {
    ...units(1024, [500, 1000, 5000]),
    locks: SYSCTL.locks,
  }),
  entry('live-patch-list', '1.7 list of live patches: 64', {
    ...units(64, [500, 1000, 5000]),
    ...checked(afterEvery(1), 'short-count'),
    locks: spins('payload'),
  }),
  entry('max-vcpus', '1.7 max_vcpus: 128 vCPUs created', {
    ...units(128, [5000, 20_000, 60_000]),
    locks: DOMCTL,
  }),
  entry('kexec-load', '1.7 kexec load: 64 MiB copied', {
    ...units(16_384, [400, 1000, 4000]),
    locks: spins('kexec'),
  }),
  entry(
    'hypfs-read',
    '1.7 hypfs read: 256 nodes',
    {
      ...units(256, [200, 500, 2000]),
      locks: spins('hypfs'),
    },
    { '4.12': false },
  ),
  entry(
    'dt-overlay',
    '1.7 device-tree overlay, Arm: 32 devices',
    {
      ...units(32, [20_000, 100_000, 500_000]),
      locks: spins('overlay'),
    },
    { '4.12': false, '4.17': false },
  ),
  entry('hvm-context', '1.7 saving the HVM context: 1024 entries, softirqs in place between them', {
    ...units(1024, [500, 2000, 10_000]),
    ...checked(afterEvery(1), 'process-softirqs'),
  }),
  entry('dump-domains', "1.8 key 'q': 16 times 64 vCPUs, softirqs in place between them", {
    ...units(16, [1_000_000, 5_000_000, 20_000_000]),
    ...checked(afterEvery(1), 'process-softirqs'),
  }),
  entry('sync-console', '1.8 a line on a synchronous console', {
    ...units(4, [1_000_000, 7_000_000, 140_000_000]),
    ...checked(beforeEach()),
    locks: spins('console'),
    masked: true,
    origin: '0.14 s: commit 6bd1b4d35c, a slow UART; the rest assumed',
  }),
];
