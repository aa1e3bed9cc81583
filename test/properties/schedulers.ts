import { MS } from '../../src/engine/time.ts';
import type { XenVersion } from '../../src/hypervisor/cpu/softirq.ts';
import type { Reservation, SchedulerFactory } from '../../src/hypervisor/ports.ts';
import { Arinc653Scheduler } from '../../src/schedulers/arinc653/arinc653.ts';
import { CreditScheduler } from '../../src/schedulers/credit/credit.ts';
import { CREDIT_DEFAULTS } from '../../src/schedulers/credit/params.ts';
import { Credit2Scheduler } from '../../src/schedulers/credit2/credit2.ts';
import { CREDIT2_DEFAULTS } from '../../src/schedulers/credit2/params.ts';
import { NullScheduler } from '../../src/schedulers/null/null.ts';
import { EdfScheduler } from '../../src/schedulers/reference/edf.ts';
import { FixedPriorityScheduler } from '../../src/schedulers/reference/fixed-priority.ts';
import { RoundRobinScheduler } from '../../src/schedulers/reference/round-robin.ts';
import { RtdsScheduler } from '../../src/schedulers/rtds/rtds.ts';

/** A scheduler and what it promises. */
export interface SchedulerCase {
  readonly name: string;
  readonly xen: XenVersion;
  readonly factory: SchedulerFactory;
  /**
   * No pCPU idles while a vCPU waits that may run there, but for the time the hypervisor's paths take (`always`);
   * only if they take none and no vCPU is pinned (`unpinned`); or no promise (`never`).
   */
  readonly workConserving: 'always' | 'unpinned' | 'never';
  /** What it falls short of that by [ns]; absent: nothing. */
  readonly idlesBeside?: number;
  /** A vCPU runs where its hard affinity allows. */
  readonly respectsAffinity: boolean;
  /** Nobody who could go on loses the pCPU before this [ns]. */
  readonly ratelimit: number;
  /** Every vCPU that wants to run does so within this time, with 10 vCPUs at most [ns]; undefined: no promise. */
  readonly longestWait?: number;
  /** In the long run CPU time follows weights: a domain's is within this of its share [ns]. */
  readonly shareError?: number;
  /** A domain uses at most this more than its cap over any run [ns]. */
  readonly capExcess?: number;
  /** RTDS: what each vCPU has. */
  readonly reservation?: Reservation;
}

const PLAIN = {
  xen: 'master',
  workConserving: 'always',
  respectsAffinity: true,
  ratelimit: 0,
} as const;

/**
 * Credit is kept to a timeslice (30 ms) above and below 0, a turn lasts another, and every round is rounded up to
 * whole credits. With more vCPUs, or weights that differ by more, a heavy one loses credit: while it waits for the
 * turns of the others it saves up more than a timeslice's, and half of that is taken away (B.5 g) [ns].
 */
const CREDIT_SHARE_ERROR = 100 * MS;

/** Every scheduler, and the settings of it that change what it promises. */
export const SCHEDULERS: readonly SchedulerCase[] = [
  {
    ...PLAIN,
    name: 'credit',
    factory: (machine) => new CreditScheduler(machine),
    // A pCPU that becomes idle within 1 ms of its last look at the others does not look again.
    workConserving: 'never',
    ratelimit: CREDIT_DEFAULTS.ratelimit,
    longestWait: 1000 * MS,
    shareError: CREDIT_SHARE_ERROR,
    capExcess: 60 * MS,
  },
  {
    ...PLAIN,
    name: 'credit without rate limits',
    factory: (machine) =>
      new CreditScheduler(machine, { ...CREDIT_DEFAULTS, ratelimit: 0, loadBalanceRatelimit: 0 }),
    // Two looks at the same instant are one too many even so.
    workConserving: 'never',
    longestWait: 1000 * MS,
    shareError: CREDIT_SHARE_ERROR,
    capExcess: 60 * MS,
  },
  {
    ...PLAIN,
    name: 'credit of 4.12',
    xen: '4.12',
    factory: (machine) => new CreditScheduler(machine),
    // Two wakes at almost the same time tickle the same idle pCPU, unless it has chosen in between.
    workConserving: 'unpinned',
    ratelimit: CREDIT_DEFAULTS.ratelimit,
    longestWait: 1000 * MS,
    shareError: CREDIT_SHARE_ERROR,
    capExcess: 60 * MS,
  },
  {
    ...PLAIN,
    name: 'credit2',
    factory: (machine) => new Credit2Scheduler(machine),
    // A tickled pCPU may take another vCPU than the one it was tickled for, which then waits for the end of the
    // longest slice.
    workConserving: 'unpinned',
    idlesBeside: 10 * MS,
    ratelimit: CREDIT2_DEFAULTS.ratelimit,
    longestWait: 200 * MS,
    shareError: 11 * MS,
    capExcess: 10 * MS,
  },
  {
    ...PLAIN,
    name: 'credit2 with a runqueue per pCPU',
    factory: (machine) => new Credit2Scheduler(machine, { ...CREDIT2_DEFAULTS, runqueue: 'cpu' }),
    // Runqueues are balanced by average load, at resets only.
    workConserving: 'never',
    ratelimit: CREDIT2_DEFAULTS.ratelimit,
    capExcess: 10 * MS,
  },
  {
    ...PLAIN,
    name: 'rtds with extratime',
    factory: (machine) => new RtdsScheduler(machine),
    // As with credit2 a tickled pCPU may take another vCPU.
    workConserving: 'unpinned',
    reservation: { period: 10 * MS, budget: MS, extratime: true },
    longestWait: 30 * MS,
  },
  {
    ...PLAIN,
    name: 'rtds without extratime',
    factory: (machine) => new RtdsScheduler(machine),
    // Who has used up its budget waits.
    workConserving: 'never',
    reservation: { period: 10 * MS, budget: MS, extratime: false },
    longestWait: 30 * MS,
  },
  {
    ...PLAIN,
    name: 'null',
    factory: (machine) => new NullScheduler(machine),
    // A blocked vCPU keeps its pCPU to itself.
    workConserving: 'never',
  },
  {
    ...PLAIN,
    name: 'arinc653',
    factory: (machine) => new Arinc653Scheduler(machine),
    // Without a table nobody runs; vCPUs stay where they were created.
    workConserving: 'never',
    respectsAffinity: false,
  },
  {
    ...PLAIN,
    name: 'round-robin',
    factory: (machine) => new RoundRobinScheduler(machine),
    // 9 turns of 10 ms.
    longestWait: 90 * MS,
  },
  {
    ...PLAIN,
    name: 'fixed-priority',
    factory: (machine) =>
      new FixedPriorityScheduler(machine, { preemptive: true, priorities: [1, 3, 2, 1, 3] }),
  },
  {
    ...PLAIN,
    name: 'fixed-priority without preemption',
    factory: (machine) =>
      new FixedPriorityScheduler(machine, { preemptive: false, priorities: [1, 3, 2, 1, 3] }),
    ratelimit: Number.POSITIVE_INFINITY,
  },
  {
    ...PLAIN,
    name: 'edf',
    factory: (machine) =>
      new EdfScheduler(machine, { deadlines: [5 * MS, MS, 9 * MS, undefined, 2 * MS] }),
  },
];
