import { counted } from '../../input/counted.ts';
import { escapeHtml } from './escape.ts';

/** A section of the page. */
export interface PageSection {
  readonly id: string;
  readonly name: string;
  readonly html: string;
}

/** The list of contents, with a link to every chart, which stays in sight beside the page. */
export function contentsHtml(sections: readonly PageSection[]): string {
  const items = sections.map(({ id, name, html }) => {
    const link = `<a href="#${id}">${escapeHtml(name)}</a>`;
    const links = chartsIn(html).map(
      ({ anchor, title }) => `<li><a href="#${anchor}">${title}</a></li>`,
    );
    if (links.length === 0) return `<li>${link}</li>`;
    const inside = `<details><summary>${counted(links.length, 'chart')}<span class="unseen"> in ${escapeHtml(name)}</span></summary>\n<ul>${links.join('\n')}</ul>\n</details>`;
    return `<li>${link}\n${inside}</li>`;
  });
  return `<nav aria-label="Contents">\n<ul>\n${items.join('\n')}\n</ul>\n</nav>`;
}

/** The charts in a part of the page: their titles as HTML. */
function chartsIn(html: string): { anchor: string; title: string }[] {
  const found = html.matchAll(/<figure class="[^"]*" id="([^"]+)">\n<h4>(.*?) <a /g);
  return [...found].map(([, anchor, title]) => ({ anchor, title }));
}
