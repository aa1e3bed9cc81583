import type { CellResult } from '../experiment/outcome.ts';
import type { Expression } from '../experiment/schema/expression.ts';
import type { Experiment, ValueQuestion, VerdictQuestion } from '../experiment/schema/schema.ts';
import type { Metric } from '../measure/metrics.ts';
import { replicationsNeeded } from '../stats/equivalence.ts';
import type { Comparison } from './comparison.ts';
import { estimate } from './summary.ts';
import { timeText } from './time-text.ts';
import { intervalText, Values } from './values.ts';

/**
 * answer.md: the experiment's questions answered in words. Which of a question's prepared answers is given is
 * decided by the verdicts of its comparisons; every number is from summary.csv or comparison.csv.
 * @param command - the command that reruns the experiment, without options
 */
export function answerText(
  experiment: Experiment,
  results: readonly CellResult[],
  comparisons: readonly Comparison[],
  command: string,
): string {
  const { question, questions, replications, compare } = experiment;
  const { absolute, relative } = compare.margin;
  const lines = [
    '# Answer',
    '',
    ...quote(question),
    '',
    `${experiment.cells.length} cells, ${replications} replications each. A difference is the mean over replications of`,
    'the paired difference (same random numbers on both sides), with its 95 % Student t interval; of maxima, the',
    `difference of the replications' maxima. It is *equivalent* when it is shown to be within the margin (the larger of`,
    `${timeText(absolute)} and ${relative * 100} % of the baseline; TOST, corrected by Holm's method), *worse* or *better* when it is not and`,
    'its difference from zero is significant, else *inconclusive*.',
  ];
  if (questions.length === 0)
    lines.push('', 'The experiment names no questions: see comparison.csv.');
  questions.forEach((asked, i) => {
    lines.push('', `## ${i + 1}. ${asked.ask}`, '');
    if ('answers' in asked) {
      lines.push(...answerByValues(asked, experiment, results, command));
      return;
    }
    const of = comparisons.filter(
      ({ cell, kind }) => cell.cell.policy === asked.policy && asked.kinds.includes(kind),
    );
    lines.push(...answerByVerdicts(asked, experiment, of, command));
  });
  return `${lines.join('\n')}\n`;
}

/** The first prepared answer whose conditions hold, with its values, and a table of cells. */
function answerByValues(
  { answers, table, cells }: ValueQuestion,
  experiment: Experiment,
  results: readonly CellResult[],
  command: string,
): string[] {
  const values = new Values(results);
  const given = answers.find(({ when }) => when.every((condition) => values.holds(condition)));
  const lines: string[] = [];
  if (given === undefined) lines.push('None of the prepared answers holds; the numbers are:');
  else lines.push(fillIn(given.say.trim(), given.values, values));
  if (table.length === 0) return lines;
  const factors = experiment.factors.map(({ name }) => name);
  const columns = ['policy', ...factors, ...table.map(({ name }) => name)];
  lines.push('', row(columns), row(columns.map((_, i) => (i <= factors.length ? '---' : '---:'))));
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

function fillIn(
  text: string,
  expressions: ReadonlyMap<string, Expression>,
  values: Values,
): string {
  return text.replace(/\{([^{}]*)\}/g, (_, inside: string) => {
    const expression = expressions.get(inside);
    return expression === undefined ? '-' : values.text(expression);
  });
}

function row(columns: readonly string[]): string {
  return `| ${columns.join(' | ')} |`;
}

function answerByVerdicts(
  asked: VerdictQuestion,
  experiment: Experiment,
  of: readonly Comparison[],
  command: string,
): string[] {
  if (of.length === 0) return ['No comparison was measured.'];
  const lines = [`**${headline(asked, of)}**`, ''];
  lines.push(`\`${asked.policy}\` against \`${experiment.compare.baseline}\`:`, '');
  for (const kind of asked.kinds) {
    const ofKind = of.filter((compared) => compared.kind === kind);
    if (ofKind.length === 0) continue;
    const columns = ['verdicts', 'where', 'smallest difference', 'largest difference'];
    lines.push(row([kind, ...columns]), row(['---', ...columns.map(() => '---')]));
    for (const metric of experiment.compare.metrics) {
      const group = ofKind.filter((compared) => compared.metric === metric);
      if (group.length > 0) lines.push(describe(metric, group, experiment));
    }
    lines.push('', `The largest again: \`${rerun(largest(ofKind), command)}\``, '');
  }
  return lines;
}

/** The prepared answer that the verdicts on the first kind lead to, and how many verdicts there are of each. */
function headline(asked: VerdictQuestion, of: readonly Comparison[]): string {
  const decisive = of.filter(({ kind }) => kind === asked.kinds[0]);
  const worse = decisive.some(({ verdict }) => verdict === 'worse');
  const better = decisive.some(({ verdict }) => verdict === 'better');
  const equivalent = decisive.some(({ verdict }) => verdict === 'equivalent');
  const words =
    worse && better
      ? asked.mixed
      : worse
        ? asked.worse
        : better
          ? asked.better
          : equivalent
            ? asked.equivalent
            : 'Not settled: more replications are needed.';
  return `${words} (${asked.kinds[0]}: ${tally(decisive)} of ${decisive.length} comparisons)`;
}

/** How often each verdict was given: `12 equivalent, 3 inconclusive`. */
function tally(of: readonly Comparison[]): string {
  return (['worse', 'better', 'equivalent', 'inconclusive'] as const)
    .map((name) => ({ name, count: of.filter(({ verdict }) => verdict === name).length }))
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count} ${name}`)
    .join(', ');
}

/** A row for one statistic: verdicts, where they differ, and the span of the differences. */
function describe(metric: Metric, group: readonly Comparison[], experiment: Experiment): string {
  const sorted = [...group].sort((a, b) => a.difference.estimate - b.difference.estimate);
  const counts = `${tally(group)} of ${group.length} settings${settling(group)}`;
  const [least, most] = [sorted[0], sorted[sorted.length - 1]];
  return row([metric, counts, where(group, experiment), difference(least), difference(most)]);
}

/** For each verdict that is not everywhere: the levels of factors that all its settings share. */
function where(group: readonly Comparison[], { factors }: Experiment): string {
  const verdicts = [...new Set(group.map(({ verdict }) => verdict))];
  if (verdicts.length === 1) return 'everywhere';
  return verdicts
    .map((verdict) => {
      const cells = group.filter((compared) => compared.verdict === verdict);
      const shared = factors.flatMap(({ name, levels }) => {
        const here = levels.filter((level) =>
          cells.some(({ cell }) => levelOf(cell, name) === level),
        );
        const all = levels.filter((level) =>
          group.some(({ cell }) => levelOf(cell, name) === level),
        );
        return here.length < all.length ? [`${name}=${here.join(' or ')}`] : [];
      });
      return `${verdict}: ${shared.length > 0 ? shared.join(', ') : 'elsewhere'}`;
    })
    .join('; ');
}

function levelOf({ cell }: CellResult, factor: string): string | undefined {
  return cell.levels[factor];
}

function largest(of: readonly Comparison[]): Comparison {
  return of.reduce((most, next) =>
    Math.abs(next.difference.estimate) > Math.abs(most.difference.estimate) ? next : most,
  );
}

/**
 * How many replications more would settle the comparisons that are inconclusive, to two digits; of those with too few
 * values to say, and of those that nothing would settle, it says so by their number.
 */
function settling(group: readonly Comparison[]): string {
  const open = group.filter(({ verdict }) => verdict === 'inconclusive');
  const more = open
    .map(({ difference, margin }) => replicationsNeeded(difference, margin))
    .filter(Number.isFinite);
  if (more.length === 0) return '';
  // None more by itself, only the correction for the family stands in the way: at least one.
  const most = Math.max(1, ...more);
  const which = more.length === open.length ? 'all' : `${more.length} of them`;
  return `; replications needed to settle ${which}: about ${Number(most.toPrecision(2))} more`;
}

function difference({ baseline, kind, metric, difference, margin }: Comparison): string {
  const { estimate: by, lo, hi } = difference;
  const of = timeText(estimate(baseline, kind, metric).estimate);
  const interval = Number.isFinite(lo) ? ` [${signed(lo)}, ${signed(hi)}]` : '';
  return `${signed(by)}${interval} of ${of} (margin ${timeText(margin)})`;
}

/** The command that runs the two cells of a comparison again. */
function rerun({ cell, baseline }: Comparison, command: string): string {
  return `${command} --filter ${cell.cell.id},${baseline.cell.id}`;
}

function signed(ns: number): string {
  return ns > 0 ? `+${timeText(ns)}` : timeText(ns);
}

function quote(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => `> ${line}`.trimEnd());
}
