import { momentTicks } from './scales.ts';
import { GRID, svgLine, svgText, textWidth } from './svg.ts';

/** A stretch of time that is drawn, relative to the beginning of a latency [ns], and where [px]. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
  readonly left: number;
  readonly right: number;
}

/** The times that are seen, below a chart whose marks end at `bottom`: drawn again by the page's script when it is zoomed. */
export function momentAxis({ from, to, left, right }: TimeWindow, bottom: number): string {
  if (!(to > from)) return '';
  const at = (ns: number) => left + ((right - left) * (ns - from)) / (to - from);
  let end = Number.NEGATIVE_INFINITY;
  return momentTicks(from, to)
    .map(({ ns, label }) => {
      const x = at(ns);
      const line = svgLine(x, bottom, x, bottom + 5, GRID.replace('0.15', '0.6'));
      const half = textWidth(label) / 2;
      const middle = Math.min(right - half, Math.max(left + half, x));
      if (middle - half < end) return line;
      end = middle + half + 8;
      return line + svgText(middle, bottom + 17, label, { anchor: 'middle' });
    })
    .join('');
}
