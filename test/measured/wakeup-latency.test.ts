import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { distance } from './distance.ts';
import { percentile, recorded, samplesOf, simulate, TICK } from './measured.ts';

const SETUPS = [
  { variant: 'stock', sched: 'credit_rl0', flush: '1', cell: 'stock/setup=credit' },
  { variant: 'nopre', sched: 'credit_rl0', flush: '1', cell: 'nopre/setup=credit' },
  { variant: 'stock', sched: 'credit_rl0', flush: '0', cell: 'stock/setup=credit-spin' },
  { variant: 'stock', sched: 'credit2_rl0', flush: '1', cell: 'stock/setup=credit2' },
  { variant: 'nopre', sched: 'credit2_rl0', flush: '1', cell: 'nopre/setup=credit2' },
  { variant: 'stock', sched: 'credit2_rl0', flush: '0', cell: 'stock/setup=credit2-spin' },
] as const;

const rows = recorded('wakeup_latency_samples.csv');
const distances: number[] = [];
/** Percentiles and maximum, simulated, and how many wake-ups are close to the measured ones, by cell. */
const found = new Map<string, { readonly of: readonly string[]; readonly close: number }>();

const document = readFileSync('docs/validation.md', 'utf8');

describe.each(SETUPS)('wake-up latency: $cell', ({ variant, sched, flush, cell }) => {
  const measured = rows
    .filter((row) => row.xen_variant === variant && row.sched === sched && row.flush === flush)
    .map(({ latency_ns }) => Number(latency_ns));
  const simulated = samplesOf(simulate('wakeup-latency', cell), 'virq').map(
    ({ latency }) => latency,
  );

  it('has a sample for each measured one', () => {
    expect(measured).toHaveLength(2000);
    expect(simulated).toHaveLength(2000);
  });

  it.each([0.5, 0.9, 0.99])('percentile %f within 3 %', (p) => {
    expect(Math.abs(percentile(simulated, p) / percentile(measured, p) - 1)).toBeLessThan(0.03);
  });

  it('maximum within 3 %', () => {
    expect(Math.abs(Math.max(...simulated) / Math.max(...measured) - 1)).toBeLessThan(0.03);
  });

  it('nearly every one of the 2000 wake-ups is within 100 ns of the measured one', () => {
    const close = measured.filter((ns, i) => Math.abs(simulated[i] - ns) <= 100).length;
    expect(close).toBeGreaterThan(1940);
    const of = [0.5, 0.9, 0.99, 1].map((p) => Math.round(percentile(simulated, p)).toFixed());
    found.set(cell, { of, close });
  });

  // A reading is rounded down to a tick of the counter, and so was the timer that was set: less than two ticks, in whole
  // nanoseconds, may be between two equal ones.
  it('Kolmogorov-Smirnov distance at most 0.05', () => {
    const apart = distance(simulated, measured, 2 * TICK - 1);
    distances.push(apart);
    expect(apart).toBeLessThanOrEqual(0.05);
  });

  it('has the tail that comes from the timer slop of 50 us, and not with a slop of 1 us', () => {
    const tail = (latencies: readonly number[]) => latencies.filter((ns) => ns > 30_000).length;
    expect(tail(simulated)).toBeGreaterThan(0);
    const short = simulate('wakeup-latency', cell, ['machine.timer_slop=1us']);
    expect(tail(samplesOf(short, 'virq').map(({ latency }) => latency))).toBe(0);
  });
});

it('the document says how far the distributions are apart', () => {
  expect(distances).toHaveLength(SETUPS.length);
  const [least, most] = [Math.min(...distances), Math.max(...distances)].map((x) => x.toFixed(4));
  const row = `| Kolmogorov-Smirnov distances | | ${least} to ${most} | 0.05 |`;
  expect(document).toContain(row);
});

it('the document has the percentiles, and how many wake-ups are close', () => {
  const [credit, credit2, spin, spin2] = ['credit', 'credit2', 'credit-spin', 'credit2-spin'].map(
    (setup) => found.get(`stock/setup=${setup}`) ?? { of: [], close: 0 },
  );
  expect(document).toContain(`ns | ${credit.of.join(', ')} ns | 3 % |`);
  expect(document).toContain(`ns | ${credit2.of.join(', ')} ns | 3 % |`);
  expect(document).toContain(`ns | ${spin.of[0]} and ${spin2.of[0]} ns | 3 % |`);
  expect(document).toContain(`ns | ${spin.of[3]} and ${spin2.of[3]} ns | 3 % |`);
  expect(document).toContain(
    `${credit.close} (credit) and ${credit2.close} (credit2) beside a flush, ${spin.close} and ${spin2.close} without`,
  );
});
