type Child = Node | string;

/** Makes an element with attributes (false: left out) and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number | boolean>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

/** Makes an SVG element. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number | boolean>> = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

function setAttributes(
  made: Element,
  attributes: Readonly<Record<string, string | number | boolean>>,
): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? '' : String(value));
  }
}

/** The element of the page with this id. @throws if there is none: the page and its program belong together */
export function byId<Type extends HTMLElement = HTMLElement>(id: string): Type {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found as Type;
}

/** A table whose first column names its rows. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Child[])[],
): HTMLElement {
  const isNumber = (cell: Child | undefined) => typeof cell === 'string' && { class: 'number' };
  const head = columns.map((name, i) =>
    element('th', { scope: 'col', ...(i > 0 && isNumber(rows[0]?.[i])) }, name),
  );
  const body = rows.map(([first, ...rest]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, first),
      ...rest.map((cell) => element('td', { ...isNumber(cell) }, cell)),
    ),
  );
  const made = element(
    'table',
    {},
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...body),
  );
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    made,
  );
}

/** A little square of a colour or pattern. */
export function colourSwatch(fill: string): SVGElement {
  const square = svg('rect', { width: 14, height: 14, fill, stroke: 'currentColor' });
  return svg('svg', { class: 'swatch', viewBox: '0 0 14 14', 'aria-hidden': 'true' }, square);
}
