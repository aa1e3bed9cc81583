import type { CellResult } from '../experiment/outcome.ts';
import type { Experiment, ValueQuestion, VerdictQuestion } from '../experiment/schema/schema.ts';
import { counted } from '../input/counted.ts';
import { type Comparison, PAIRS_MIN } from './comparison.ts';
import { postLines } from './post.ts';
import { answerParagraphs, comparisonsFor } from './sentences.ts';
import { timeText } from './time-text.ts';
import { untilState } from './until.ts';
import { intervalText, Values } from './values.ts';
import { largest, VERDICT_COLUMNS, verdictRow } from './verdict-words.ts';

/**
 * answer.md: what one would post, then the experiment's questions answered in words. Which of a question's prepared
 * answers is given is decided by the verdicts of its comparisons, or by conditions on values; every number is from
 * the results.
 * @param command - the command that reruns the experiment, without options
 * @param lab - the command that opens it in the lab
 */
export function answerText(
  experiment: Experiment,
  results: readonly CellResult[],
  comparisons: readonly Comparison[],
  command: string,
  lab?: string,
): string {
  const { question, questions } = experiment;
  const values = new Values(results);
  const post = postLines(experiment, results, comparisons, values);
  const lines = ['# Answer', '', ...post, '', '## The study', '', ...quote(question), ''];
  lines.push(...method(experiment));
  if (lab !== undefined)
    lines.push('', `To move its settings and see what comes of it: \`${lab}\`.`);
  const until = untilState(experiment, results);
  if (until !== undefined) lines.push('', until.text);
  questions.forEach((asked, i) => {
    lines.push('', `## ${i + 1}. ${asked.ask}`, '');
    const [first, ...rest] = answerParagraphs(asked, experiment, values, comparisons);
    lines.push(`**${first}**`, ...rest.flatMap((paragraph) => ['', paragraph]));
    lines.push(
      ...('answers' in asked
        ? valueTable(asked, experiment, results, values, command)
        : verdictTables(asked, experiment, comparisonsFor(asked, comparisons), command)),
    );
  });
  return `${lines.join('\n')}\n`;
}

/** How to read the numbers. */
function method({ cells, replications, compare }: Experiment): string[] {
  const { absolute, relative } = compare.margin;
  return [
    `${counted(cells.length, 'cell')}, ${counted(replications, 'replication')} each. Statistics are of the samples of all replications together; ± and`,
    '[ , ] are 95 % intervals over replications. A quantile is given if at least 10 samples lie beyond it. Extremes are over all',
    `replications, without interval; a difference of maxima is that of the replications' maxima. Differences are paired (same`,
    `random numbers on both sides). *worse*, *better*: the whole interval lies beyond the margin (the larger of ${timeText(absolute)} and`,
    `${relative * 100} % of the baseline); *equivalent*: within; else *undecided*, and so with fewer than ${PAIRS_MIN} replications that differ.`,
    `Corrected by Holm's method over all that an answer claims.`,
  ];
}

function valueTable(
  { table, cells }: ValueQuestion,
  experiment: Experiment,
  results: readonly CellResult[],
  values: Values,
  command: string,
): string[] {
  if (table.length === 0) return [];
  const factors = experiment.factors.map(({ name }) => name);
  const columns = ['policy', ...factors, ...table.map(({ name }) => name)];
  const lines = [
    '',
    row(columns),
    row(columns.map((_, i) => (i <= factors.length ? '---' : '---:'))),
  ];
  for (const { cell } of results) {
    if (!cell.id.includes(cells)) continue;
    const numbers = table.map(({ quantity }) =>
      intervalText(values.of(cell.id, quantity), quantity),
    );
    const levels = factors.map((name) => cell.levels[name] ?? '');
    lines.push(row([cell.policy, ...levels, ...numbers]));
  }
  return [...lines, '', `Reproduced by \`${command}\`; every row is in the CSV files.`];
}

function verdictTables(
  asked: VerdictQuestion,
  experiment: Experiment,
  of: readonly Comparison[],
  command: string,
): string[] {
  if (of.length === 0) return [];
  const lines = ['', `${comparedWith(asked, experiment)}:`];
  for (const kind of asked.kinds) {
    const ofKind = of.filter((compared) => compared.kind === kind);
    if (ofKind.length === 0) continue;
    lines.push(
      '',
      row([kind, ...VERDICT_COLUMNS]),
      row(['---', ...VERDICT_COLUMNS.map(() => '---')]),
    );
    for (const metric of experiment.compare.metrics) {
      const group = ofKind.filter((compared) => compared.metric === metric);
      if (group.length > 0) lines.push(row(verdictRow(metric, group, experiment)));
    }
    const most = largest(ofKind);
    if (most !== undefined) lines.push('', `The largest again: \`${rerun(most, command)}\``);
  }
  return lines;
}

function comparedWith({ policy, along }: VerdictQuestion, { compare }: Experiment): string {
  const level = compare.along.find(({ factor }) => factor === along)?.level;
  if (level !== undefined)
    return `Each ${along} against \`${level}\`${policy ? ` under \`${policy}\`` : ''}`;
  return policy === undefined
    ? 'The named pairs of cells'
    : `\`${policy}\` against \`${compare.baseline}\``;
}

/** The command that runs the two cells of a comparison again. */
function rerun({ cell, baseline }: Comparison, command: string): string {
  return `${command} --filter ${cell.cell.id},${baseline.cell.id}`;
}

function row(columns: readonly string[]): string {
  return `| ${columns.join(' | ')} |`;
}

function quote(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => `> ${line}`.trimEnd());
}
