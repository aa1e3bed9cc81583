import { buttonThat } from './button.ts';
import { addZoom } from './zoom.ts';

/** Makes the charts in a part of the page talk: read-outs of marks, legends that switch series, zoom of strips. */
export function enliven(within: ParentNode): void {
  for (const figure of within.querySelectorAll<HTMLElement>('.chart')) {
    const svg = figure.querySelector<SVGSVGElement>(':scope > svg');
    if (svg === null) continue;
    const show = addReadOut(figure, svg);
    addSwitches(figure, svg, () => show(undefined));
    const strip = svg.querySelector<SVGSVGElement>('.zoom');
    if (strip !== null) addZoom(svg, strip);
  }
}

type Show = (mark: Element | undefined) => void;

/** A read-out of the mark under the pointer, or with the arrow keys of the marks one after another. */
function addReadOut(figure: HTMLElement, svg: SVGSVGElement): Show {
  const readOut = document.createElement('div');
  readOut.className = 'read-out';
  readOut.setAttribute('role', 'status');
  figure.append(readOut);
  const texts = new Map<Element, string>();
  for (const title of svg.querySelectorAll('title')) {
    if (title.parentElement === null) continue;
    texts.set(title.parentElement, title.textContent ?? '');
    title.remove();
  }
  let marked: Element | undefined;
  const show: Show = (mark) => {
    marked?.classList.remove('marked');
    marked = mark;
    readOut.textContent = mark === undefined ? '' : (texts.get(mark) ?? '');
    if (mark === undefined) return;
    mark.classList.add('marked');
    const outer = figure.getBoundingClientRect();
    const inner = mark.getBoundingClientRect();
    const left = inner.left - outer.left;
    readOut.style.left = `${Math.max(0, Math.min(left, outer.width - readOut.offsetWidth))}px`;
    readOut.style.top = `${inner.bottom - outer.top + 8}px`;
  };
  svg.addEventListener('pointerover', ({ target }) =>
    show(target instanceof Element && texts.has(target) ? target : undefined),
  );
  svg.addEventListener('pointerleave', () => show(undefined));
  svg.addEventListener('blur', () => show(undefined));
  if (texts.size > 0) svg.tabIndex = 0;
  svg.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') show(undefined);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const marks = [...texts.keys()].filter((mark) => mark.closest('.off') === null);
    if (step === undefined || marks.length === 0) return;
    const at = marked === undefined ? (step > 0 ? -1 : 0) : marks.indexOf(marked);
    show(marks[(at + step + marks.length) % marks.length]);
    event.preventDefault();
  });
  return show;
}

/** Entries of legends become buttons that switch their series off and on. */
function addSwitches(figure: HTMLElement, svg: SVGSVGElement, changed: () => void): void {
  for (const entry of figure.querySelectorAll<HTMLElement>('[data-series]')) {
    const marks = svg.querySelectorAll(`.s-${CSS.escape(entry.dataset.series ?? '')}`);
    if (marks.length === 0) continue;
    const button = buttonThat('', () => {
      const on = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(on));
      for (const mark of marks) mark.classList.toggle('off', !on);
      changed();
    });
    button.setAttribute('aria-pressed', 'true');
    button.append(...entry.childNodes);
    entry.append(button);
  }
}
