import type { Comparison } from '../../analysis/comparison.ts';
import type { Setting } from '../../analysis/first-setting.ts';
import { Values } from '../../analysis/values.ts';
import type { CellResult } from '../../experiment/outcome.ts';
import type { Experiment } from '../../experiment/schema/schema.ts';
import type { PageData } from '../draw/data.ts';
import { VERDICTS } from '../draw/series.ts';
import { type AnswerLine, answerLines } from './answer-lines.ts';
import { escapeHtml } from './escape.ts';
import { inlineHtml, markdownHtml } from './markdown.ts';
import { measuredLines } from './measured-lines.ts';

/** A section of answer.md: its heading, and what follows. */
interface Section {
  readonly title: string;
  readonly body: string;
}

/** What answers are made from. */
export interface AnswerSource {
  readonly experiment: Experiment;
  readonly results: readonly CellResult[];
  readonly comparisons: readonly Comparison[];
  readonly data: PageData;
}

/** What the page says first: a line per question with its chart, details folded; then what it rests on. */
export function answersHtml(
  { experiment, results, comparisons, data }: AnswerSource,
  setting: Setting,
  answer: string,
): string {
  const lines = answerLines(experiment, comparisons, new Values(results), setting);
  const shown = lines.length > 0 ? lines : measuredLines(data);
  const [post, ...sections] = sectionsOf(answer);
  const details = lines.map(({ ask }, i) => {
    const title = `${i + 1}. ${ask}`;
    const own = sections.find((section) => section.title === title);
    return own?.body ?? '';
  });
  const rest = sections.filter(
    ({ title }) => !lines.some(({ ask }, i) => title === `${i + 1}. ${ask}`),
  );
  return [
    ...shown.map((line, i) => lineHtml(line, i + 1, details[i] ?? '')),
    `<div class="rests">${markdownHtml(restOf(post.body))}</div>`,
    ...rest.map(({ title, body }) => {
      return `<details class="more"><summary>${escapeHtml(title)}</summary>\n${markdownHtml(body)}\n</details>`;
    }),
  ].join('\n');
}

function sectionsOf(answer: string): Section[] {
  return answer
    .split(/^##? /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf('\n');
      return { title: text.slice(0, end), body: text.slice(end + 1) };
    });
}

/** What stands in the post besides its numbered answers. */
function restOf(post: string): string {
  const lines = post.split('\n');
  return lines.filter((line) => !/^(\d+\. | {3})/.test(line)).join('\n');
}

function lineHtml(line: AnswerLine, number: number, details: string): string {
  const { ask, verdict, rest, svg } = line;
  const told = line.tally.map(({ verdict: name, count }) => {
    const { sign, color } = VERDICTS[name];
    return `<li><span style="color:${color}">${sign}</span> ${count} ${name}</li>`;
  });
  return [
    `<article class="answer" id="answer-${number}">`,
    '<div class="said">',
    `<p class="ask">${number}. ${inlineHtml(ask)}</p>`,
    `<h3 class="verdict">${inlineHtml(verdict)}</h3>`,
    '<div class="number-line">',
    line.number === '' ? '' : `<strong>${inlineHtml(line.number)}</strong> `,
    inlineHtml(line.of),
    told.length === 0 ? '' : `<ul class="legend tally">${told.join('')}</ul>`,
    '</div>',
    '</div>',
    svg === '' ? '' : `<figure class="chart small">${svg}</figure>`,
    rest === '' ? '' : `<p class="rest">${inlineHtml(rest)}</p>`,
    details.trim() === ''
      ? ''
      : `<details><summary>Details<span class="unseen"> of answer ${number}</span></summary>\n${markdownHtml(withoutFirst(details))}\n</details>`,
    '</article>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Without the first paragraph, which stands above. */
function withoutFirst(body: string): string {
  return body.trim().replace(/^\*\*[\s\S]*?\*\*\n*/, '');
}
