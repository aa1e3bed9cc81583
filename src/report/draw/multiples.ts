import type { Bounds, CellData, KindData, Levels, PageData } from './data.ts';
import { isAtLevels } from './data.ts';
import { axisName } from './distributions.ts';
import { figure } from './figure.ts';
import { boundsText } from './percentiles.ts';
import { type Extent, timeScale } from './scales.ts';
import { type PolicySeries, policySeries } from './series.ts';
import { fitted, GRID, seriesGroup, svgChart, svgLine, svgMark, svgText, WIDTH } from './svg.ts';

/** Statistics that can be shown by factor. */
export const BY_FACTOR = ['mean', 'p50', 'p90', 'p99', 'p999', 'max'] as const;
export type ByFactor = (typeof BY_FACTOR)[number];

/** Panels beside each other. */
const COLUMNS = 5;
/** Levels of a factor that are shown. */
const LEVELS_MAX = 40;
const LEFT = 62;
const PANEL_HEIGHT = 150;
const TITLE = 20;

interface Panel {
  readonly level: string;
  readonly isBase: boolean;
  readonly marks: readonly { readonly series: PolicySeries; readonly bounds: Bounds }[];
}

/**
 * Small multiples: for each factor a figure with a panel per level, in which each policy's statistic stands on the same axis;
 * the other factors are at `setting`. Factors of which only one level has samples there are left out.
 */
export function factorFigures(
  data: PageData,
  kind: KindData,
  metric: ByFactor,
  setting: Levels,
): string[] {
  return data.factors.flatMap(({ name, levels }, factor) => {
    const panels = levels.flatMap((level): Panel[] => {
      const marks = marksOf(data, kind, metric, (cell) => {
        return cell.levels[factor] === level && isAtLevels(cell, setting, factor);
      });
      return marks.length === 0 ? [] : [{ level, isBase: level === setting[factor], marks }];
    });
    if (panels.length < 2) return [];
    const shown = panels.slice(0, LEVELS_MAX);
    const series = [
      ...new Map(shown.flatMap(({ marks }) => marks).map((m) => [m.series.key, m.series])),
    ];
    const others = data.factors.flatMap((other, i) => {
      return i === factor ? [] : `${other.name}=${setting[i]}`;
    });
    const left =
      panels.length > LEVELS_MAX ? ` The first ${LEVELS_MAX} of ${panels.length} levels.` : '';
    const title = `${kind.name}: ${metric} by ${name}`;
    return figure({
      title,
      svg: panelsSvg(title, kind.name, shown),
      caption: `With 95 % intervals, where there are any. ${others.length > 0 ? `At ${others.join(', ')}.` : ''}${left}`,
      series: series
        .map(([, each]) => ({ ...each, dash: undefined }))
        .map(({ dash: _, ...each }) => each),
      kind: 'multiples',
    });
  });
}

function marksOf(
  { cells, policies }: PageData,
  kind: KindData,
  metric: ByFactor,
  isIn: (cell: CellData) => boolean,
): Panel['marks'] {
  return cells.flatMap((cell, i) => {
    const bounds = kind.cells[i]?.statistics[metric];
    if (bounds === undefined || !isIn(cell)) return [];
    return { series: policySeries(policies[cell.policy], cell.policy), bounds };
  });
}

function panelsSvg(title: string, kind: string, panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / COLUMNS);
  const columns = Math.ceil(panels.length / rows);
  const width = (WIDTH - LEFT) / columns;
  const top = 24;
  const values = panels.flatMap(({ marks }) => marks.flatMap(({ bounds }) => bounds));
  const parts = panels.map((panel, i) => {
    const row = Math.floor(i / columns);
    const column = i % columns;
    const y0 = top + row * (PANEL_HEIGHT + TITLE) + TITLE;
    const y: Extent = [y0 + PANEL_HEIGHT - 16, y0];
    const scale = timeScale(
      values.filter((ns) => ns !== null),
      y,
    );
    const x0 = LEFT + column * width;
    const labels =
      column > 0
        ? ''
        : scale.ticks
            .map(({ at, label }) =>
              label === '' ? '' : svgText(LEFT - 6, at + 4, label, { anchor: 'end' }),
            )
            .join('');
    const grid = scale.ticks
      .map(({ at }) => svgLine(x0 + 2, at, x0 + width - 2, at, GRID))
      .join('');
    const name = svgText(x0 + width / 2, y0 - 7, fitted(panel.level, width - 4), {
      anchor: 'middle',
      ...(panel.isBase && { more: 'font-weight="bold"' }),
    });
    const step = (width - 8) / panel.marks.length;
    const marks = panel.marks.map(({ series, bounds }, k) => {
      const x = x0 + 4 + (k + 0.5) * step;
      const [value, lo, hi] = bounds;
      const interval =
        lo === null || hi === null
          ? ''
          : svgLine(x, scale.at(lo), x, scale.at(hi), 'stroke-width="3" stroke-opacity="0.5"');
      const told = `${series.name}, ${panel.level}: ${boundsText(bounds)}`;
      return seriesGroup(series.key, `stroke="${series.color}"`, [
        interval,
        svgMark(series.shape, [x, scale.at(value)], 4, told, `fill="${series.fill}"`),
      ]);
    });
    return labels + grid + name + marks.join('');
  });
  const axis = svgText(0, 12, axisName(kind), { more: 'font-style="italic"' });
  return svgChart(title, top + rows * (PANEL_HEIGHT + TITLE), [axis, ...parts]);
}
