import { describe, expect, it } from 'vitest';
import { experiment, run, study } from './small-study.ts';

/** A flusher whose vCPU may be moved while it flushes, on two pCPUs with four others. */
const moving = (affinity = '', scheduler = '{name: credit2, ratelimit: 0ns}') =>
  run(
    experiment(`
duration: 300ms
machine: {pcpus: 2, costs: qemu-icount, scheduler: ${scheduler}}
domains:
  flusher: {memory: {ram: 16MiB}, vcpus: [{guest: {name: set-way-flusher, period: 1ms} ${affinity}}]}
  hogs: {vcpus: [{guest: hog, count: 2, start: random}]}
  wakers: {vcpus: [{guest: {name: periodic-waker, period: 1ms, jitter: 300us, run: 100us}, count: 2}]}
`),
  ).counters;

describe('per-vCPU hypervisor stack', () => {
  it('its study loads', () => {
    expect(study('per-vcpu-stack').cells).toHaveLength(3);
  });

  it('a preempted flush goes on where it was, on whatever pCPU, and loses nothing', () => {
    const { flush_moves, erestarts, flushes, pages_flushed } = moving();
    expect(flushes).toBeGreaterThan(10);
    expect(flush_moves).toBeGreaterThan(20);
    expect(flush_moves).toBeLessThanOrEqual(erestarts);
    // What the last one, not complete, has done so far is all that is beyond.
    expect(pages_flushed - flushes * 4096).toBeGreaterThanOrEqual(0);
    expect(pages_flushed - flushes * 4096).toBeLessThan(4096);
  });

  it('a pinned vCPU is preempted as well and never moves', () => {
    const { flush_moves, erestarts, flushes, pages_flushed } = moving(
      ', hard_affinity: [0]',
      'credit',
    );
    expect(erestarts).toBeGreaterThan(0);
    expect(flush_moves).toBe(0);
    expect(Math.floor(pages_flushed / 4096)).toBe(flushes);
  });
});
