import { describe, expect, it } from 'vitest';
import { largest } from '../extremes.ts';
import { experiment, latencies, run, study } from './small-study.ts';

/** A flusher, a hog and a waker on one pCPU. */
const under = (scheduler: string, costs = 'qemu-icount') =>
  run(
    experiment(`
duration: 600ms
machine: {xen: "4.17", costs: ${costs}, scheduler: ${scheduler}}
domains:
  flusher: {memory: {ram: 64MiB}, vcpus: [{guest: {name: set-way-flusher, period: 20ms}, rtds: {period: 10ms, budget: 4ms}}]}
  hog: {vcpus: [{guest: hog, rtds: {period: 10ms, budget: 4ms}}]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 3ms, jitter: 500us}, rtds: {period: 10ms, budget: 1ms}}]}
measure: {warm_up: 50ms}
`),
  );
const SLOTS =
  '{name: arinc653, major_frame: 10ms, entries: [{domain: flusher, vcpu: 0, runtime: 5ms}, {domain: hog, vcpu: 0, runtime: 3ms}, {domain: waker, vcpu: 0, runtime: 2ms}]}';

describe('credit scheduler', () => {
  it('its studies load', () => {
    expect(study('schedulers').cells.length).toBeGreaterThan(10);
    expect(study('accounting').cells).toHaveLength(18);
  });

  it.each([
    ['credit', '{name: credit, ratelimit: 0}'],
    ['credit2', '{name: credit2, ratelimit: 0}'],
    ['rtds', 'rtds'],
    ['arinc653', SLOTS],
  ])('%s: flushes are preempted for others and get done', (_, scheduler) => {
    const { counters, domains } = under(scheduler);
    expect(counters.erestarts).toBeGreaterThan(5);
    expect(counters.flushes).toBeGreaterThan(10);
    // Counting begins after the warm-up, perhaps in the middle of a flush.
    expect(counters.pages_flushed - counters.flushes * 16_384).toBeGreaterThan(-16_384);
    for (const { name, running } of domains) expect(running, name).toBeGreaterThan(0);
  });

  it('null: the flusher has its pCPU for itself, and no check finds anything', () => {
    const { counters } = under('"null"');
    expect(counters.erestarts).toBe(0);
    // The slop of timers cannot matter: nobody else ever runs.
    // One in 20 ms of the 550 ms after the warm-up.
    expect([27, 28]).toContain(counters.flushes);
  });

  it('flushing is time of the flusher, charged to it', () => {
    const { domains, counters } = under('{name: credit, ratelimit: 0}');
    const [flusher, hog] = domains;
    expect(flusher.running).toBeGreaterThan(flusher.guest + counters.pages_flushed * 368);
    // Two of equal weight that want all they can get: to within a timeslice or so.
    expect(Math.abs(flusher.running - hog.running)).toBeLessThan(60e6);
  });

  it('what a woken vCPU waits for: credit boosts it, a table does not', () => {
    const worst = (scheduler: string) => largest(latencies(under(scheduler), 'virq'));
    expect(worst('{name: credit, ratelimit: 0}')).toBeLessThan(100_000);
    expect(worst(SLOTS)).toBeGreaterThan(5e6);
  });
});
