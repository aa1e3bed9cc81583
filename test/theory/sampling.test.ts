import * as Plot from '@observablehq/plot';
import { describe, expect, it } from 'vitest';
import { replicate } from '../../src/experiment/replication.ts';
import { stratumOf } from '../../src/experiment/sampling.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import { meanInterval } from '../../src/stats/interval.ts';
import { type Stratum, stratificationGain, stratifiedMean } from '../../src/stats/strata.ts';
import { svg } from '../picture.ts';
import { fromFile } from './study.ts';

/*
 * What is sampled more often than it occurs counts as much as it occurs: the check before a flush, in closed form. A softirq
 * raised in the window w before a flush of n chunks c waits a chunk longer without the check; the mean over all raised in
 * either differs by w c / (w + n c).
 */

const CHUNK = 52_000;
/** Windows in chunks, and chunks in a flush. */
const RATIOS = [0.001, 0.01, 0.1, 1, 10];
const ROUNDING = 1e-9;
const CHUNKS = [1, 4, 40, 400];

/** Sum of the latencies and number of the softirqs raised in the flush, of one replication. */
function totals({ cells, seed }: Experiment, policy: string, replication: number) {
  const cell = cells.find((candidate) => candidate.policy === policy);
  if (cell === undefined) throw new Error(`no ${policy}`);
  const [{ summary }] = replicate(cell.setup, seed, replication).latencies;
  return { sum: summary.count === 0 ? 0 : summary.count * summary.mean, count: summary.count };
}

/** What each replication gave, by stratum. */
function byStratum(study: Experiment, replications: number) {
  const { sampling } = study.cells[0].setup;
  if (sampling === undefined) throw new Error('the study samples nothing');
  const extra = sampling.strata.map((): number[] => []);
  const count = sampling.strata.map((): number[] => []);
  for (let r = 0; r < replications; r++) {
    const s = stratumOf(sampling, r);
    const [with_, without] = ['upstream', 'during-only'].map((policy) => totals(study, policy, r));
    extra[s].push(without.sum - with_.sum);
    count[s].push(with_.count);
  }
  const weighted = (values: readonly number[][]): Stratum[] =>
    sampling.strata.map(({ probability }, s) => ({ weight: probability, values: values[s] }));
  return { extra: weighted(extra), count: weighted(count) };
}

/** What the check is worth to a softirq raised in the flush [ns], and half the width of its interval, one of all that are drawn. */
function effectOf({ extra, count }: ReturnType<typeof byStratum>) {
  const softirqs = stratifiedMean(count).estimate;
  const effect = stratifiedMean(extra).estimate / softirqs;
  // The deviations of a ratio from itself, as its linear part has them.
  const deviations = extra.map(({ weight, values }, s) => ({
    weight,
    values: Array.from(values, (value, i) => value - effect * count[s].values[i]),
  }));
  const confidence = 1 - 0.05 / (RATIOS.length * CHUNKS.length);
  const { lo, hi } = stratifiedMean(deviations, confidence);
  return { effect, half: (hi - lo) / 2 / softirqs };
}

interface Point {
  readonly ratio: number;
  readonly n: number;
  readonly effect: number;
  readonly lo: number;
  readonly hi: number;
}

/** The map that decides: the closed form as lines, the points that were simulated on it. */
function drawn(points: readonly Point[]): string {
  const curve = CHUNKS.flatMap((n) =>
    Array.from({ length: 41 }, (_, i) => 10 ** (-3 + i / 10)).map((ratio) => ({
      ratio,
      n: `n = ${n}`,
      effect: ratio / (ratio + n),
    })),
  );
  const named = points.map((point) => ({ ...point, n: `n = ${point.n}` }));
  return svg({
    height: 420,
    x: {
      type: 'log',
      label: 'w / c: work before the check, by a chunk',
      ticks: RATIOS,
      tickFormat: String,
    },
    y: {
      type: 'log',
      label: 'the check is worth this part of a chunk, on the mean',
      grid: true,
      ticks: 6,
      tickFormat: String,
    },
    color: {
      domain: CHUNKS.map((n) => `n = ${n}`),
      range: ['#0072b2', '#d55e00', '#007a5e', '#a3478a'],
    },
    marks: [
      Plot.line(curve, { x: 'ratio', y: 'effect', stroke: 'n' }),
      Plot.link(named, {
        x: 'ratio',
        y1: 'lo',
        y2: 'hi',
        stroke: 'n',
        strokeWidth: 5,
        strokeOpacity: 0.4,
      }),
      Plot.dot(named, { x: 'ratio', y: 'effect', stroke: 'black', r: 3 }),
      Plot.text(
        curve.filter((_, i) => i % 41 === 14),
        {
          x: 'ratio',
          y: 'effect',
          text: (row: { n: string }) => `${row.n} chunks`,
          dx: 6,
          dy: 12,
          textAnchor: 'start',
          fill: 'n',
        },
      ),
    ],
  });
}

const study = (w: number, n: number) =>
  fromFile('theory/15-before-sampled.yaml', [
    `machine.costs.handle_set_way=${w}ns`,
    `domains.flusher.memory.ram=${n * 208}KiB`,
    `sampling.windows.0.to=${w}ns`,
    `sampling.windows.1.from=${w}ns`,
    `sampling.windows.1.to=${w + n * CHUNK}ns`,
  ]);

describe('sampling of a rare event', () => {
  it('gives w c / (w + n c) within 2 %, for windows and flushes of all sizes, and is drawn', async () => {
    const points = RATIOS.flatMap((ratio) =>
      CHUNKS.map((n) => {
        const { effect, half } = effectOf(byStratum(study(ratio * CHUNK, n), 40));
        const expected = ratio / (ratio + n);
        const [lo, hi] = [effect - half, effect + half].map((value) => value / CHUNK);
        return { ratio, n, effect: effect / CHUNK, expected, lo, hi };
      }),
    );
    for (const { ratio, n, effect, expected, lo, hi } of points) {
      const where = `w/c = ${ratio}, n = ${n}: ${effect} [${lo}, ${hi}], ${expected} expected`;
      expect(effect / expected, where).toBeGreaterThan(0.98);
      expect(effect / expected, where).toBeLessThan(1.02);
      // All at once, with 95 %. Where nothing varies within the windows an interval is a point, but for rounding.
      expect(lo, where).toBeLessThanOrEqual(expected * (1 + ROUNDING));
      expect(hi, where).toBeGreaterThanOrEqual(expected * (1 - ROUNDING));
    }
    await expect(drawn(points)).toMatchFileSnapshot('../../docs/validation/check-before.svg');
  }, 120_000);

  it('equals what random phases give, within the interval of those', () => {
    const w = 40 * CHUNK;
    const random = fromFile('theory/15-before-sampled.yaml', [
      `machine.costs.handle_set_way=${w}ns`,
      'sampling.windows=[{from: 0, to: 40ms, share: 100%}]',
    ]);
    const plain = byStratum(random, 1500);
    const sampled = byStratum(study(w, 4), 60);
    for (const what of ['extra', 'count'] as const) {
      const { lo, hi, estimate } = meanInterval(plain[what][0].values, 0.99);
      expect(estimate).toBeGreaterThan(0);
      const { estimate: known } = stratifiedMean(sampled[what]);
      expect(known, what).toBeGreaterThan(lo);
      expect(known, what).toBeLessThan(hi);
    }
  }, 60_000);

  it('needs a thousandth of the replications, or fewer, for a window of 300 ns in 40 ms', async () => {
    const rows = [300, 3000, 30_000].map((w) => {
      // A third of the window is off the mark, so that the effect varies in its stratum.
      const windows = `[{from: 0, to: ${1.5 * w}ns, share: 50%}, {from: ${1.5 * w}ns, to: 208us, share: 25%}]`;
      const sampled = fromFile('theory/15-before-sampled.yaml', [
        `machine.costs.handle_set_way=${w}ns`,
        `sampling.windows=${windows}`,
      ]);
      const { extra } = byStratum(sampled, 120);
      const { estimate, lo, hi } = stratifiedMean(extra);
      const expected = (w / 40e6) * CHUNK;
      expect(lo).toBeLessThan(expected);
      expect(hi).toBeGreaterThan(expected);
      const gain = stratificationGain(extra);
      // For an interval of a tenth on either side.
      const needed = Math.ceil(120 * ((hi - lo) / 2 / (estimate / 10)) ** 2);
      return { w, gain, needed };
    });
    expect(rows[0].gain).toBeGreaterThan(1000);
    const table = [
      '| window, in 40 ms | replications to know its effect to ±10 %, sampled | without sampling | times fewer |',
      '|---:|---:|---:|---:|',
      ...rows.map(
        ({ w, gain, needed }) =>
          `| ${w / 1000} us | ${needed} | ${Math.round(needed * gain).toLocaleString('en')} | ${Math.round(gain).toLocaleString('en')} |`,
      ),
      '',
    ];
    await expect(table.join('\n')).toMatchFileSnapshot('../../docs/validation/sampling-gain.md');
  }, 60_000);
});
