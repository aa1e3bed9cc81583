import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defineExperiment, ExperimentError } from '../../../src/experiment/define.ts';
import { replicate } from '../../../src/experiment/replication.ts';
import { tellTimeline } from '../../../src/traces/tell-timeline.ts';
import { recordTimeline } from '../../../src/traces/timeline.ts';
import type { TimelineSink } from '../../../src/traces/timeline-sink.ts';
import { Tracks } from '../../../src/traces/tracks.ts';

type Description = Parameters<typeof defineExperiment>[0];

const ZERO = 'zero';

const page = { kinds: { page: { cost: '1us' } }, origin: 'made up' } as const;
const check = { tests: 'events', position: 'after', every: 10 } as const;

/** A guest that asks for `work` every 10 ms beside one whose timer expires every ms, on machines of some pCPUs. */
function study(jobs: object, change: object = {}, pcpus = 1, tools = 1): Description {
  return {
    question: 'made up',
    replications: 1,
    duration: '100ms',
    machine: { pcpus, scheduler: { name: 'credit', ratelimit: 0 }, costs: ZERO },
    jobs,
    domains: {
      tool: {
        vcpus: [
          {
            guest: {
              name: 'program',
              ops: [
                ['block', '10ms'],
                ['work', 'work'],
              ],
            },
            count: tools,
          },
        ],
      },
      waker: { vcpus: [{ guest: { name: 'periodic-waker', period: '1ms', phase: '300us' } }] },
    },
    policies: { upstream: { before: true, during: { threshold: 512 } } },
    measure: { latencies: ['job_work', 'softirq_work', 'virq', 'lock_hold', 'lock_wait'] },
    ...change,
  } as Description;
}

function run(description: Description) {
  const profiles = { [ZERO]: zeroProfile };
  const experiment = defineExperiment(description, { profiles });
  const { counters, latencies } = replicate(experiment.cells[0].setup, 1, 0);
  const of = (name: string) => latencies.find(({ kind }) => kind === name)?.summary;
  return { counters, of };
}

const zeroProfile = readFileSync('experiments/costs/zero.yaml', 'utf8');

describe('a job of 5000 units of 1 us with a test every 10', () => {
  const job = { ...page, units: [['page', 5000]], check };

  it.each([
    ['hypercall', 'continuation'],
    ['hypercall', 'short-count'],
    ['hypercall', 'in-place'],
    ['trap', 'in-place'],
    ['return-path', 'in-place'],
    ['softirq', 'requeue'],
    ['tasklet', 'requeue'],
    ['tasklet', 'requeue-next'],
    ['idle', 'requeue'],
  ])('in context %s with hit %s lets softirqs in after 10 units', (context, hit) => {
    const pcpus = hit === 'requeue-next' ? 2 : 1;
    const { counters, of } = run(study({ work: { ...job, context, hit } }, {}, pcpus));
    expect(counters.work_done).toBeGreaterThan(5);
    expect(counters.work_units).toBe(5000 * counters.work_done);
    expect(counters.work_hits).toBeGreaterThan(5);
    expect(of('job_work')?.min).toBeGreaterThanOrEqual(5_000_000);
    expect(of('softirq_work')?.max).toBeLessThanOrEqual(10_000);
    expect(of('softirq_work')?.count).toBeGreaterThan(5);
  });

  it('that runs softirqs in place but SCHEDULE lets no other vCPU run', () => {
    const { counters, of } = run(study({ work: { ...job, hit: 'process-softirqs' } }));
    expect(counters.work_hits).toBe(0);
    expect(of('virq')?.max).toBeGreaterThan(3_000_000);
    expect(of('virq')?.max).toBeLessThan(5_000_000);
  });

  it.each([true, false])(
    'on the return path is checked before it, or not, as the policy says: %s',
    (before) => {
      const policies = { one: { before, during: { threshold: 512 } } };
      const program = {
        name: 'program',
        ops: [
          ['poll', '40ms'],
          ['work', 'work'],
        ],
      };
      const timer = { name: 'periodic-waker', period: '40ms', phase: '250ns' };
      const domains = {
        tool: { weight: 60000, vcpus: [{ guest: program }] },
        waker: { vcpus: [{ guest: timer }] },
      };
      const costs = { profile: ZERO, trap_entry: '500ns' };
      const scheduler = { name: 'credit', ratelimit: 0 };
      const machine = { pcpus: 1, timer_slop: 0, scheduler, costs };
      const work = { ...job, context: 'return-path', hit: 'in-place' };
      const measure = { latencies: ['virq'], warm_up: '100ms' };
      const { of } = run(
        study({ work }, { policies, domains, machine, duration: '400ms', measure }),
      );
      // The timer is due in the 500 ns of the trap; with the test after 10 units of 1 us.
      expect(of('virq')?.max).toBe(before ? 250 : 10_250);
    },
  );

  it('that is never tested makes everybody wait to its end', () => {
    const { of } = run(study({ work: { ...job, check: 'never' } }));
    expect(of('softirq_work')?.max).toBe(4_700_000);
  });
});

describe('a job of 2^30 units that are tested each', () => {
  it('costs the events of its interruptions, not of its units', () => {
    const units = [['page', 2 ** 30]];
    const each = { ...check, every: 1 };
    const { counters } = run(study({ work: { ...page, units, check: each } }));
    expect(counters.work_hits).toBeGreaterThan(50);
    expect(counters.events).toBeLessThan(3000);
  });
});

describe('a timeline', () => {
  it('has the calls of a job by its name, its hits and its end', () => {
    const description = study({ work: { ...page, units: [['page', 2000]], check } });
    const { cells } = defineExperiment(description, { profiles: { [ZERO]: zeroProfile } });
    const timeline = recordTimeline(cells[0].setup, 1, 0);
    const told: string[] = [];
    const sink = new Proxy({} as TimelineSink, {
      get:
        (_, what) =>
        (...args: unknown[]) => {
          const name = args.find((arg) => typeof arg === 'string');
          if (name !== undefined) told.push(`${String(what)} ${name}`);
        },
    });
    tellTimeline(timeline, new Tracks(timeline), sink);
    const calls = told.filter((text) => text === 'begin work of tool/0').length;
    const hits = told.filter((text) => text === 'instant work: a test finds something').length;
    const ends = told.filter((text) => text === 'instant work of tool/0 done').length;
    expect(ends).toBeGreaterThan(5);
    expect(calls).toBe(hits + ends);
  });
});

describe('a job on several pCPUs', () => {
  const job = { ...page, units: [['page', 2000]], check };

  it('whose lock is tried for makes others trap again, without any of them spinning', () => {
    const locks = [{ name: 'domctl', take: 'try' }];
    const { counters, of } = run(
      study({ work: { ...job, locks, costs: { enter: '1us' } } }, {}, 4, 3),
    );
    expect(counters.work_refusals).toBeGreaterThan(1000);
    expect(counters.work_waited_ns).toBe(0);
    // Two wait for the first, one for the second.
    expect(of('job_work')?.max).toBeGreaterThan(6_000_000);
  });

  it('whose lock is span for makes them wait in a line', () => {
    const { counters, of } = run(study({ work: { ...job, locks: [{ name: 'a' }] } }, {}, 4, 3));
    expect(counters.work_refusals).toBe(0);
    expect(counters.work_waited_ns).toBeGreaterThan(0);
    expect(of('lock_wait')?.max).toBeGreaterThan(3_900_000);
  });

  it('whose lock is read keeps no other reader out, but a writer, and who comes behind him', () => {
    const locks = [{ name: 'a', mode: 'read' }];
    const readers = run(study({ work: { ...job, locks } }, {}, 4, 3));
    expect(readers.counters.work_waited_ns).toBe(0);
    const tried = run(study({ work: { ...job, locks: [{ ...locks[0], take: 'try' }] } }, {}, 4, 3));
    expect(tried.counters.work_refusals).toBe(0);
    // One reads from 10 ms to 12 ms; the writer comes at 11 ms, and another reader behind him at 11.5 ms.
    const asks = (name: string, after: string, pcpu: number) => ({
      vcpus: [
        {
          start: '0ms',
          hard_affinity: [pcpu],
          guest: {
            name: 'program',
            ops: [
              ['poll', after],
              ['work', name],
            ],
          },
        },
      ],
    });
    const domains = {
      tool: asks('work', '10ms', 0),
      writer: asks('writes', '11ms', 1),
      late: asks('work', '11500us', 2),
    };
    const writes = { ...page, units: [['page', 500]], locks: [{ name: 'a' }], check: 'never' };
    const work = { ...page, units: [['page', 2000]], locks, check: 'never' };
    const { of, counters } = run(
      study(
        { work, writes },
        { domains, duration: '20ms', measure: { latencies: ['job_work', 'job_writes'] } },
        3,
      ),
    );
    expect(of('job_writes')?.max).toBe(1_500_000);
    expect(of('job_work')?.min).toBe(2_000_000);
    expect(of('job_work')?.max).toBe(3_000_000);
    expect(counters.work_waited_ns).toBe(1_000_000);
  });

  it('with the p2m lock of its domain waits for the flush, and the flush for it', () => {
    const flusher = { guest: { name: 'set-way-flusher', period: '10ms' }, hard_affinity: [0] };
    const tool = { guest: { name: 'program', ops: [['work', 'work']] }, hard_affinity: [1] };
    const domains = { flusher: { memory: { ram: '64MiB' }, vcpus: [flusher, tool] } };
    const measure = { latencies: ['lock_wait'] };
    const machine = {
      pcpus: 2,
      scheduler: { name: 'credit', ratelimit: 0 },
      costs: { profile: ZERO, page: '100ns' },
    };
    const waited = (mode: string) => {
      const work = { ...job, locks: [{ name: 'p2m', scope: 'domain', mode }], check: 'never' };
      const { of, counters } = run(study({ work }, { domains, machine, measure }));
      expect(counters.flushes).toBeGreaterThan(1);
      return of('lock_wait')?.count ?? 0;
    };
    expect(waited('write')).toBeGreaterThan(1);
    expect(waited('read')).toBe(0);
  });

  it('for which all pCPUs meet stops guests on each of them', () => {
    const rendezvous = { ...job, context: 'rendezvous', hit: 'retry', check: 'never' };
    const { counters, of } = run(study({ work: rendezvous }, {}, 4));
    expect(counters.work_done).toBeGreaterThan(5);
    expect(of('virq')?.max).toBeGreaterThan(1_500_000);
    expect(of('virq')?.max).toBeLessThanOrEqual(2_000_000);
  });

  it('at boot is done once, before anything is scheduled on the first pCPU; timers are served where it says so', () => {
    const domains = {
      waker: { vcpus: [{ guest: { name: 'periodic-waker', period: '1ms', phase: '300us' } }] },
    };
    const measure = { latencies: ['job_work', 'softirq_timer', 'virq'] };
    const boot = { ...job, context: 'boot' };
    const served = run(
      study(
        {
          work: {
            ...boot,
            hit: 'process-softirqs',
            check: { tests: 'softirqs', position: 'after', every: 10 },
          },
        },
        { domains, measure },
      ),
    );
    expect(served.counters.work_done).toBe(1);
    expect(served.of('job_work')).toMatchObject({ count: 1, max: 2_000_000 });
    // Its first expiry, at 300 us, is seen when the pCPU is let go.
    expect(served.of('virq')?.max).toBe(1_700_000);
    expect(served.of('softirq_timer')?.max).toBeLessThanOrEqual(10_000);
    const unserved = run(study({ work: { ...boot, check: 'never' } }, { domains, measure }));
    expect(unserved.of('virq')?.max).toBe(1_700_000);
    expect(unserved.of('softirq_timer')?.max).toBeGreaterThan(1_500_000);
    expect(() => run(study({ work: { ...boot, check: 'never' } }))).toThrow(
      'work is done at boot: no guest can ask for it',
    );
  });

  it('that pauses a domain waits until that is off its pCPU, once', () => {
    const long = { ...page, units: [['page', 1500]], check: 'never' };
    const busy = { guest: { name: 'program', ops: [['work', 'long']] }, hard_affinity: [1] };
    const tool = {
      guest: {
        name: 'program',
        ops: [
          ['poll', '7ms'],
          ['work', 'work'],
        ],
      },
    };
    const domains = {
      tool: { vcpus: [{ ...tool, hard_affinity: [0] }] },
      busy: { vcpus: [busy] },
    };
    const jobs = { work: { ...job, pauses: 'busy' }, long };
    const { counters, of } = run(study(jobs, { domains }, 2));
    expect(counters.work_done).toBeGreaterThan(8);
    expect(of('job_work')?.max).toBeGreaterThan(2_500_000);
    expect(of('job_work')?.max).toBeLessThanOrEqual(3_600_000);
    // It spins once for each request, and the domain stands still while it works.
    expect(of('lock_wait')?.count).toBeLessThanOrEqual(counters.work_done + 1);
    expect(counters.long_units).toBeLessThan(85_000);
  });

  it('is followed by another', () => {
    const callback = { ...page, units: [['page', 25]], context: 'softirq', hit: 'requeue' };
    const jobs = {
      work: { ...job, followed_by: 'callbacks' },
      callbacks: { ...callback, check: 'never', stop_after: 10 },
    };
    const { counters } = run(study(jobs));
    expect(counters.callbacks_done).toBe(counters.work_done);
    expect(counters.callbacks_calls).toBe(3 * counters.callbacks_done);
  });
});

describe('bad jobs are told with their places', () => {
  it('all at once, whatever else is wrong with others', () => {
    const jobs = {
      free: { ...job, kinds: { page: { cost: 0 } } },
      work: { ...job, check: { postion: 'after', every: 1 } },
      c: 'relinquish-memry',
    };
    const told = (): string => {
      try {
        defineExperiment(study(jobs), { profiles: { [ZERO]: zeroProfile } });
        return '';
      } catch (error) {
        return String(error);
      }
    };
    expect(told()).toContain('jobs.free.kinds.page.cost: units without cost');
    expect(told()).toContain('jobs.work.check.postion: unknown key');
    expect(told()).toContain('jobs.c: there is no job relinquish-memry in the catalogue');
  });

  it('so is a level that adds one', () => {
    const factors = {
      more: { levels: { yes: { 'jobs.other': { ...page, units: [['page', 5]], check } } } },
    };
    const base = { work: { ...page, units: [['page', 5]], check } };
    const define = () =>
      defineExperiment(study(base, { factors }), { profiles: { [ZERO]: zeroProfile } });
    expect(define).toThrow('a level cannot add the job other');
  });

  const job = { ...page, units: [['page', 5]], check };
  it.each([
    [{ wrok: job }, 'domains.tool.vcpus.0.guest.ops.1.1: work is no job'],
    [{ work: { ...job, followed_by: 'more' } }, 'jobs.work.followed_by: more is no job in context'],
    [{ work: { ...job, locks: [{ name: 'a' }, { name: 'a' }] } }, 'jobs.work.locks.1: nobody can'],
    [{ work: { ...job, check: { position: 'before', every: 1, start: 1 } } }, 'jobs.work.check: '],
    [
      { work: { ...job, kinds: { page: { cost: 0 } } } },
      'jobs.work.kinds.page.cost: units without',
    ],
    [{ work: { ...job, pauses: 'tol' } }, 'jobs.work.pauses: tol is no domain'],
    [{ work: { ...job, pauses: 'tool' } }, 'work pauses tool, which asks for it'],
    [{ work: job, timer: job }, 'jobs.timer: a job cannot be called timer'],
    [{ work: 'relinqish' }, 'jobs.work: there is no job relinqish in the catalogue'],
  ])('%#', (jobs, message) => {
    const define = () => defineExperiment(study(jobs), { profiles: { [ZERO]: zeroProfile } });
    expect(define).toThrow(ExperimentError);
    expect(define).toThrow(message);
  });
});
