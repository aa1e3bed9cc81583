import { describe, expect, it } from 'vitest';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { readExperiment } from '../../src/experiment/plan/parse.ts';
import { type ReplicationResult, replicate } from '../../src/experiment/replication.ts';
import type { Cell, Experiment } from '../../src/experiment/schema/schema.ts';
import type { LatencyKind } from '../../src/measure/latency-kinds.ts';
import { meanInterval } from '../../src/stats/interval.ts';
import { largest } from '../extremes.ts';

/** Loads an experiment from its text, cost profiles from the shipped ones. */
function load(text: string): Experiment {
  const loaded = readExperiment('test.yaml', text, costProfileFiles('experiments/test.yaml'));
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.experiment;
}

function cellOf(experiment: Experiment, id: string): Cell {
  const cell = experiment.cells.find((candidate) => candidate.id.startsWith(id));
  if (cell === undefined) throw new Error(`no cell ${id}`);
  return cell;
}

const summaryOf = (result: ReplicationResult, kind: LatencyKind) => {
  const latency = result.latencies.find((candidate) => candidate.kind === kind);
  if (latency === undefined) throw new Error(`no ${kind}`);
  return latency.summary;
};

const POLICIES = `
policies:
  upstream: {before: true, during: {threshold: 512}}
  during-only: {before: false, during: {threshold: 512}}
  before-only: {before: true, during: never}
  never: {before: false, during: never}
  immediate: {before: true, during: immediate}
`;

const STUDY = `
question: Does it matter?
replications: 6
duration: 500ms
machine: {costs: qemu-icount, scheduler: {name: credit, ratelimit: 0}}
domains:
  flusher: {memory: {ram: 16MiB}, vcpus: [{guest: {name: set-way-flusher, period: 3ms}}]}
  waker: {vcpus: [{guest: {name: poisson-waker, mean: 300us, run: 5us}}]}
measure: {warm_up: 100ms}
${POLICIES}`;

describe('replicate', () => {
  const study = load(STUDY);
  const run = (policy: string, replication: number) =>
    replicate(cellOf(study, policy).setup, study.seed, replication);

  it('is a pure function of cell, seed and replication', () => {
    expect(run('upstream', 3)).toEqual(run('upstream', 3));
    expect(run('upstream', 3)).not.toEqual(run('upstream', 4));
  });

  it('orders the policies: immediate <= upstream <= never, in every replication', () => {
    for (let replication = 0; replication < 6; replication++) {
      const [immediate, upstream, never] = ['immediate', 'upstream', 'never'].map((policy) =>
        summaryOf(run(policy, replication), 'softirq_flush'),
      );
      expect(immediate.mean).toBeLessThanOrEqual(upstream.mean);
      expect(upstream.mean).toBeLessThanOrEqual(never.mean);
      expect(upstream.p99).toBeLessThanOrEqual(never.p99);
    }
  });

  it('lets no softirq wait longer in a flush than 52 pages and the path', () => {
    // 52 pages, a lookup at a block boundary and the check; then -ERESTART and dispatch; an interrupt may
    // come between. The trap before and the tail after the flush are shorter than that.
    const chunk = 52 * 368 + 321 + 6;
    const path = 30 + 77 + 125;
    for (let replication = 0; replication < 6; replication++) {
      const { max } = summaryOf(run('upstream', replication), 'softirq_flush');
      expect(max).toBeLessThanOrEqual(chunk + path + 293);
      expect(max).toBeGreaterThan(0.9 * chunk);
    }
  });

  it('makes others wait for the whole flush if it never looks', () => {
    const flush = 4096 * 368;
    expect(summaryOf(run('never', 0), 'virq').max).toBeGreaterThan(0.8 * flush);
    expect(summaryOf(run('before-only', 0), 'virq').max).toBeGreaterThan(0.8 * flush);
    expect(summaryOf(run('upstream', 0), 'virq').max).toBeLessThan(0.2 * flush);
  });

  it('counts what it does: time adds up, pages are whole flushes', () => {
    const { counters } = run('upstream', 0);
    const { guest_ns, hypervisor_ns, interrupt_ns, idle_ns } = counters;
    // The warm-up of 100 ms does not count.
    expect(guest_ns + hypervisor_ns + interrupt_ns + idle_ns).toBe(400e6);
    expect(counters.flushes).toBeGreaterThan(100);
    // Flushes that the warm-up or the end cuts.
    expect(Math.abs(counters.pages_flushed - counters.flushes * 4096)).toBeLessThan(4096);
    expect(counters.erestarts).toBeGreaterThan(0);
  });

  it('drops what began before the warm-up', () => {
    const cold = load(STUDY.replace('warm_up: 100ms', 'warm_up: 0'));
    const kept = summaryOf(run('upstream', 0), 'virq').count;
    const all = summaryOf(replicate(cellOf(cold, 'upstream').setup, 1, 0), 'virq').count;
    expect(all - kept).toBeGreaterThan(200);
    expect(all - kept).toBeLessThan(500);
  });
});

describe('common random numbers', () => {
  it('an unrelated domain leaves the arrivals of the others unchanged', () => {
    const alone = `
question: q
replications: 1
duration: 50ms
machine: {pcpus: 2, costs: zero, timers: exact}
domains:
  waker: {vcpus: [{guest: {name: poisson-waker, mean: 1ms}, hard_affinity: [0]}]}
measure: {samples: true}
`;
    const beside = alone.replace(
      'domains:',
      'domains:\n  other: {vcpus: [{guest: {name: poisson-waker, mean: 1ms}, hard_affinity: [1]}]}',
    );
    const times = (text: string, vcpu: number) => {
      const result = replicate(load(text).cells[0].setup, 1, 0);
      const columns = result.samples.find(({ kind }) => kind === 'virq')?.columns;
      return Array.from(columns?.time ?? []).filter((_, i) => columns?.vcpu[i] === vcpu);
    };
    expect(times(alone, 0).length).toBeGreaterThan(20);
    expect(times(beside, 1)).toEqual(times(alone, 0));
  });
});

describe('closed form', () => {
  // theory: a softirq raised at a uniformly random moment of a job in chunks of constant length c waits
  // U(0, c): mean c / 2, 99th percentile 0.99 c. The jitter is uniform over 50 chunks, so that the moment within
  // a chunk is uniform although each interruption starts a new one.
  const PAGE = 368;
  const chunk = 52 * PAGE;
  const study = load(`
question: How long does a softirq wait that is raised during an endless flush of constant pages?
replications: 20
duration: 4s
machine: {costs: {profile: zero, page: ${PAGE}ns}, timer_slop: 0, scheduler: {name: credit, ratelimit: 0, timeslice: 1s}}
domains:
  flusher: {memory: {ram: 1TiB, block: 1GiB}, vcpus: [{guest: {name: set-way-flusher, period: 1ms, phase: 0}}]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 100us, jitter: ${50 * chunk - 1}ns}}]}
measure: {latencies: [softirq_flush], warm_up: 40ms}
`);
  const summaries = Array.from({ length: 20 }, (_, replication) =>
    summaryOf(replicate(study.cells[0].setup, study.seed, replication), 'softirq_flush'),
  );

  it('mean c / 2 lies in the 95 % interval over replications', () => {
    const { lo, hi, estimate } = meanInterval(summaries.map(({ mean }) => mean));
    expect(lo).toBeLessThanOrEqual(chunk / 2);
    expect(hi).toBeGreaterThanOrEqual(chunk / 2);
    expect(Math.abs(estimate / (chunk / 2) - 1)).toBeLessThan(0.01);
  });

  it('99th percentile 0.99 c lies in the 95 % interval over replications', () => {
    const { lo, hi } = meanInterval(summaries.map(({ p99 }) => p99));
    expect(lo).toBeLessThanOrEqual(0.99 * chunk);
    expect(hi).toBeGreaterThanOrEqual(0.99 * chunk);
  });

  it('nobody waits longer than a chunk', () => {
    expect(largest(summaries.map(({ max }) => max))).toBeLessThanOrEqual(chunk);
  });
});

describe('a large guest', () => {
  const events = (ram: string, interruptions: number) => {
    const period = '1ms';
    const { cells, seed } = load(`
question: q
replications: 1
duration: ${interruptions}ms
machine: {costs: {profile: zero, page: 10ns}, timers: exact, scheduler: {name: credit, ratelimit: 0, timeslice: 1s}}
domains:
  waker: {vcpus: [{guest: {name: periodic-waker, period: ${period}, phase: 500us}}]}
  flusher: {memory: {ram: ${ram}}, vcpus: [{guest: {name: set-way-flusher, period: 100s, phase: 0}}]}
`);
    return replicate(cells[0].setup, seed, 0).counters;
  };

  it('of 1 TiB costs as many events as one of 1 GiB interrupted as often', () => {
    // 1 GiB takes 2.6 ms here, so both are interrupted twice.
    const small = events('1GiB', 2);
    const large = events('1TiB', 2);
    expect(small.erestarts).toBe(2);
    expect(large.erestarts).toBe(2);
    expect(large.events).toBe(small.events);
  });

  it('costs events for interruptions only', () => {
    const perInterruption = (events('1TiB', 1001).events - events('1TiB', 1).events) / 1000;
    expect(perInterruption).toBeLessThan(12);
  });
});
