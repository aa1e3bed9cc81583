import { addCopyButtons } from './copying.ts';
import { enliven } from './figures.ts';
import { addSettings } from './settings.ts';
import { enlivenTables } from './sorting.ts';

/** What report.html does with JavaScript and can do without. */
addSettings();
enliven(document);
enlivenTables();
addCopyButtons();
openTarget();
addEventListener('hashchange', openTarget);

/** A link leads to what it names, even if that is folded. */
function openTarget(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null) return;
  for (let at = target.parentElement; at !== null; at = at.parentElement) {
    if (at instanceof HTMLDetailsElement) at.open = true;
  }
  target.scrollIntoView();
}
