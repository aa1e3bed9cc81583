import type { Comparison } from '../../analysis/comparison.ts';
import type { Setting } from '../../analysis/first-setting.ts';
import type { Experiment } from '../../experiment/schema/schema.ts';
import { counted } from '../../input/counted.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';
import { charts, figure } from '../draw/figure.ts';
import { VERDICT_SERIES } from '../draw/series.ts';
import { inNumericOrder } from './level-order.ts';
import { type Axis, differs, mapSvg, type Panel, scaleLegend, type Tile } from './map-svg.ts';

/**
 * Maps of the difference to the baseline over the two factors with the most levels, one per statistic of each kind of
 * latency that is asked about (of all, if no question asks for verdicts), with a panel per policy. The other factors are
 * at `setting`. Maps on which no verdict changes are folded. Empty if fewer than two factors have two levels, or most of their
 * combinations were not run.
 */
export function decisionMaps(
  experiment: Experiment,
  comparisons: readonly Comparison[],
  setting: Setting,
): string {
  const axes = axesOf(experiment, comparisons);
  if (axes === undefined) return '';
  const rest = [...setting].filter(([name]) => axes.every((axis) => axis.name !== name));
  const fixed = rest.map(([name, level]) => `${name}=${level}`).join(', ');
  const caption = `Difference to ${experiment.compare.baseline}; colour: in multiples of the margin; mark: the verdict; thick lines: where it changes. ${fixed}`;
  const shown = comparisons.filter((compared) => isShown(compared, setting, axes));
  return askedKinds(experiment)
    .map((kind) => {
      const changing: string[] = [];
      const constant: string[] = [];
      for (const metric of experiment.compare.metrics) {
        const of = shown.filter((each) => each.kind === kind && each.metric === metric);
        const panels = panelsOf(of, axes);
        if (!isMap(panels, axes)) continue;
        const title = `${kind}: map of ${metric}`;
        const map = figure({
          title,
          svg: mapSvg(title, panels, axes),
          caption,
          series: VERDICT_SERIES,
          legend: scaleLegend(),
        });
        (panels.some(differs) ? changing : constant).push(map);
      }
      return `${charts(changing)}\n${folded(kind, constant)}`;
    })
    .join('\n')
    .trim();
}

/** Most places have to be filled: a few settings that differ from one in one factor each make no map. */
function isMap(panels: readonly Panel[], [xs, ys]: readonly [Axis, Axis]): boolean {
  const tiles = panels.reduce((sum, panel) => sum + panel.tiles.length, 0);
  return tiles > 0.5 * panels.length * xs.levels.length * ys.levels.length;
}

function folded(kind: LatencyKind, maps: readonly string[]): string {
  if (maps.length === 0) return '';
  const which = counted(maps.length, 'map');
  return `<details><summary>${kind}: ${which} on which the verdict does not change</summary>\n${charts(maps)}\n</details>`;
}

/** Kinds that questions ask verdicts of; all measured if there are none. */
function askedKinds({ questions, measure }: Experiment): readonly LatencyKind[] {
  const asked = questions.flatMap((question) => ('kinds' in question ? question.kinds : []));
  return measure.latencies.filter((kind) => asked.length === 0 || asked.includes(kind));
}

function panelsOf(comparisons: readonly Comparison[], [xs, ys]: readonly [Axis, Axis]): Panel[] {
  const panels = new Map<string, Tile[]>();
  for (const compared of comparisons) {
    const x = xs.levels.indexOf(levelOf(compared, xs.name));
    const y = ys.levels.indexOf(levelOf(compared, ys.name));
    if (x < 0 || y < 0) continue;
    const { policy } = compared.cell.cell;
    const tiles = panels.get(policy) ?? [];
    panels.set(policy, tiles);
    tiles.push({ x, y, compared });
  }
  return [...panels].map(([policy, tiles]) => ({ policy, tiles }));
}

function axesOf(
  { factors }: Experiment,
  comparisons: readonly Comparison[],
): readonly [Axis, Axis] | undefined {
  const used = factors.map(({ name, levels }) => {
    const present = new Set(comparisons.map((compared) => levelOf(compared, name)));
    return { name, levels: inNumericOrder(levels.filter((level) => present.has(level))) };
  });
  const [x, y] = used
    .filter(({ levels }) => levels.length > 1)
    .sort((a, b) => b.levels.length - a.levels.length);
  return x === undefined || y === undefined ? undefined : [x, y];
}

/** The level of a factor on either side: one of them may not be concerned. */
function levelOf({ cell, baseline }: Comparison, factor: string): string {
  return cell.cell.levels[factor] || baseline.cell.levels[factor] || '';
}

function isShown(compared: Comparison, setting: Setting, axes: readonly Axis[]): boolean {
  return [...setting].every(
    ([name, level]) =>
      axes.some((axis) => axis.name === name) || ['', level].includes(levelOf(compared, name)),
  );
}
