import { momentAxis } from '../draw/moments.ts';
import { buttonThat } from './button.ts';

/** A strip is zoomed in up to so many times. */
const ZOOM_MAX = 1e5;

/** Buttons and keys that zoom what happened around a latency. The names of rows stay; the axis shows the times that are seen. */
export function addZoom(svg: SVGSVGElement, strip: SVGSVGElement): void {
  const { width: full, height } = strip.viewBox.baseVal;
  const axis = svg.querySelector('.moments');
  const [begin, end] = [Number(strip.dataset.from), Number(strip.dataset.to)];
  const left = strip.x.baseVal.value;
  let from = 0;
  let width = full;
  const zoom = (factor: number, by: number) => {
    const middle = from + width / 2 + by * width;
    width = Math.min(full, Math.max(full / ZOOM_MAX, width / factor));
    from = Math.max(0, Math.min(full - width, middle - width / 2));
    strip.setAttribute('viewBox', [from, 0, width, height].join(' '));
    const timeAt = (x: number) => begin + ((end - begin) * x) / full;
    const seen = { from: timeAt(from), to: timeAt(from + width), left, right: left + full };
    if (axis !== null) axis.innerHTML = momentAxis(seen, strip.y.baseVal.value + height);
  };
  const row = document.createElement('div');
  row.className = 'legend zoom-buttons';
  row.append(
    buttonThat('◀', () => zoom(1, -0.5), 'left'),
    buttonThat('▶', () => zoom(1, 0.5), 'right'),
    buttonThat('+', () => zoom(2, 0), 'zoom in'),
    buttonThat('−', () => zoom(0.5, 0), 'zoom out'),
  );
  svg.after(row);
  svg.addEventListener('keydown', ({ key }) => {
    if (key === '+') zoom(2, 0);
    if (key === '-') zoom(0.5, 0);
  });
}
