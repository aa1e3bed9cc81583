import type { Comparison } from '../../analysis/comparison.ts';
import { type Digest, type Worst, worstByPolicy } from '../../analysis/digest.ts';
import { firstSetting, isAt, type Setting, settingText } from '../../analysis/first-setting.ts';
import { quoted } from '../../batch/cluster.ts';
import type { CellResult } from '../../experiment/outcome.ts';
import type { Experiment } from '../../experiment/schema/schema.ts';
import type { Study } from '../../results/study.ts';
import { commandOf, traceCommandOf } from '../commands.ts';
import { attributionFigure } from './attribution-chart.ts';
import { causePatterns } from './cause-style.ts';
import { charts } from './chart.ts';
import { decisionMaps } from './decision-map.ts';
import { distributionFigures } from './distributions.ts';
import { escapeHtml } from './escape.ts';
import { forestFigure } from './forest.ts';
import type { Lanes } from './lane-jobs.ts';
import { markdownHtml } from './markdown.ts';
import { percentileFigure } from './percentiles.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';
import { tables } from './tables.ts';
import { worstCases } from './worst-cases.ts';

/** What a report is made from. */
export interface ReportSource {
  readonly study: Study;
  readonly experiment: Experiment;
  readonly results: readonly CellResult[];
  /** Of each cell, in the order of the results. Those at the first setting have the distributions of their samples. */
  readonly digests: readonly Digest[];
  readonly comparisons: readonly Comparison[];
  /** The text of answer.md. */
  readonly answer: string;
  /** Gives the figures of the worst samples; asked for after all else is drawn, as others may still be at work on them. */
  readonly lanes: () => Promise<Lanes>;
}

/** report.html: the whole study as one page that needs nothing else, neither network nor JavaScript. */
export async function reportPage(source: ReportSource): Promise<string> {
  const { study, experiment, results, digests, answer } = source;
  // Those without samples stand in the tables only.
  const comparisons = source.comparisons.filter(({ difference }) =>
    Number.isFinite(difference.estimate),
  );
  const setting = firstSetting(experiment, results);
  const shown = digests.filter((digest) => isAt(setting, digest));
  const { question } = experiment;
  const title = question.trim().split('\n')[0];
  const sections: readonly (readonly [id: string, name: string, html: string])[] = [
    ['answers', 'Answers', answersHtml(answer)],
    ['latencies', 'Latencies', latencies(source, shown, setting)],
    ['differences', 'Differences', charts(differences({ ...source, comparisons }, setting))],
    ['map', 'Decision map', decisionMaps(experiment, comparisons, setting)],
    ['causes', 'Causes', charts(attributions(experiment, shown, setting))],
    ['worst', 'Worst cases', await worst(source)],
    ['tables', 'Tables', tables(experiment, results, source.comparisons)],
    ['reproduce', 'Reproducing it', reproduction(study)],
  ];
  const present = sections.filter(([, , html]) => html !== '');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(shortened(title))}</title>
<style>${STYLE}</style>
</head>
<body>
${causePatterns()}
<header>
<h1${title.length > TITLE_MAX ? ' class="long"' : ''}>${escapeHtml(title)}</h1>
<nav aria-label="Sections">${present.map(([id, name]) => `<a href="#${id}">${name}</a>`).join(' ')}</nav>
</header>
<main>
${present.map(([id, name, html]) => `<section id="${id}">\n<h2>${name}</h2>\n${html}\n</section>`).join('\n')}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

const TITLE_MAX = 120;

function shortened(title: string): string {
  return title.length > TITLE_MAX ? `${title.slice(0, TITLE_MAX)}…` : title;
}

/** answer.md without its heading, which the section has. */
function answersHtml(answer: string): string {
  return `<div class="answers">\n${markdownHtml(answer.replace(/^# .*\n\n/, ''))}\n</div>`;
}

function latencies(
  { experiment, results }: ReportSource,
  shown: readonly Digest[],
  setting: Setting,
): string {
  const at = sentence(setting);
  const cells = results.filter((result) => isAt(setting, result));
  return experiment.measure.latencies
    .map((kind) => {
      const figures = [
        ...percentileFigure(kind, cells, at),
        ...distributionFigures(kind, shown, at),
      ];
      return figures.length === 0 ? '' : `<h3>${kind}</h3>\n${charts(figures)}`;
    })
    .join('\n')
    .trim();
}

function differences({ experiment, comparisons }: ReportSource, setting: Setting): string[] {
  return experiment.measure.latencies.flatMap((kind) =>
    forestFigure(kind, comparisons, setting, settingText(setting)),
  );
}

function attributions(
  { measure }: Experiment,
  shown: readonly Digest[],
  setting: Setting,
): string[] {
  return measure.latencies.flatMap((kind) => attributionFigure(kind, shown, sentence(setting)));
}

async function worst({ study, experiment, digests, lanes }: ReportSource): Promise<string> {
  const command = ({ cell, replication }: Worst) => traceCommandOf(study, cell.id, replication);
  const figures = await lanes();
  return experiment.measure.latencies
    .map((kind) => worstByPolicy(kind, digests))
    .map((cases) => worstCases(cases, command, (sample) => figures.get(sample) ?? ''))
    .join('\n');
}

function reproduction(study: Study): string {
  const { preemptlab, seed, replications, experiment } = study;
  const filter = experiment.filter === undefined ? '' : ` --filter ${quoted(experiment.filter)}`;
  const versions = `preemptlab ${preemptlab}, seed ${seed}, ${replications} replications per cell. The same command gives the same bytes.`;
  return [
    `<pre tabindex="0">${escapeHtml(`${commandOf(study)}${filter}`)}</pre>`,
    `<p>${escapeHtml(versions)}</p>`,
    `<p>The experiment, ${escapeHtml(experiment.file)}:</p>`,
    `<pre tabindex="0">${escapeHtml(experiment.text)}</pre>`,
  ].join('\n');
}

function sentence(setting: Setting): string {
  return setting.size === 0 ? '' : `At ${settingText(setting)}.`;
}
