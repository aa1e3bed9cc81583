import type { Comparison } from '../../analysis/comparison.ts';
import { type Digest, type Worst, worstByPolicy } from '../../analysis/digest.ts';
import { firstSetting } from '../../analysis/first-setting.ts';
import { quoted } from '../../batch/cluster.ts';
import type { CellResult } from '../../experiment/outcome.ts';
import type { Experiment } from '../../experiment/schema/schema.ts';
import { counted } from '../../input/counted.ts';
import type { Study } from '../../results/study.ts';
import { commandOf, labCommandOf, traceCommandOf } from '../commands.ts';
import { causePatterns } from '../draw/cause-style.ts';
import { levelsText, type PageData } from '../draw/data.ts';
import { charts } from '../draw/figure.ts';
import { kindCharts } from '../draw/kind-charts.ts';
import { factorFigures } from '../draw/multiples.ts';
import { answersHtml } from './answers.ts';
import { contentsHtml, type PageSection } from './contents.ts';
import { decisionMaps } from './decision-map.ts';
import { escapeHtml } from './escape.ts';
import type { Lanes } from './lane-jobs.ts';
import { pageData } from './page-data.ts';
import { pageScript } from './page-script.ts';
import { STYLE } from './style.ts';
import { tables } from './tables.ts';
import { introduction, titleOf } from './title.ts';
import { worstCases } from './worst-cases.ts';

/** What a report is made from. */
export interface ReportSource {
  readonly study: Study;
  readonly experiment: Experiment;
  readonly results: readonly CellResult[];
  /** Of each cell, in the order of the results. */
  readonly digests: readonly Digest[];
  readonly comparisons: readonly Comparison[];
  /** The text of answer.md. */
  readonly answer: string;
  /** Gives the figures of the worst samples; asked for after all else is drawn, as others may still be at work on them. */
  readonly lanes: () => Promise<Lanes>;
}

/**
 * report.html: the whole study as one page that needs nothing else, neither network nor JavaScript. It begins with the answers;
 * its charts are at the first setting, and its script draws them at any other from the data in it.
 */
export async function reportPage(source: ReportSource): Promise<string> {
  const { study, experiment, results, digests, answer } = source;
  // Those without samples stand in the tables only.
  const comparisons = source.comparisons.filter(({ difference }) =>
    Number.isFinite(difference.estimate),
  );
  const setting = firstSetting(experiment, results);
  const data = pageData(experiment, results, digests, comparisons, setting);
  const answers = answersHtml({ ...source, data }, setting, answer);
  const all: readonly PageSection[] = [
    { id: 'answers', name: 'Answers', html: answers },
    { id: 'charts', name: 'Charts', html: kindSections(data) },
    { id: 'factors', name: 'By factor', html: byFactor(data) },
    { id: 'map', name: 'Decision map', html: decisionMaps(experiment, comparisons, setting) },
    { id: 'worst', name: 'Worst cases', html: await worst(source, data) },
    { id: 'tables', name: 'Tables', html: tables(experiment, results, source.comparisons) },
    { id: 'reproduce', name: 'Reproducing it', html: reproduction(study) },
  ];
  const sections = all.filter(({ html }) => html !== '');
  const body = sections.map(({ id, name, html }) => {
    return `<section id="${id}">\n<h2>${name}</h2>\n${html}\n</section>`;
  });
  return `${head(experiment)}
<body>
${causePatterns()}
${contentsHtml(sections)}
<main>
${header(experiment, study)}
${body.join('\n')}
</main>
<script type="application/json" id="data">${jsonInHtml(data)}</script>
<script>${pageScript()}</script>
</body>
</html>
`;
}

function head({ question }: Experiment): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(shortened(titleOf(question)))}</title>
<style>${STYLE}</style>
</head>`;
}

const TITLE_MAX = 120;

function shortened(title: string): string {
  return title.length > TITLE_MAX ? `${title.slice(0, TITLE_MAX)}…` : title;
}

function header({ question, cells, replications }: Experiment, study: Study): string {
  const title = titleOf(question);
  const size = `${counted(cells.length, 'cell')} × ${counted(replications, 'replication')}`;
  const about = `${study.experiment.file} · ${size} · preemptlab ${study.preemptlab}`;
  const intro = introduction(question);
  return [
    '<header>',
    `<p class="about">${escapeHtml(about)}</p>`,
    `<h1${title.length > TITLE_MAX ? ' class="long"' : ''}>${escapeHtml(title)}</h1>`,
    intro === '' ? '' : `<p class="intro">${escapeHtml(intro)}</p>`,
    '</header>',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** The charts of each kind at the first setting, which the script redraws at another; those of all but the first are folded. */
function kindSections(data: PageData): string {
  const kinds = data.kinds
    .map((kind) => ({ name: escapeHtml(kind.name), figures: kindCharts(data, kind, data.base) }))
    .filter(({ figures }) => figures.length > 0)
    .map(({ name, figures }, i) =>
      unfolded(
        `<h3>${name}</h3>`,
        `${charts(figures)}`,
        i === 0,
        `class="kind" data-kind="${name}"`,
      ),
    );
  if (kinds.length === 0) return '';
  const at = levelsText(data, data.base);
  const setting = at === '' ? '' : `<p class="setting">Charts at ${escapeHtml(at)}.</p>\n`;
  return `${setting}${kinds.join('\n')}`;
}

/** A part that can be folded. @param attributes - of its element */
function unfolded(heading: string, html: string, isOpen: boolean, attributes = ''): string {
  const open = isOpen ? ' open' : '';
  return `<details ${attributes}${open}><summary>${heading}</summary>\n${html}\n</details>`;
}

/** Small multiples of the first kind that has any. */
function byFactor(data: PageData): string {
  for (const kind of data.kinds) {
    const figures = factorFigures(data, kind, 'mean', data.base);
    if (figures.length > 0)
      return `<div class="by-factor" data-kind="${escapeHtml(kind.name)}">\n${charts(figures)}\n</div>`;
  }
  return '';
}

async function worst(
  { study, digests, lanes }: ReportSource,
  { kinds }: PageData,
): Promise<string> {
  const command = ({ cell, replication }: Worst) => traceCommandOf(study, cell.id, replication);
  const figures = await lanes();
  return kinds
    .map(({ name }) => worstByPolicy(name, digests))
    .filter((cases) => cases.length > 0)
    .map((cases, i) => {
      const html = worstCases(cases, command, (sample) => figures.get(sample) ?? '');
      return unfolded(`<h3>${escapeHtml(cases[0].kind)}</h3>`, html, i === 0);
    })
    .join('\n');
}

function reproduction(study: Study): string {
  const { preemptlab, seed, replications, experiment } = study;
  const filter = experiment.filter === undefined ? '' : ` --filter ${quoted(experiment.filter)}`;
  const runs = counted(replications, 'replication');
  const versions = `preemptlab ${preemptlab}, seed ${seed}, ${runs} per cell. The same command gives the same bytes.`;
  const lines = experiment.text.trimEnd().split('\n').length;
  return [
    `<pre tabindex="0">${escapeHtml(`${commandOf(study)}${filter}`)}</pre>`,
    `<p>${escapeHtml(versions)}</p>`,
    '<p>In the lab everything can be moved, and what comes of it is seen at once:</p>',
    `<pre tabindex="0">${escapeHtml(labCommandOf(study))}</pre>`,
    `<details><summary>The experiment, ${escapeHtml(experiment.file)} (${counted(lines, 'line')})</summary>`,
    `<pre tabindex="0">${escapeHtml(experiment.text)}</pre>\n</details>`,
  ].join('\n');
}

/** Data as JSON that cannot end its element. */
function jsonInHtml(data: PageData): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}
