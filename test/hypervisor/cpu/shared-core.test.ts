import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import { refuse } from '../../experiment/fixtures.ts';
import { experiment, run } from '../../parts/small-study.ts';

/** Two threads of a core; a guest that flushes on one, and what is on the other. */
function flushes(sibling: string, slowdown: number, more = ''): number[] {
  const study = experiment(`
duration: 100ms
machine: {costs: {profile: zero, page: 1us}, timers: exact, scheduler: "null", topology: {cores: 1, threads: 2, slowdown: ${slowdown}}}
domains:
  a: {memory: {ram: 4MiB}, vcpus: [{guest: {name: program, repeat: false, ops: [[run, 10ms], [set-way, 1], [run, 10ms]]}, hard_affinity: [0]}]}
  b: {vcpus: [{guest: ${sibling}, hard_affinity: [1]}]}
${more}measure: {latencies: [batch]}
`);
  const { samples } = run(study);
  return [...(samples.find(({ kind }) => kind === 'batch')?.columns.latency ?? [])];
}

/** 1024 pages. */
const FLUSH = 1_024_000;
const script = (ops: string) => `{name: script, repeat: false, ops: [${ops}]}`;

describe('a core whose threads slow each other down', () => {
  it('has full speed while the other thread idles, and less while it does not', () => {
    expect(flushes(script('[block, 1s]'), 1.6)).toEqual([FLUSH]);
    expect(flushes('hog', 1.6)).toEqual([1.6 * FLUSH]);
    expect(flushes('hog', 1)).toEqual([FLUSH]);
    expect(flushes('hog', 1.37)).toEqual([Math.ceil(1.37 * FLUSH)]);
  });

  it('changes speed in the middle of a flush', () => {
    // Each slows the other down: the sibling's 200 us take 400, in which 200 us of the flush are done.
    expect(flushes(script('[block, 10ms], [run, 200us], [block, 1s]'), 2)).toEqual([
      FLUSH + 200_000,
    ]);
  });

  it('slows guest code down too, and its share of a pCPU is what passes', () => {
    const study = experiment(`
duration: 100ms
machine: {costs: zero, timers: exact, scheduler: "null", topology: {cores: 1, threads: 2, slowdown: 2}}
domains:
  a: {vcpus: [{guest: {name: server, arrivals: 40ms, service: 10ms}, hard_affinity: [0]}]}
  b: {vcpus: [{guest: ${script('[block, 85ms], [run, 2ms], [block, 1s]')}, hard_affinity: [1]}]}
measure: {latencies: [sojourn]}
`);
    const { latencies, domains } = run(study);
    const [{ summary }] = latencies;
    // Beside 4 ms of the other, 2 ms are done.
    expect([summary.max, summary.min]).toEqual([12 * MS, 10 * MS]);
    expect(domains.map(({ guest }) => guest)).toEqual([22 * MS, 4 * MS]);
  });

  it('is no matter of other cores', () => {
    const study = experiment(`
duration: 50ms
machine: {costs: {profile: zero, page: 1us}, timers: exact, scheduler: "null", topology: {cores: 2, threads: 2, slowdown: 3}}
domains:
  a: {memory: {ram: 4MiB}, vcpus: [{guest: {name: program, repeat: false, ops: [[run, 1ms], [set-way, 1]]}, hard_affinity: [0]}]}
  b: {vcpus: [{guest: hog, hard_affinity: [2]}]}
measure: {latencies: [batch]}
`);
    expect(run(study).latencies[0].summary.max).toBe(FLUSH);
  });

  it('is told what slowdowns there are', () => {
    for (const slowdown of ['0.5', '1.234', 'twice', '11']) {
      const problems = refuse(`question: q
replications: 1
duration: 1s
machine: {topology: {cores: 1, threads: 2, slowdown: ${slowdown}}}
domains: {a: {vcpus: [{guest: hog}]}}
`);
      expect(JSON.stringify(problems)).toContain('a number from 1 to 10 with at most two decimals');
    }
  });
});
