import { describe, expect, it } from 'vitest';
import { replicate } from '../../src/experiment/replication.ts';
import type { LatencyKind } from '../../src/measure/latency-kinds.ts';
import { fromText, samplesOf } from '../theory/study.ts';

interface Options {
  readonly count?: number;
  readonly machine?: string;
  readonly kind?: LatencyKind;
}

/** The samples of a kind as `end: value`, of one replication of a server on a machine that takes no time. */
function run(guest: string, { count = 1, machine = '', kind = 'sojourn' }: Options = {}) {
  const experiment = fromText(`
question: q
replications: 1
duration: 1ms
machine: {costs: zero, timers: exact, scheduler: round-robin${machine}}
domains: {server: {vcpus: [{guest: {name: server, ${guest}}, count: ${count}}]}}
measure: {samples: true, latencies: [wait, sojourn, slowdown]}
`);
  const { time, latency } = samplesOf(replicate(experiment.cells[0].setup, 1, 0), kind);
  return Array.from(time, (end, i) => `${end}: ${latency[i]}`);
}

const THREE =
  'arrivals: {recorded: [10ns, 20ns, 100ns]}, service: {recorded: [50ns, 30ns, 5ns]}, jobs: 3';

describe('a server', () => {
  it('serves its jobs one after the other and sleeps between', () => {
    // Arrivals at 10, 30, 130; the second waits for the first.
    expect(run(THREE)).toEqual(['60: 50', '90: 60', '135: 5']);
    expect(run(THREE, { kind: 'wait' })).toEqual(['10: 0', '60: 30', '130: 0']);
    expect(run(THREE, { kind: 'slowdown' })).toEqual(['60: 1000', '90: 2000', '135: 1000']);
  });

  it('shares its queue with the other vCPUs of its group', () => {
    expect(run(THREE, { count: 2, machine: ', pcpus: 2' })).toEqual(['60: 50', '60: 30', '135: 5']);
  });

  it('yields after each chunk, so that equals alternate', () => {
    // The first is alone from 10 to 30, and goes on as the second arrives when it yields; then they take turns.
    const chunks = run(`${THREE}, chunk: 10ns`, { count: 2 });
    expect(chunks).toEqual(['80: 70', '90: 60', '135: 5']);
  });

  it('goes on without end unless the number of jobs is given', () => {
    expect(run('arrivals: 10us, service: 0')).toHaveLength(99);
  });

  it('gives no samples if it is not measured', () => {
    expect(run(`${THREE}, measured: false`)).toEqual([]);
  });
});
