import { describe, expect, it } from 'vitest';
import { largest, least } from '../extremes.ts';
import { experiment, latencies, run, study } from './small-study.ts';

/** A guest whose own vCPU gets 500 us of deferred work before each flush, beside a waker. */
const returning = (policy: string, xen = 'master') =>
  run(
    experiment(`
duration: 200ms
machine: {xen: ${xen}, costs: qemu-icount, scheduler: {name: credit, ratelimit: 0}}
domains:
  guest:
    memory: {ram: 8MiB}
    vcpus: [{guest: {name: program, ops: [[poll, 5ms], [io, model], [defer, guest, 500us], [set-way, 1], [caches, off], [caches, on]]}}]
  model: {vcpus: [{guest: {name: device-model, work: 30us}}]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 397us, jitter: 50us, run: 20us}}]}
policies: {p: {before: true, during: {threshold: 512} ${policy}}}
`),
  );
const left = ({ counters }: ReturnType<typeof returning>) => [
  counters.entries_with_work > 0,
  counters.entries_with_softirqs > 0,
];

describe('`check_for_vcpu_work`, `check_for_pcpu_work`, `leave_hypervisor_tail`', () => {
  it('its study loads', () => {
    expect(study('loop-order').cells).toHaveLength(6);
  });

  it('the order of each version: 4.12 asks for work of the vCPU once, master until there is none', () => {
    const rounds = ', deferred_round: 50us';
    expect(left(returning(rounds, '"4.12"'))).toEqual([true, false]);
    expect(left(returning(rounds, 'master'))).toEqual([false, false]);
    expect(left(returning(`${rounds}, loop: vcpu-pcpu`))).toEqual([true, false]);
  });

  it('the order that was not taken enters the guest with softirqs pending', () => {
    const result = returning(', loop: do-pcpu-while-vcpu, deferred_round: 50us');
    expect(left(result)).toEqual([false, true]);
  });

  it('deferred work goes before the flush, in rounds with softirqs between', () => {
    const longest = (round: string) =>
      largest(latencies(returning(`, deferred_round: ${round}`), 'softirq_timer'));
    expect(longest('0ns')).toBeGreaterThan(300_000);
    expect(longest('50us')).toBeLessThan(52_000);
    const whole = latencies(returning(', deferred_round: 0ns'), 'request');
    expect(least(whole)).toBeGreaterThanOrEqual(500_000);
  });

  it('an access that a device model has to answer holds the vCPU until it has', () => {
    const io = latencies(returning(''), 'io');
    expect(io.length).toBeGreaterThan(30);
    // The model's work, and two context switches.
    expect(least(io)).toBeGreaterThan(30_000 + 2 * 975);
  });

  it('interrupts are masked from the last look to the guest: one that comes then is taken in the guest', () => {
    // The first return of the flusher's next trap: an expiry in the masked stretches is not lost.
    const counts = [0, 50, 100, 150, 200, 250, 300].map((offset) => {
      const result = run(
        experiment(`
duration: 30ms
machine: {xen: "4.17", costs: qemu-icount, scheduler: "null"}
domains:
  a:
    memory: {ram: 2MiB}
    vcpus: [{guest: {name: set-way-flusher, period: 10ms, phase: 5ms, timer: {period: 10ms, phase: ${5_000_000 + offset}ns}}}]
`),
      );
      return latencies(result, 'own_virq').length;
    });
    expect(counts).toEqual(counts.map(() => 3));
  });
});
