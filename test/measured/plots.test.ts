import * as Plot from '@observablehq/plot';
import { describe, expect, it } from 'vitest';
import { svg } from '../picture.ts';
import { recorded, samplesOf, simulate } from './measured.ts';

/*
 * The pictures of docs/validation.md, made anew by every run of the tests and compared with the committed ones
 * (`npx vitest run test/measured/plots -u` writes them), so that they show what the simulator does now.
 */

const MEASURED = '#000000';
const SIMULATED = '#d55e00';

/** Says which colour is what, in the upper left corner of the facet `fy` if there are facets. */
const legend = (facet: { fy?: string[] } = {}) => {
  const corner = { frameAnchor: 'top-left', dy: -22, ...facet } as const;
  return [
    Plot.text(['x measured on Xen'], { ...corner, dx: 8, fill: MEASURED }),
    Plot.text(['o simulated'], { ...corner, dx: 150, fill: SIMULATED }),
  ];
};

describe('pictures of docs/validation.md', () => {
  it('phase sweep', async () => {
    const measured = recorded('phase_sweep_preflush.csv')
      .map((row) => ({
        offset: Number(row.expiry_minus_cisw_ns),
        latency: Number(row.latency_ns),
        variant: row.xen_variant,
      }))
      .filter(({ offset }) => offset > -400 && offset < 800);
    const simulated = ['stock', 'nopre'].flatMap((variant) => {
      const result = simulate('phase-sweep', variant);
      const first = samplesOf(result, 'flush')[0].start;
      return samplesOf(result, 'virq')
        .map(({ start, latency }) => ({
          offset: ((start - first + 15e6) % 30e6) - 15e6,
          latency,
          variant,
        }))
        .filter(({ offset }) => offset > -400 && offset < 800);
    });
    const picture = svg({
      height: 440,
      marginRight: 60,
      fy: { domain: ['stock', 'nopre'], label: null },
      x: { label: 'timer expiry after the Set/Way operation [ns]' },
      y: { label: 'wake-up latency [ns]', grid: true },
      marks: [
        Plot.dot(simulated, { x: 'offset', y: 'latency', fy: 'variant', r: 4, stroke: SIMULATED }),
        Plot.dot(measured, {
          x: 'offset',
          y: 'latency',
          fy: 'variant',
          r: 2.5,
          symbol: 'times',
          stroke: MEASURED,
        }),
        ...legend({ fy: ['stock'] }),
      ],
    });
    await expect(picture).toMatchFileSnapshot('../../docs/validation/phase-sweep.svg');
  });

  it.each([
    ['credit', 'credit_rl0'],
    ['credit2', 'credit2_rl0'],
  ])('wake-up latency: %s', async (setup, sched) => {
    const measured = recorded('wakeup_latency_samples.csv')
      .filter((row) => row.xen_variant === 'stock' && row.sched === sched && row.flush === '1')
      .map((row) => Number(row.latency_ns));
    const simulated = samplesOf(simulate('wakeup-latency', `stock/setup=${setup}`), 'virq').map(
      ({ latency }) => latency,
    );
    const exceeding = (values: number[]) => {
      const sorted = [...values].sort((a, b) => a - b);
      return sorted
        .map((latency, i) => ({ latency, share: (sorted.length - i) / sorted.length }))
        .filter((_, i) => i % 10 === 0 || i > sorted.length - 60);
    };
    const picture = svg({
      x: { label: 'wake-up latency [ns]', type: 'log' },
      y: { label: 'share of wake-ups that take as long or longer', type: 'log', grid: true },
      marks: [
        Plot.dot(exceeding(simulated), { x: 'latency', y: 'share', r: 4, stroke: SIMULATED }),
        Plot.dot(exceeding(measured), {
          x: 'latency',
          y: 'share',
          r: 2.5,
          symbol: 'times',
          stroke: MEASURED,
        }),
        ...legend(),
      ],
    });
    await expect(picture).toMatchFileSnapshot(`../../docs/validation/wakeup-${setup}.svg`);
  });
});
