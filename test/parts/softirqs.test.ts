import { describe, expect, it } from 'vitest';
import { SOFTIRQ_ORDER } from '../../src/hypervisor/cpu/softirq.ts';
import { experiment, latencies, run, samples, study } from './small-study.ts';

const TIMER_THEN_SCHEDULE = 77 + 156;

/** A flusher beside a waker whose timer expires `after` ns after the Set/Way operation at 5 ms. */
const expiring = (after: number, before = true) =>
  run(
    experiment(`
duration: 9ms
machine: {xen: "4.17", timer_slop: 0ns, costs: qemu-icount, scheduler: {name: credit, ratelimit: 0}}
domains:
  waker: {vcpus: [{guest: {name: replay-waker, first: ${5e6 + after}ns, gaps: [1s]}}]}
  flusher: {memory: {ram: 8MiB}, vcpus: [{guest: {name: set-way-flusher, period: 100ms, phase: 5ms}}]}
policies: {p: {before: ${before}, during: {threshold: 512}}}
`),
  );

describe('softirqs, `do_softirq`', () => {
  it('its study loads', () => {
    expect(study('dario').policies).toContain('during-only');
  });

  it('TIMER is the lowest number in every version, SCHEDULE above it', () => {
    for (const order of Object.values(SOFTIRQ_ORDER)) {
      expect(order[0]).toBe('TIMER');
      expect(order.indexOf('SCHEDULE')).toBeGreaterThan(0);
    }
  });

  it('raised between trap and flush: the check before the flush runs it, else it waits for a chunk', () => {
    const wait = (before: boolean) => latencies(expiring(200, before), 'softirq_flush')[0];
    expect(wait(true)).toBeLessThan(500);
    expect(wait(false) - wait(true)).toBeGreaterThan(52 * 368);
    expect(wait(false) - wait(true)).toBeLessThan(52 * 368 + 321 + 200);
  });

  it('raised during the flush: the next check point, with the check before the flush and without', () => {
    for (const after of [1000, 10_000, 300_000]) {
      const [wait, without] = [true, false].map(
        (before) => latencies(expiring(after, before), 'softirq_flush')[0],
      );
      expect(wait).toBeLessThan(52 * 368 + 321 + 6 + 30 + 125 + 25 + 77 + 1);
      // The flush begins one look, 12 ns, earlier.
      expect(wait - without).toBe(12);
    }
  });

  it('TIMER raises SCHEDULE, which the same do_softirq handles next', () => {
    const result = expiring(300_000);
    const wakes = samples(result, 'timer').filter(({ start }) => start === 5e6 + 300_000);
    expect(wakes).toHaveLength(1);
    const [{ end }] = wakes;
    const schedule = samples(result, 'softirq_schedule').find((each) => each.end > end);
    // The callback, the wake-up, the timers' hardware, and the dispatch of the next softirq.
    expect(schedule?.end).toBe(end + 197 + 479 + 380 + 77);
    const timer = samples(result, 'softirq_timer').find((each) => each.end > 5e6);
    expect(end - (timer?.end ?? 0)).toBe(TIMER_THEN_SCHEDULE - 77);
  });
});
