import { describe, expect, it } from 'vitest';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { readExperiment } from '../../src/experiment/plan/parse.ts';
import { replicate } from '../../src/experiment/replication.ts';
import type { LatencyKind } from '../../src/measure/latency-kinds.ts';

const resultOf = (text: string, cell = 0) => {
  const whole = `question: q\nreplications: 1\n${text}`;
  const loaded = readExperiment('x.yaml', whole, costProfileFiles('experiments/x.yaml'));
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const { cells, seed } = loaded.experiment;
  return replicate(cells[cell].setup, seed, 0);
};
const of = (result: ReturnType<typeof resultOf>, kind: LatencyKind) => {
  const found = result.latencies.find((latency) => latency.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
};

describe('a stall', () => {
  it('is one from the first time the vCPU is taken off to its next guest instruction', () => {
    const result = resultOf(`duration: 2s
machine: {pcpus: 1, costs: zero, timers: exact, scheduler: {name: credit2, ratelimit: 0}}
measure: {latencies: [stall, flush], samples: true}
domains:
  flusher: {memory: {ram: 256MiB}, vcpus: [{guest: {name: set-way-flusher, period: 200ms, phase: 0ns}}]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 3ms, run: 500us, phase: 0ns}}]}
`);
    // A page costs nothing here: nobody flushes for long, and each stall is one turn of the waker.
    expect(of(result, 'stall').summary.max).toBe(500_000);
  });

  it('lasts as long as a flush in which the flusher is preempted again and again', () => {
    const result = resultOf(`duration: 2s
machine: {pcpus: 1, costs: {profile: zero, page: 1us}, timers: exact, scheduler: {name: credit2, ratelimit: 0}}
measure: {latencies: [stall, flush]}
domains:
  flusher: {memory: {ram: 256MiB}, vcpus: [{guest: {name: set-way-flusher, period: 200ms, phase: 0ns}}]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 3ms, run: 500us, phase: 0ns}}]}
`);
    const [stall, flush] = [of(result, 'stall').summary, of(result, 'flush').summary];
    // 65536 us of pages, with the waker's turns between; the flusher is taken off within the first 3 ms of it.
    expect(flush.max).toBeGreaterThan(65_536_000);
    expect(stall.max).toBeGreaterThan(flush.max - 3_500_000);
    expect(stall.max).toBeLessThanOrEqual(flush.max);
  });
});

describe('a latency that has not ended', () => {
  const STARVED = (run: string) => `duration: 20ms
machine: {pcpus: 1, costs: zero, timers: exact, scheduler: {name: fixed-priority, priorities: {first: 2, second: 1}}}
measure: {latencies: [virq, wakeup, delivery], samples: true}
domains:
  first: {vcpus: [{guest: ${run}}]}
  second: {vcpus: [{guest: {name: periodic-waker, period: 5ms, phase: 1ms}}]}
`;

  it('is a sample of at least the time until the run has gone on for as long again', () => {
    const result = resultOf(STARVED('hog'));
    expect(result.ranOn).toBe(20e6);
    expect(result.stuck).toEqual(['second/0']);
    for (const [kind, count, length] of [
      ['virq', 1, 39e6],
      ['wakeup', 2, 40e6],
      ['delivery', 2, 40e6],
    ] as const) {
      const { summary, censored } = of(result, kind);
      expect([kind, summary.count, censored, summary.max]).toEqual([kind, count, 1, length]);
    }
    expect(of(result, 'virq').causes.worst[0]).toMatchObject({ censored: true, latency: 39e6 });
    expect(of(result, 'virq').causes.all[8]).toBe(39e6);
  });

  it('is a whole one if it ends meanwhile', () => {
    const result = resultOf(
      STARVED('{name: script, ops: [[run, 25ms], [block, 1s]], repeat: false}'),
    );
    expect(of(result, 'virq')).toMatchObject({ censored: 0 });
    expect(of(result, 'virq').summary.max).toBe(24e6);
    // The run goes on in steps of 1, 2, 4, ... ms.
    expect(result.ranOn).toBe(7e6);
    expect(result.stuck).toEqual(['second/0']);
  });
});

describe('a cap', () => {
  it.each(['credit', 'credit2'])(
    'parks, for a time that is counted alike under %s',
    (scheduler) => {
      const result = resultOf(`duration: 10s
machine: {pcpus: 1, scheduler: ${scheduler}, costs: zero}
domains:
  capped: {cap: 2, vcpus: [{guest: hog}]}
  other: {vcpus: [{guest: {name: periodic-waker, period: 10ms, run: 100us}, start: 100s}]}
measure: {latencies: [parked, wakeup, stall]}
`);
      const parked = of(result, 'parked');
      const total = parked.summary.mean * parked.summary.count;
      // Of each 100 ns the guest has 2; the last time goes on beyond the run.
      expect(total / 10e9).toBeGreaterThan(0.9);
      expect(total / 10e9).toBeLessThan(1.15);
      // Being unparked is no wake-up: there is the start only.
      expect(of(result, 'wakeup').summary.count).toBe(1);
      expect(result.counters.wakes).toBe(1);
    },
  );
});

describe('what is missed', () => {
  it('is counted per guest: expiries, and jobs that are late', () => {
    const result = resultOf(`duration: 100ms
machine: {pcpus: 1, costs: zero, timers: exact, scheduler: {name: fixed-priority, priorities: {busy: 2, waker: 1}}}
domains:
  busy: {vcpus: [{guest: {name: script, ops: [[block, 10500us], [run, 35ms], [block, 1s]], repeat: false}}]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 10ms, phase: 5ms, run: 1ms}}]}
measure: {latencies: [virq]}
`);
    // That of 15 ms is served at 45.5 ms, when those of 25 and 35 ms, and 45 ms, have passed; its run ends at 46.5 ms.
    const [busy, waker] = result.domains;
    expect([waker.missedExpiries, waker.lateJobs]).toEqual([3, 1]);
    expect([busy.missedExpiries, busy.lateJobs]).toEqual([0, 0]);
    expect(result.counters.missed_expiries).toBe(3);
    expect(of(result, 'virq').summary.count).toBe(7);
  });

  it('is counted under rtds: budgets that were not had by the deadline', () => {
    const misses = (budgets: readonly string[]) => {
      const domains = budgets.map(
        (budget, i) =>
          `  d${i}: {rtds: {period: 10ms, budget: ${budget}, extratime: false}, vcpus: [{guest: hog}]}`,
      );
      return resultOf(`duration: 1s
machine: {pcpus: 1, costs: zero, timers: exact, scheduler: rtds}
measure: {latencies: [stall]}
domains:
${domains.join('\n')}
`).domains.map(({ deadlineMisses }) => deadlineMisses);
    };
    expect(misses(['4ms', '5ms'])).toEqual([0, 0]);
    // 15 ms of each 10: somebody goes short in nearly every period.
    const [a, b] = misses(['7ms', '8ms']);
    expect(a + b).toBeGreaterThan(60);
  });

  it('is counted under edf: jobs done after their deadline, and those that never end', () => {
    const result = resultOf(`duration: 100ms
machine: {pcpus: 1, costs: zero, timers: exact, scheduler: {name: edf, deadlines: {late: 2ms, endless: 50ms}}}
measure: {latencies: [wakeup]}
domains:
  late: {vcpus: [{guest: {name: periodic-waker, period: 10ms, phase: 0ns, run: 3ms}}]}
  endless: {vcpus: [{guest: hog}]}
`);
    const [late, endless] = result.domains;
    // One every 10 ms, until the other's deadline of 50 ms is the earliest for ever: the sixth never ends.
    expect(late.deadlineMisses).toBe(6);
    expect(endless.deadlineMisses).toBe(1);
  });
});

describe('counters', () => {
  it('begin after the warm-up, as latencies do', () => {
    const text = (measure: string) => `duration: 100ms
machine: {pcpus: 1, costs: zero, timers: exact}
domains: {waker: {vcpus: [{guest: {name: periodic-waker, period: 10ms, phase: 5ms, run: 1ms}}]}}
measure: {latencies: [virq]${measure}}
`;
    const whole = resultOf(text(''));
    const warm = resultOf(text(', warm_up: 40ms'));
    expect([whole.counters.guest_ns, warm.counters.guest_ns]).toEqual([10e6, 6e6]);
    expect([whole.domains[0].guest, warm.domains[0].guest]).toEqual([10e6, 6e6]);
    expect(warm.counters.idle_ns + warm.counters.guest_ns).toBe(60e6);
    expect([of(whole, 'virq').summary.count, of(warm, 'virq').summary.count]).toEqual([10, 6]);
  });

  it('tell of a pCPU that only switches', () => {
    const text = (ratelimit: string) => `duration: 20ms
machine: {xen: master, pcpus: 1, scheduler: {name: credit2, ratelimit: ${ratelimit}}, costs: qemu-icount}
domains: {busy: {vcpus: [{guest: hog, count: 2}]}}
measure: {latencies: [stall]}
`;
    expect(resultOf(text('1ms')).counters.switches_without_guest).toBeLessThan(5);
    // Who has just been switched out is ahead of the other by what the switch has cost that one, and so on for ever.
    expect(resultOf(text('0')).counters.switches_without_guest).toBeGreaterThan(20);
  });
});
