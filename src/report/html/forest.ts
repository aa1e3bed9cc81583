import * as Plot from '@observablehq/plot';
import { type Comparison, shownInterval } from '../../analysis/comparison.ts';
import { isAt, type Setting } from '../../analysis/first-setting.ts';
import { timeText } from '../../analysis/time-text.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';
import { chart, figure, fitted, labelRoom } from './chart.ts';
import { VERDICT_NAMES, VERDICT_SERIES, VERDICTS } from './verdicts.ts';

/** Settings that are drawn per row. */
const SETTINGS_MAX = 200;
/** Differences are drawn up to so many margins. */
const MARGINS_MAX = 1e6;

interface Row {
  readonly row: string;
  readonly verdict: string;
  readonly isFirst: boolean;
  /** In margins. */
  readonly difference: number;
  readonly lo: number;
  readonly hi: number;
  readonly title: string;
}

/** The paired differences of one kind to the baseline, a row per policy and statistic; none without comparisons. */
export function forestFigure(
  kind: LatencyKind,
  comparisons: readonly Comparison[],
  setting: Setting,
  text: string,
): string[] {
  const groups = new Map<string, Row[]>();
  for (const compared of comparisons) {
    if (compared.kind !== kind) continue;
    const isFirst = isAt(setting, compared.cell) && isAt(setting, compared.baseline);
    const row = rowOf(compared, isFirst);
    const group = groups.get(row.row) ?? [];
    groups.set(row.row, group);
    if (isFirst || group.length < SETTINGS_MAX) group.push(row);
  }
  if (groups.size === 0) return [];
  const caption =
    'Difference to the baseline in multiples of the margin, symmetric logarithmic axis; within the shaded band it does not matter. ' +
    `Large marks: with 95 % interval, at ${text || 'the only setting'}. Small marks: the other settings, up to ${SETTINGS_MAX} per row.`;
  return [figure(`${kind}: differences`, forestChart(kind, groups), caption, VERDICT_SERIES)];
}

function rowOf(compared: Comparison, isFirst: boolean): Row {
  const { cell, baseline, metric, difference, margin, verdict } = compared;
  const { lo, hi } = shownInterval(compared);
  const inMargins = (ns: number) =>
    Math.max(-MARGINS_MAX, Math.min(MARGINS_MAX, margin > 0 ? ns / margin : Math.sign(ns) * 10));
  const { estimate } = difference;
  return {
    row: `${cell.cell.policy}, ${metric}`,
    verdict,
    isFirst,
    difference: inMargins(estimate),
    lo: inMargins(lo),
    hi: inMargins(hi),
    title: `${cell.cell.id} against ${baseline.cell.id}, ${metric}: ${timeText(estimate)} [${timeText(lo)}, ${timeText(hi)}], margin ${timeText(margin)}: ${verdict}`,
  };
}

function forestChart(kind: LatencyKind, groups: ReadonlyMap<string, readonly Row[]>): string {
  const names = [...groups.keys()];
  const rows = [...groups.values()].flat();
  const reach = Math.max(10, ...rows.map(({ difference, lo, hi }) => widest(difference, lo, hi)));
  const decades = Array.from({ length: Math.ceil(Math.log10(reach)) + 1 }, (_, i) => 10 ** i);
  const end = decades[decades.length - 1];
  const step = Math.ceil(decades.length / 4);
  // The first decade is the margin, which is shaded: no room for its label beside the zero's.
  const shown = decades.filter((_, i) => i > 0 && i % step === 0);
  return chart(`Differences of ${kind} to the baseline`, {
    height: 60 + 26 * names.length,
    marginLeft: labelRoom(names),
    marginRight: 24,
    marginBottom: 42,
    x: {
      type: 'symlog',
      constant: 1,
      domain: [-end, end],
      ticks: [...shown.map((value) => -value), 0, ...shown],
      tickFormat: (value: number) => (value > 0 ? `+${value}` : String(value).replace('-', '−')),
      label: 'difference / margin',
      labelArrow: 'none',
      labelAnchor: 'center',
    },
    y: { domain: names, label: null, tickFormat: (name: string) => fitted(name) },
    marks: [
      Plot.rect([0], { x1: -1, x2: 1, fill: 'currentColor', fillOpacity: 0.1 }),
      Plot.ruleX([0], { stroke: 'currentColor', strokeOpacity: 0.5 }),
      ...VERDICT_NAMES.flatMap((verdict) => {
        const { color, symbol, rotate } = VERDICTS[verdict];
        const of = rows.filter((row) => row.verdict === verdict);
        const first = of.filter(({ isFirst }) => isFirst);
        const others = of.filter(({ isFirst }) => !isFirst);
        const common = { className: `s-${verdict}`, y: 'row', stroke: color };
        return [
          Plot.dot(others, {
            ...common,
            x: 'difference',
            symbol,
            rotate,
            r: 2.5,
            dy: 6,
            strokeOpacity: 0.8,
          }),
          Plot.ruleY(
            first.filter(({ lo, hi }) => hi > lo),
            { ...common, x1: 'lo', x2: 'hi', strokeWidth: 2.5 },
          ),
          Plot.dot(first, {
            ...common,
            x: 'difference',
            symbol,
            rotate,
            fill: color,
            r: 5,
            title: 'title',
          }),
        ];
      }),
    ],
  });
}

function widest(...values: readonly number[]): number {
  return Math.max(...values.filter(Number.isFinite).map(Math.abs));
}
