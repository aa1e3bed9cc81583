import type { AxisScale, Extent } from './scales.ts';
import { GRID, svgLine, svgText } from './svg.ts';

/** The horizontal axis below a chart whose marks lie between `top` and `bottom` [px]. */
export function axisBelow(
  scale: AxisScale,
  [left, right]: Extent,
  top: number,
  bottom: number,
  name: string,
): string {
  const ticks = scale.ticks.map(
    ({ at, label }) =>
      svgLine(at, top, at, bottom, GRID) +
      (label === '' ? '' : svgText(at, bottom + 18, label, { anchor: 'middle' })),
  );
  const title =
    name === ''
      ? ''
      : svgText((left + right) / 2, bottom + 35, name, {
          anchor: 'middle',
          more: 'font-style="italic"',
        });
  return `<g class="axis">${ticks.join('')}${title}</g>`;
}

/** The vertical axis at the left of marks that lie between `left` and `right`, with its name above [px]. */
export function axisLeft(
  scale: AxisScale,
  [left, right]: Extent,
  top: number,
  name: string,
): string {
  const ticks = scale.ticks.map(
    ({ at, label }) =>
      svgLine(left, at, right, at, GRID) +
      (label === '' ? '' : svgText(left - 6, at + 4, label, { anchor: 'end' })),
  );
  return `<g class="axis">${ticks.join('')}${svgText(0, top - 14, name, { more: 'font-style="italic"' })}</g>`;
}
