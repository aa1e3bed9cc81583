import { describe, expect, it } from 'vitest';
import { recorded, samplesOf, simulate, TICK } from './measured.ts';

/** Between two operations of guest A [ns]; every third is the Set/Way operation. */
const PERIOD = 10e6;

/** Latency by how long after the Set/Way operation the timer expired [ns]. */
function sweep(policy: string): { offset: number; latency: number }[] {
  const result = simulate('phase-sweep', policy);
  const operations = samplesOf(result, 'flush').map(({ start }) => start);
  const first = operations[0];
  return samplesOf(result, 'virq').map(({ start, latency }) => {
    const cycle = 3 * PERIOD;
    const offset = (start - first + cycle / 2) % cycle;
    return { offset: offset - cycle / 2, latency };
  });
}

describe.each(['stock', 'nopre'])('phase sweep: %s', (variant) => {
  const simulated = sweep(variant).sort((a, b) => a.offset - b.offset);
  const measured = recorded('phase_sweep_preflush.csv')
    .filter((row) => row.xen_variant === variant)
    // The first ones are start-up.
    .slice(2)
    .map((row) => ({
      offset: Number(row.expiry_minus_cisw_ns),
      latency: Number(row.latency_ns),
    }))
    // The last sample of each variant is 5 ms away from any operation and no part of the sweep.
    .filter(({ offset }) => Math.abs(offset) < 10_000);

  it('every point within 100 ns of the measured latency', () => {
    const missed = measured.filter(({ offset, latency }) => {
      // What was measured at a tick holds for expiries in that tick; edges are looked at below.
      const near = simulated.filter((point) => Math.abs(point.offset - offset) <= TICK);
      return !near.some((point) => Math.abs(point.latency - latency) <= 100);
    });
    expect(measured.length).toBeGreaterThan(400);
    expect(missed).toEqual([]);
  });
});

describe('the window in which the check before the flush helps', () => {
  const stock = sweep('stock');
  const late = (points: { offset: number; latency: number }[]) =>
    points.filter(({ offset, latency }) => offset > -100 && offset < 600 && latency > 10_000);

  it('is 288 ns wide, its edges within a tick of the measured ones', () => {
    // Without the check: late from the first interrupt that the masked entry of the trap holds up.
    const first = Math.min(...late(sweep('nopre')).map(({ offset }) => offset));
    // With it: late from where interrupts are masked for the return path.
    const last = Math.min(...late(stock).map(({ offset }) => offset));
    expect(Math.abs(first - 10)).toBeLessThanOrEqual(TICK);
    expect(Math.abs(last - 298)).toBeLessThanOrEqual(TICK);
  });

  it('saves one interval between checks there', () => {
    const inWindow = stock.filter(({ offset }) => offset > 16 && offset < 280);
    expect(inWindow.length).toBeGreaterThan(10);
    for (const { latency } of inWindow) {
      expect(latency).toBeGreaterThan(3900);
      expect(latency).toBeLessThan(4400);
    }
  });
});
