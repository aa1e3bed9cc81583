import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { largest } from '../extremes.ts';
import { percentile, recorded, samplesOf, simulate } from './measured.ts';

const paths = JSON.parse(readFileSync('test/measured/params-paths.json', 'utf8'));

const latencies = (study: string, cell: string, overrides: readonly string[] = []) =>
  samplesOf(simulate(study, cell, ['measure.samples=true', ...overrides]), 'virq').map(
    ({ latency }) => latency,
  );

describe('wake-up by SGI from another pCPU', () => {
  // The steps of both sides, one after the other; the measured totals are stretched by the way they were taken.
  const sender = paths.sgi_wake.sender_msr_to_sgi_write;

  it('of an idle pCPU: sender to the SGI, receiver to the guest, within 5 %', () => {
    const expected = sender + paths.sgi_wake.receiver_idle_irq_to_guest;
    const median = percentile(latencies('sgi-wakeup', 'stock/beside=idle'), 0.5);
    expect(Math.abs(median / expected - 1)).toBeLessThan(0.05);
  });

  it('of a pCPU that runs a guest, within 5 %', () => {
    const { receiver_guest_irq_to_do_softirq, receiver_do_softirq_to_guest } = paths.sgi_wake;
    const expected = sender + receiver_guest_irq_to_do_softirq + receiver_do_softirq_to_guest;
    const median = percentile(latencies('sgi-wakeup', 'stock/beside=spinner'), 0.5);
    expect(Math.abs(median / expected - 1)).toBeLessThan(0.05);
  });

  it('behind a flusher waits for the next check at most', () => {
    const behind = recorded('sgi_path_exact.csv').filter(
      ({ config, receiver_in_flush }) =>
        config === 'target_behind_flusher' && receiver_in_flush === '1',
    );
    const longest = largest(behind.map(({ rcv_irq_to_guest }) => Number(rcv_irq_to_guest)));
    const simulated = largest(latencies('sgi-wakeup', 'stock/beside=flusher'));
    expect(simulated - sender).toBeGreaterThan(0.9 * longest);
    // The first chunk of 52 pages, the path; at worst the tick's interrupt and its TIMER round as well.
    const tick = 318 + 77 + 156 + 535 + 380;
    expect(simulated).toBeLessThan(sender + 170 + 19_497 + 30 + 2381 + 613 + tick);
  });
});

describe('a guest asleep on an idle pCPU', () => {
  it('sees its own timer after the measured time, within 5 %', () => {
    const alone = latencies('wakeup-latency', 'stock/setup=credit-spin', [
      'domains.a.vcpus.0.start=100s',
    ]);
    const measured = paths.own_irq.latency_blocked_wfi_idle_pcpu;
    expect(Math.abs(percentile(alone, 0.5) / measured - 1)).toBeLessThan(0.05);
  });
});
