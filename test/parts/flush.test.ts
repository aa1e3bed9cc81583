import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largest } from '../extremes.ts';
import { experiment, latencies, run, samples, study } from './small-study.ts';

/** A flusher with `ram` MiB of 2 MiB blocks beside a waker, on one pCPU. */
const flushing = (policy: string, more = '', ram = 16) =>
  run(
    experiment(`
duration: 100ms
machine: {xen: "4.17", costs: qemu-icount, scheduler: {name: credit, ratelimit: 0}}
domains:
  flusher: {memory: {ram: ${ram}MiB}, vcpus: [{guest: {name: set-way-flusher, period: 10ms, phase: 1ms}}]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 313us, jitter: 50us}}]}
policies: {p: {before: true, during: ${policy} ${more}}}
`),
  );

describe('`p2m_flush_vm`, `p2m_cache_flush_range`, `-ERESTART`', () => {
  it('its studies load', () => {
    expect(study('lock').cells).toHaveLength(72);
    expect(study('decision-map').cells).toHaveLength(120);
  });

  it('alone: trap, checks, pages, lookups, tail and return, to the nanosecond', () => {
    const alone = run(
      experiment(`
duration: 30ms
machine: {xen: "4.17", costs: qemu-icount, scheduler: "null"}
domains: {a: {memory: {ram: 8MiB}, vcpus: [{guest: {name: set-way-flusher, period: 10ms, phase: 1ms}}]}}
`),
    );
    // 2048 pages, 4 lookups, and the 512 missing entries of a hole are before what was ever mapped.
    const work = 2048 * 368 + 4 * 321 + Math.floor(2047 / 52) * 6;
    const path = 182 + 105 + 11 + 12 + 10 + 34 + 81 + 12 + 110;
    expect(latencies(alone, 'flush')[0]).toBe(path + work);
    expect(alone.counters).toMatchObject({ flushes: 3, erestarts: 0, checks: 3 * 39 });
  });

  it('a softirq raised during it waits for 52 pages at most; every stop looks up again', () => {
    const { counters } = flushing('{threshold: 512}');
    expect(counters.erestarts).toBeGreaterThan(10);
    const [flushes, blocks] = [counters.flushes, 8];
    expect(counters.pages_flushed).toBe(flushes * blocks * 512);
    const inMiddle = counters.lookups - flushes * blocks;
    // A stop at the edge of a block has its next lookup anyway.
    expect(inMiddle).toBeLessThanOrEqual(counters.erestarts);
    expect(inMiddle).toBeGreaterThan(0.8 * counters.erestarts);
    const longest = largest(latencies(flushing('{threshold: 512}'), 'softirq_flush'));
    expect(longest).toBeGreaterThan(15_000);
    expect(longest).toBeLessThan(52 * 368 + 321 + 34 + 10 + 30 + 318 + 77 + 1000);
  });

  it('no check: no -ERESTART, and the softirq waits for the rest', () => {
    const never = flushing('never');
    expect(never.counters.erestarts).toBe(0);
    expect(largest(latencies(never, 'softirq_flush'))).toBeGreaterThan(1e6);
  });

  it('makes progress whatever the threshold, and flushes the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), (threshold) => {
        const { counters } = flushing(`{threshold: ${threshold}}`, '', 4);
        expect(counters.flushes).toBeGreaterThanOrEqual(9);
        expect(counters.pages_flushed).toBeGreaterThanOrEqual(counters.flushes * 1024);
        expect(counters.pages_flushed).toBeLessThan((counters.flushes + 1) * 1024);
      }),
      { numRuns: 15 },
    );
  });

  it('holds the p2m lock from its start, or -ERESTART, to -ERESTART or its end', () => {
    const result = flushing('{threshold: 512}');
    expect(samples(result, 'lock_hold')).toHaveLength(
      result.counters.erestarts + result.counters.flushes,
    );
    const held = samples(result, 'lock_hold').reduce((sum, { latency }) => sum + latency, 0);
    // All of the work, and nothing of what runs between.
    expect(held).toBeGreaterThan(result.counters.pages_flushed * 368);
    expect(held).toBeLessThan(result.counters.pages_flushed * 368 * 1.02);
  });
});
