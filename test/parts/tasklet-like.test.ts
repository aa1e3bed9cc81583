import { describe, expect, it } from 'vitest';
import { largest } from '../extremes.ts';
import { experiment, latencies, run, study } from './small-study.ts';

/**
 * A flusher with a timer of its own beside a hog and a waker. Its period is longer than credit's timeslice: as a
 * tasklet the flush ends with a wake-up, which credit boosts and gives a new timeslice.
 */
const doing = (policy: string) =>
  run(
    experiment(`
duration: 400ms
machine: {costs: qemu-icount, scheduler: {name: credit, ratelimit: 0}}
domains:
  flusher: {memory: {ram: 32MiB}, vcpus: [{guest: {name: set-way-flusher, period: 40ms, timer: {period: 3ms, jitter: 500us}}}]}
  hog: {vcpus: [{guest: hog}]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 1ms, jitter: 200us, run: 20us}}]}
policies: {p: {${policy}}}
measure: {warm_up: 40ms}
`),
  );
const worst = (
  result: ReturnType<typeof doing>,
  kind: 'softirq_flush' | 'virq' | 'own_virq' | 'lock_hold',
) => largest(latencies(result, kind));

const CHUNK = 52 * 368 + 321;
const IN_PLACE = 'before: true, during: {threshold: 512}';

describe('"a tasklet-like concept"', () => {
  it('its study loads', () => {
    expect(study('styles').policies).toHaveLength(12);
  });

  it('a tasklet goes before every vCPU, and nobody is charged for it', () => {
    const [inPlace, tasklet] = ['', ', style: tasklet'].map((style) => doing(IN_PLACE + style));
    // Timers are served at its check points, but who they wake waits for all of it.
    expect(worst(tasklet, 'softirq_flush')).toBeLessThan(CHUNK + 2000);
    expect(worst(inPlace, 'virq')).toBeLessThan(100_000);
    expect(worst(tasklet, 'virq')).toBeGreaterThan(2e6);
    const flusher = (result: typeof tasklet) => result.domains[0].running - result.domains[0].guest;
    expect(flusher(inPlace)).toBeGreaterThan(inPlace.counters.pages_flushed * 368);
    expect(flusher(tasklet)).toBeLessThan(0.1 * tasklet.counters.pages_flushed * 368);
  });

  it('a continuation returns to the guest at each stop: a trap more for each, its timers on time', () => {
    const result = doing(`${IN_PLACE}, style: continuation`);
    expect(result.counters.traps).toBeGreaterThanOrEqual(
      result.counters.erestarts + result.counters.flushes,
    );
    expect(worst(result, 'softirq_flush')).toBeLessThan(CHUNK + 2000);
  });

  it('blocks as KVM has them, and domctl: softirqs wait for a block, or for all', () => {
    const block = 512 * 368 + 321;
    const kvm = worst(doing('before: false, during: {block: 2MiB}, lock: break'), 'softirq_flush');
    expect(kvm).toBeLessThan(block + 3000);
    expect(kvm).toBeGreaterThan(CHUNK);
    const domctl = worst(doing(`${IN_PLACE}, style: no-softirqs`), 'softirq_flush');
    expect(domctl).toBeGreaterThan(2e6);
  });

  it('by time: what passes is longer than the rule by a page and a lookup at most', () => {
    const timed = worst(doing('before: true, during: {every: 20us}'), 'softirq_flush');
    expect(timed).toBeLessThan(20_000 + 368 + 321 + 2000);
  });

  it('full preemption: a softirq waits for nothing', () => {
    const result = doing('before: true, during: immediate');
    expect(worst(result, 'softirq_flush')).toBeLessThan(1500);
  });

  it('a work queue lets deferred work go first', () => {
    const request = (style: string) =>
      Math.max(
        ...latencies(
          run(
            experiment(`
duration: 300ms
machine: {pcpus: 2, costs: qemu-icount, scheduler: credit}
domains:
  flusher: {memory: {ram: 64MiB}, vcpus: [{guest: {name: set-way-flusher, period: 10ms}, hard_affinity: [0]}]}
  toolstack: {vcpus: [{guest: {name: program, ops: [[block, 1700us], [defer, flusher, 20us]]}, hard_affinity: [1]}]}
policies: {p: {${IN_PLACE}, style: ${style}}}
`),
          ),
          'request',
        ),
      );
    expect(request('in-place')).toBeGreaterThan(2e6);
    expect(request('work-queue')).toBeLessThan(CHUNK + 20_000 + 3000);
  });
});
