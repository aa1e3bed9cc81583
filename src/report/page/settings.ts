import { settingWith } from '../draw/choose.ts';
import { type Levels, levelsText, type PageData } from '../draw/data.ts';
import { kindCharts } from '../draw/kind-charts.ts';
import { BY_FACTOR, type ByFactor, factorFigures } from '../draw/multiples.ts';
import { buttonThat } from './button.ts';
import { enliven } from './figures.ts';

/** Selectors of a level for each factor: all charts are drawn again at that setting, from the data in the page. */
export function addSettings(): void {
  const text = document.getElementById('data')?.textContent;
  if (!text) return;
  const data: PageData = JSON.parse(text);
  let setting = data.base;
  const selects = data.factors.map(({ name, levels }, factor) =>
    selectOf(name, levels, (level) => {
      set(settingWith(data, setting, factor, level) ?? setting);
    }),
  );
  const redrawFactors = addFactorSelectors(data, () => setting);
  const set = (next: Levels) => {
    setting = next;
    selects.forEach((select, i) => {
      select.value = setting[i];
    });
    for (const section of document.querySelectorAll<HTMLElement>('.kind')) {
      const kind = data.kinds.find(({ name }) => name === section.dataset.kind);
      if (kind !== undefined) redraw(section, kindCharts(data, kind, setting));
    }
    const said = document.querySelector('.setting');
    if (said !== null) said.textContent = `Charts at ${levelsText(data, setting)}.`;
    redrawFactors();
  };
  selects.forEach((select, i) => {
    select.value = data.base[i];
  });
  const form = formOf(selects, 'Setting of the charts');
  form.append(buttonThat('first setting', () => set(data.base)));
  const heading = document.querySelector('#charts > h2');
  if (selects.length > 0) heading?.after(form);
}

/** Selectors of kind and statistic for the small multiples. @returns draws them again */
function addFactorSelectors(data: PageData, setting: () => Levels): () => void {
  const section = document.querySelector<HTMLElement>('.by-factor');
  if (section === null) return () => {};
  const kinds = data.kinds.filter((kind) => kind.cells.some((cell) => cell !== null));
  const draw = () => {
    const kind = kinds.find(({ name }) => name === kindSelect.value);
    const metric = BY_FACTOR.find((name) => name === metricSelect.value);
    if (kind === undefined || metric === undefined) return;
    const figures = factorFigures(data, kind, metric, setting());
    redraw(section, figures);
  };
  const names = kinds.map(({ name }) => name);
  const kindSelect = selectOf('kind of latency', names, draw);
  const metricSelect = selectOf('statistic', BY_FACTOR, draw);
  kindSelect.value = section.dataset.kind ?? names[0];
  metricSelect.value = 'mean' satisfies ByFactor;
  section.before(formOf([kindSelect, metricSelect], 'What is shown by factor'));
  return draw;
}

function redraw(section: HTMLElement, figures: readonly string[]): void {
  const charts = section.querySelector('.charts');
  if (charts === null) return;
  charts.innerHTML = figures.length > 0 ? figures.join('\n') : '<p>No samples at this setting.</p>';
  enliven(charts);
}

function selectOf(
  name: string,
  options: readonly string[],
  changed: (value: string) => void,
): HTMLSelectElement {
  const select = document.createElement('select');
  select.name = name;
  for (const value of options) select.add(new Option(value, value));
  select.addEventListener('change', () => changed(select.value));
  return select;
}

function formOf(selects: readonly HTMLSelectElement[], label: string): HTMLFormElement {
  const form = document.createElement('form');
  form.className = 'settings';
  form.setAttribute('aria-label', label);
  form.append(
    ...selects.map((select) => {
      const around = document.createElement('label');
      around.append(select.name, select);
      return around;
    }),
  );
  return form;
}
