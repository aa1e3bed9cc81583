import * as Plot from '@observablehq/plot';
import type { Digest } from '../../analysis/digest.ts';
import { timeText } from '../../analysis/time-text.ts';
import { jobNames } from '../../experiment/schema/schema.ts';
import { causesOf } from '../../measure/causes.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';
import { causeFill, causeLegend } from './cause-style.ts';
import { chart, fitted, labelRoom } from './chart.ts';
import { escapeHtml } from './escape.ts';

interface Part {
  readonly row: string;
  readonly cause: string;
  readonly from: number;
  readonly to: number;
  readonly title: string;
}

/**
 * What the latencies of one kind were made of, by policy: of all samples and of the tail, each bar 100 % of their sum.
 * Empty if there is no sample.
 * @param digests - one cell per policy
 */
export function attributionFigure(
  kind: LatencyKind,
  digests: readonly Digest[],
  setting: string,
): string[] {
  const bars = digests.flatMap(({ cell: { policy }, kinds }) => {
    const made = kinds.get(kind);
    if (made === undefined) return [];
    return [
      { row: `${policy}, all`, sums: made.all, count: made.count },
      { row: `${policy}, tail`, sums: made.tail, count: made.tailCount },
    ];
  });
  const shown = bars.filter(({ sums }) => sum(sums) > 0);
  if (shown.length === 0) return [];
  const jobs = digests[0] === undefined ? [] : jobNames(digests[0].cell);
  const parts = shown.flatMap((bar) => partsOf(bar, jobs));
  const svg = chart(`Causes of ${kind} by policy`, {
    height: 50 + 28 * shown.length,
    marginLeft: labelRoom(shown.map(({ row }) => row)),
    marginRight: 82,
    marginBottom: 42,
    x: {
      domain: [0, 100],
      label: 'part of the time [%]',
      labelArrow: 'none',
      labelAnchor: 'center',
      ticks: 5,
    },
    y: {
      domain: shown.map(({ row }) => row),
      label: null,
      tickFormat: (row: string) => fitted(row),
    },
    marks: [
      ...causesOf(jobs)
        .filter((cause) => parts.some((part) => part.cause === cause))
        .map((cause) =>
          Plot.barX(
            parts.filter((part) => part.cause === cause),
            {
              className: `s-${cause}`,
              x1: 'from',
              x2: 'to',
              y: 'row',
              fill: causeFill(cause, jobs),
              stroke: 'currentColor',
              strokeWidth: 0.5,
              title: 'title',
            },
          ),
        ),
      Plot.text(shown, {
        x: 100,
        y: 'row',
        dx: 6,
        textAnchor: 'start',
        fill: 'currentColor',
        text: ({ sums, count }: Bar) => timeText(Number((sum(sums) / count).toPrecision(3))),
      }),
    ],
  });
  const caption =
    'What the time went to. Tail: the worst 1 % of each replication, at most 100 samples. At the right the mean latency. ' +
    `Hatched: another vCPU's. ${setting}`;
  return [
    `<figure class="chart">\n<h4>${kind}: causes</h4>\n${causeLegend(
      shown.map(({ sums }) => sums),
      jobs,
    )}\n${svg}\n<figcaption>${escapeHtml(caption)}</figcaption>\n</figure>`,
  ];
}

interface Bar {
  readonly row: string;
  readonly sums: readonly number[];
  readonly count: number;
}

function partsOf({ row, sums, count }: Bar, jobs: readonly string[]): Part[] {
  const total = sum(sums);
  let at = 0;
  return causesOf(jobs).flatMap((cause, i) => {
    if (!(sums[i] > 0)) return [];
    const share = (100 * sums[i]) / total;
    const from = at;
    at += share;
    const title = `${row}: ${cause} ${Number(share.toPrecision(3))} %, ${timeText(sums[i] / count)} per sample`;
    return [{ row, cause, from, to: at, title }];
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
