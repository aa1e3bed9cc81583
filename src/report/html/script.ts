/**
 * What report.html does with JavaScript and can do without: a read-out of the mark under the pointer, or with the arrow
 * keys of the marks of a chart; legends that switch series off and on; zoom of the strips of the worst cases. What is folded is open in print.
 */
export const SCRIPT = `
'use strict';
for (const figure of document.querySelectorAll('.chart')) {
  const svg = figure.querySelector(':scope > svg');
  const readOut = document.createElement('div');
  readOut.className = 'read-out';
  readOut.setAttribute('role', 'status');
  figure.append(readOut);
  const texts = new Map();
  for (const title of svg.querySelectorAll('title')) {
    texts.set(title.parentElement, title.textContent);
    title.remove();
  }
  let marked;
  const show = (mark) => {
    if (marked) marked.classList.remove('marked');
    marked = mark;
    readOut.textContent = mark ? texts.get(mark) : '';
    if (!mark) return;
    mark.classList.add('marked');
    const outer = figure.getBoundingClientRect();
    const inner = mark.getBoundingClientRect();
    const left = inner.left - outer.left;
    readOut.style.left = Math.max(0, Math.min(left, outer.width - readOut.offsetWidth)) + 'px';
    readOut.style.top = inner.bottom - outer.top + 8 + 'px';
  };
  svg.addEventListener('pointerover', ({ target }) => show(texts.has(target) ? target : undefined));
  svg.addEventListener('pointerleave', () => show(undefined));
  svg.addEventListener('blur', () => show(undefined));
  svg.tabIndex = 0;
  svg.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape') show(undefined);
    if (!step) return;
    const marks = [...texts.keys()].filter((mark) => !mark.closest('.off'));
    const at = marks.indexOf(marked);
    if (marks.length === 0) return;
    show(marks[at < 0 ? (step > 0 ? 0 : marks.length - 1) : (at + step + marks.length) % marks.length]);
    event.preventDefault();
  });
  for (const entry of figure.querySelectorAll('[data-series]')) {
    const marks = svg.querySelectorAll('.s-' + entry.dataset.series);
    if (marks.length === 0) continue;
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-pressed', 'true');
    button.append(...entry.childNodes);
    entry.append(button);
    button.addEventListener('click', () => {
      const on = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(on));
      for (const mark of marks) mark.classList.toggle('off', !on);
      show(undefined);
    });
  }
  const strip = svg.querySelector('.zoom');
  if (strip) addZoom(figure, svg, strip);
}
const folded = () => document.querySelectorAll('details:not([open])');
let opened = [];
addEventListener('beforeprint', () => {
  opened = [...folded()];
  for (const each of opened) each.open = true;
});
addEventListener('afterprint', () => {
  for (const each of opened) each.open = false;
});
function addZoom(figure, svg, strip) {
  const { width: full, height } = strip.viewBox.baseVal;
  let from = 0;
  let width = full;
  const zoom = (factor, by) => {
    const middle = from + width / 2 + by * width;
    width = Math.min(full, Math.max(full / 1e5, width / factor));
    from = Math.max(0, Math.min(full - width, middle - width / 2));
    strip.setAttribute('viewBox', [from, 0, width, height].join(' '));
    const percent = (x) => Number((100 * x / full).toPrecision(6)) + ' %';
    svg.querySelector('.ends').classList.toggle('off', width < full);
    output.textContent = width < full ? percent(from) + ' to ' + percent(from + width) : '';
  };
  const row = document.createElement('div');
  row.className = 'legend zoom-buttons';
  const output = document.createElement('output');
  const actions = [['◀', 'left', 1, -0.5], ['▶', 'right', 1, 0.5], ['+', 'zoom in', 2, 0], ['−', 'zoom out', 0.5, 0]];
  for (const [sign, name, factor, by] of actions) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = sign;
    button.setAttribute('aria-label', name);
    button.addEventListener('click', () => zoom(factor, by));
    row.append(button);
  }
  row.append(output);
  svg.after(row);
  svg.addEventListener('keydown', ({ key }) => {
    if (key === '+') zoom(2, 0);
    if (key === '-') zoom(0.5, 0);
  });
}
`;
