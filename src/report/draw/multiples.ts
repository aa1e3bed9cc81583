import { axisBelow } from './axes.ts';
import type { Bounds, CellData, KindData, Levels, PageData } from './data.ts';
import { isAtLevels } from './data.ts';
import { axisName } from './distributions.ts';
import { figure } from './figure.ts';
import { boundsText } from './percentiles.ts';
import { type Extent, timeScale } from './scales.ts';
import { type PolicySeries, policySeries } from './series.ts';
import {
  fitted,
  GRID,
  labelRoom,
  seriesGroup,
  svgChart,
  svgLine,
  svgMark,
  svgText,
  textWidth,
  WIDTH,
} from './svg.ts';

/** Statistics that can be shown by factor. */
export const BY_FACTOR = ['mean', 'p50', 'p90', 'p99', 'p999', 'max'] as const;
export type ByFactor = (typeof BY_FACTOR)[number];

/** Panels beside each other at most; more levels, or longer names, have a row each. */
const COLUMNS = 6;
/** Rows of a chart; more levels are parted. */
const ROWS_MAX = 36;
const LEFT = 62;
const PANEL_HEIGHT = 134;
const TOP = 44;
const ROW = 19;
const BOLD = 'font-weight="bold"';
const INTERVAL = 'stroke-width="3" stroke-opacity="0.5"';

/** The statistics at one level. */
export interface LevelPanel {
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
    const panels = levels.flatMap((level): LevelPanel[] => {
      const marks = marksOf(data, kind, metric, (cell) => {
        return cell.levels[factor] === level && isAtLevels(cell, setting, factor);
      });
      return marks.length === 0 ? [] : [{ level, isBase: level === setting[factor], marks }];
    });
    if (panels.length < 2) return [];
    const all = panels.flatMap(({ marks }) => marks.map(({ series }) => series));
    const series = [...new Map(all.map((each) => [each.key, each])).values()];
    const title = `${kind.name}: ${metric} by ${name}`;
    return drawnParts(title, kind.name, panels).map(([part, svg]) =>
      figure({
        title: part,
        svg,
        caption: 'With 95 % intervals, where there are any; the other factors as chosen.',
        // They have no line, and so none is shown.
        series: series.map(({ dash: _, ...each }) => each),
        kind: 'multiples',
      }),
    );
  });
}

/** One chart, or several if the levels are many: their titles, and they. */
function drawnParts(
  title: string,
  kind: string,
  panels: readonly LevelPanel[],
): [title: string, svg: string][] {
  if (fitBeside(panels)) return [[title, panelsSvg(title, kind, panels)]];
  const count = Math.ceil(panels.length / ROWS_MAX);
  const rows = Math.ceil(panels.length / count);
  return Array.from({ length: count }, (_, i) => {
    const part = count === 1 ? title : `${title}, ${i + 1} of ${count}`;
    const own = panels.slice(i * rows, (i + 1) * rows);
    return [part, levelRowsSvg(part, kind, own, valuesOf(panels))];
  });
}

function marksOf(
  { cells, policies }: PageData,
  kind: KindData,
  metric: ByFactor,
  isIn: (cell: CellData) => boolean,
): LevelPanel['marks'] {
  return cells.flatMap((cell, i) => {
    const bounds = kind.cells[i]?.statistics[metric];
    if (bounds === undefined || !isIn(cell)) return [];
    return { series: policySeries(policies[cell.policy], cell.policy), bounds };
  });
}

/** Whether the names of levels have room beside each other. */
function fitBeside(panels: readonly LevelPanel[]): boolean {
  const room = (WIDTH - LEFT) / panels.length - 8;
  return panels.length <= COLUMNS && panels.every(({ level }) => textWidth(level) <= room);
}

function panelsSvg(title: string, kind: string, panels: readonly LevelPanel[]): string {
  const width = (WIDTH - LEFT) / panels.length;
  const y: Extent = [TOP + PANEL_HEIGHT, TOP];
  const scale = timeScale(valuesOf(panels), y);
  const labels = scale.ticks.flatMap(({ at, label }) =>
    label === '' ? [] : svgText(LEFT - 6, at + 4, label, { anchor: 'end' }),
  );
  const parts = panels.map(({ level, isBase, marks }, i) => {
    const x0 = LEFT + i * width;
    const grid = scale.ticks.map(({ at }) => svgLine(x0 + 2, at, x0 + width - 2, at, GRID));
    const name = svgText(x0 + width / 2, TOP - 8, level, {
      anchor: 'middle',
      ...(isBase && { more: BOLD }),
    });
    const step = (width - 8) / marks.length;
    const drawn = marks.map(({ series, bounds }, k) => {
      const x = x0 + 4 + (k + 0.5) * step;
      const [value, lo, hi] = bounds;
      const interval =
        lo === null || hi === null ? '' : svgLine(x, scale.at(lo), x, scale.at(hi), INTERVAL);
      return markSvg(series, level, bounds, [x, scale.at(value)], interval);
    });
    return [...grid, name, ...drawn].join('');
  });
  const axis = svgText(0, 12, axisName(kind), { more: 'font-style="italic"' });
  return svgChart(title, TOP + PANEL_HEIGHT + 8, [axis, ...labels, ...parts]);
}

/** A row per level, where there are many. @param values - what the axis holds */
function levelRowsSvg(
  title: string,
  kind: string,
  panels: readonly LevelPanel[],
  values: readonly number[],
): string {
  const left = labelRoom(panels.map(({ level }) => level));
  const x: Extent = [left, WIDTH - 24];
  const scale = timeScale(values, x);
  const bottom = 4 + ROW * panels.length;
  const rows = panels.map(({ level, isBase, marks }, i) => {
    const y = 4 + (i + 0.5) * ROW;
    const name = svgText(left - 8, y + 4, fitted(level), {
      anchor: 'end',
      ...(isBase && { more: BOLD }),
    });
    const apart = Math.min(3, (ROW - 6) / marks.length);
    const drawn = marks.map(({ series, bounds }, k) => {
      const [value, lo, hi] = bounds;
      const own = y + apart * (k - (marks.length - 1) / 2);
      const interval =
        lo === null || hi === null ? '' : svgLine(scale.at(lo), own, scale.at(hi), own, INTERVAL);
      return markSvg(series, level, bounds, [scale.at(value), own], interval);
    });
    return svgLine(x[0], y, x[1], y, GRID) + name + drawn.join('');
  });
  return svgChart(title, bottom + 42, [axisBelow(scale, x, 4, bottom, axisName(kind)), ...rows]);
}

function markSvg(
  { key, color, fill, shape, name }: PolicySeries,
  level: string,
  bounds: Bounds,
  place: readonly [number, number],
  interval: string,
): string {
  const told = `${name}, ${level}: ${boundsText(bounds)}`;
  return seriesGroup(key, `stroke="${color}"`, [
    interval,
    svgMark(shape, place, 4, told, `fill="${fill}"`),
  ]);
}

function valuesOf(panels: readonly LevelPanel[]): number[] {
  return panels.flatMap(({ marks }) =>
    marks.flatMap(({ bounds }) => bounds.filter((ns) => ns !== null)),
  );
}
