import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { experiment, latencies, run, samples, study } from './small-study.ts';

const measured = JSON.parse(readFileSync('test/measured/params-paths.json', 'utf8')).own_irq;

/** A guest with 16 MiB that flushes 5 ms after every multiple of 10 ms, its timer `after` ns later. */
const ownTimer = (after: number, policy = '', during = '{threshold: 512}') =>
  run(
    experiment(`
duration: 60ms
machine: {xen: "4.17", costs: qemu-icount, scheduler: "null"}
domains:
  a:
    memory: {ram: 16MiB}
    vcpus: [{guest: {name: set-way-flusher, period: 10ms, phase: 5ms, timer: {period: 10ms, phase: ${5e6 + after}ns}}}]
policies: {p: {before: true, during: ${during} ${policy}}}
`),
  );
const latency = (after: number, policy = '', during = '{threshold: 512}') =>
  latencies(ownTimer(after, policy, during), 'own_virq')[0];

const WORK = 4096 * 368 + 8 * 321 + Math.floor(4095 / 52) * 6;
const TO_WORK = 182 + 105 + 11 + 12 + 10 + 34;
const RETURN = 81 + 12 + 110;
const INTERRUPT = 168 + 125 + 25;
const GUEST_ENTRY = 327;

describe("a flusher's own interrupts", () => {
  it('its study loads', () => {
    expect(study('own-interrupts').cells).toHaveLength(120);
  });

  it('outside a flush: what was measured, to the nanosecond', () => {
    expect(latency(4e6)).toBe(measured.latency_while_running_not_flushing);
  });

  it('asleep on an idle pCPU: within 5 % of what was measured', () => {
    const asleep = latencies(
      run(
        experiment(`
duration: 100ms
machine: {xen: "4.17", costs: qemu-icount, scheduler: {name: credit, ratelimit: 0}}
domains: {b: {vcpus: [{guest: {name: periodic-waker, period: 3ms, phase: 1ms}}]}}
`),
      ),
      'virq',
    ).sort((a, b) => a - b);
    const median = asleep[Math.floor(asleep.length / 2)];
    expect(Math.abs(median / measured.latency_blocked_wfi_idle_pcpu - 1)).toBeLessThan(0.05);
  });

  it.each([1000, 10_000, 500_000, 1_500_000])(
    'expired %d ns into the flush: the rest of it, the return, the entry of the guest',
    (after) => {
      const rest = TO_WORK + WORK + INTERRUPT - after;
      expect(latency(after)).toBe(rest + RETURN + GUEST_ENTRY);
      // The guest goes on from its handler at the very instant at which it sees its flush end.
      const result = ownTimer(after);
      expect(samples(result, 'own_virq')[0].end).toBe(samples(result, 'flush')[0].end);
    },
  );

  it('no placement of checks changes that', () => {
    // Without check points nothing is counted, which saves 4 ns for each of the 4096 pages at most.
    for (const during of ['{threshold: 64}', '{every: 50us}', 'never', '{block: 2MiB}'])
      expect(latency(700_000, '', during), during).toBeGreaterThan(
        during === 'never' ? 800_000 - 4 * 4096 : 800_000,
      );
  });

  it('but a continuation does: the guest is entered at the next check point', () => {
    const stopped = latency(700_000, ', style: continuation');
    expect(stopped).toBeLessThan(INTERRUPT + 52 * 368 + 321 + 6 + 30 + RETURN + GUEST_ENTRY);
  });
});
