import { causeLegend } from './cause-style.ts';
import { causesSvg } from './causes.ts';
import type { CellKindData, DifferenceData, KindData, Levels, PageData } from './data.ts';
import { isAtLevels } from './data.ts';
import { type DifferenceRow, type DrawnDifference, differencesSvg } from './differences.ts';
import { distributionSvg, tailSvg } from './distributions.ts';
import { figure } from './figure.ts';
import { percentileSvg } from './percentiles.ts';
import { policySeries, VERDICT_SERIES } from './series.ts';
import { unpackSteps } from './steps.ts';

/** Values of drawn samples are within this of what they were [percent]. */
const ERROR = 0.8;

/** The charts of one kind of latency at a setting, as HTML: none of those without samples. */
export function kindCharts(data: PageData, kind: KindData, setting: Levels): string[] {
  const shown = data.cells.flatMap((cell, i) => {
    const own = kind.cells[i];
    if (own === null || own === undefined || !isAtLevels(cell, setting)) return [];
    return { series: policySeries(data.policies[cell.policy], cell.policy), own };
  });
  const at = atText(data, setting);
  return [
    ...latencyFigures(kind.name, shown, at),
    ...differenceFigures(data, kind, setting),
    ...causeFigures(data, kind.name, shown, at),
  ];
}

/** Where a setting differs from the first one, in a sentence; empty without factors. */
function atText({ factors, base }: PageData, setting: Levels): string {
  if (factors.length === 0) return '';
  const others = factors.flatMap(({ name }, i) =>
    setting[i] === base[i] ? [] : `${name}=${setting[i]}`,
  );
  return others.length === 0
    ? 'At the first setting.'
    : `At ${others.join(', ')}, else the first setting.`;
}

type Shown = readonly {
  readonly series: ReturnType<typeof policySeries>;
  readonly own: CellKindData;
}[];

function latencyFigures(kind: string, shown: Shown, at: string): string[] {
  if (shown.length === 0) return [];
  const series = shown.map((each) => each.series);
  const lines = shown.map(({ series, own: { statistics } }) => ({ series, statistics }));
  const samples = shown
    .map(({ series, own }) => ({ series, steps: unpackSteps(own.curve) }))
    .filter(({ steps }) => steps.length > 0);
  const percentiles = figure({
    title: `${kind}: percentiles`,
    svg: percentileSvg(kind, lines),
    caption: `Of the samples of all replications together, with 95 % intervals; max: without. ${at}`,
    series,
  });
  if (samples.length === 0) return [percentiles];
  const error = `Values within ${ERROR} %, extremes exact. ${at}`;
  return [
    percentiles,
    figure({
      title: `${kind}: distribution function`,
      svg: distributionSvg(kind, samples),
      caption: `What part of all samples of all replications is up to a latency. ${error}`,
      series,
    }),
    figure({
      title: `${kind}: complementary distribution function`,
      svg: tailSvg(kind, samples),
      caption: `What part of all samples of all replications is at least a latency; each curve ends at its largest. ${error}`,
      series,
    }),
  ];
}

function differenceFigures(data: PageData, kind: KindData, setting: Levels): string[] {
  if (kind.differences.length === 0) return [];
  const rows = new Map<
    string,
    { name: string; large: DrawnDifference[]; small: DrawnDifference[] }
  >();
  for (const compared of kind.differences) {
    const row = rows.get(compared.row) ?? { name: compared.row, large: [], small: [] };
    rows.set(compared.row, row);
    (isShown(data, compared, setting) ? row.large : row.small).push(drawn(data, compared));
  }
  const caption =
    'Difference to the baseline in multiples of the margin, symmetric logarithmic axis; within the shaded band it does not matter. ' +
    `Large marks: with 95 % interval, at this setting; small lines: at the others. ${atText(data, setting)}`;
  const all: DifferenceRow[] = [...rows.values()];
  return [
    figure({
      title: `${kind.name}: differences`,
      svg: differencesSvg(kind.name, all),
      caption,
      series: VERDICT_SERIES,
    }),
  ];
}

/** Whether both cells are at the setting; of what differs along a factor, the baseline, and the other but for that factor. */
function isShown(
  { cells }: PageData,
  { cell, baseline, along }: DifferenceData,
  setting: Levels,
): boolean {
  return isAtLevels(cells[baseline], setting, along) && isAtLevels(cells[cell], setting, along);
}

function drawn(data: PageData, compared: DifferenceData): DrawnDifference {
  const { difference, margin, verdict } = compared;
  const against = nameOf(data, compared.baseline);
  const name = `${compared.row}, ${nameOf(data, compared.cell)} against ${against}`;
  return { difference, margin, verdict, name };
}

function nameOf({ policies, cells, factors }: PageData, cell: number): string {
  const { policy, levels } = cells[cell];
  const told = factors.flatMap(({ name }, i) => (levels[i] === '' ? [] : `${name}=${levels[i]}`));
  return [policies[policy], ...told].join('/');
}

function causeFigures({ jobs }: PageData, kind: string, shown: Shown, at: string): string[] {
  const bars = shown
    .flatMap(({ series: { name }, own: { all, count, tail, tailCount } }) => [
      { name: `${name}, all`, sums: all, count },
      { name: `${name}, tail`, sums: tail, count: tailCount },
    ])
    .filter(({ sums }) => sums.some((ns) => ns > 0));
  if (bars.length === 0) return [];
  const caption =
    'What the time went to. Tail: the worst 1 % of each replication, at most 100 samples. At the right the mean latency. ' +
    `Hatched: another vCPU's. ${at}`;
  return [
    figure({
      title: `${kind}: causes`,
      svg: causesSvg(kind, bars, jobs),
      caption,
      legend: causeLegend(
        bars.map(({ sums }) => sums),
        jobs,
      ),
    }),
  ];
}
