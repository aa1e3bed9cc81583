import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** A picture of docs as a file of its own. */
export function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>');
  const figure = Plot.plot({
    document,
    width: 720,
    height: 340,
    marginLeft: 70,
    marginTop: 40,
    marginBottom: 45,
    style: { background: 'white', color: 'black', fontFamily: 'sans-serif', fontSize: '12px' },
    ...options,
  });
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${figure.outerHTML}\n`;
}
