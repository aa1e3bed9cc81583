import type { Experiment, Metric, Question } from '../experiment/schema.ts';
import type { Comparison } from './comparison.ts';
import { estimate } from './summary.ts';
import { timeText } from './time-text.ts';

/**
 * answer.md: the experiment's questions answered in words. Which of a question's prepared answers is given is
 * decided by the verdicts of its comparisons; every number is from summary.csv or comparison.csv.
 * @param command - the command that reruns the experiment, without options
 */
export function answerText(
  experiment: Experiment,
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
    const of = comparisons.filter(
      ({ cell, kind }) => cell.cell.policy === asked.policy && asked.kinds.includes(kind),
    );
    lines.push('', `## ${i + 1}. ${asked.ask}`, '', ...answerOne(asked, experiment, of, command));
  });
  return `${lines.join('\n')}\n`;
}

function answerOne(
  asked: Question,
  experiment: Experiment,
  of: readonly Comparison[],
  command: string,
): string[] {
  if (of.length === 0) return ['No comparison was measured.'];
  const lines = [`**${headline(asked, of)}**`, ''];
  lines.push(`\`${asked.policy}\` against \`${experiment.compare.baseline}\`:`, '');
  for (const kind of asked.kinds) {
    for (const metric of experiment.compare.metrics) {
      const group = of.filter((compared) => compared.kind === kind && compared.metric === metric);
      if (group.length > 0) lines.push(...describe(kind, metric, group, command));
    }
  }
  return lines;
}

/** The prepared answer that the verdicts on the first kind lead to, and how many verdicts there are of each. */
function headline(asked: Question, of: readonly Comparison[]): string {
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

/** The span of the differences in one statistic, its ends with interval, values and command. */
function describe(
  kind: string,
  metric: Metric,
  group: readonly Comparison[],
  command: string,
): string[] {
  const sorted = [...group].sort((a, b) => a.difference.estimate - b.difference.estimate);
  const least = sorted[0];
  const most = sorted[sorted.length - 1];
  const lines = [`- **${kind}, ${metric}**: ${tally(group)} of ${group.length} settings.`];
  lines.push(`  - largest: ${difference(most)}`, `    \`${rerun(most, command)}\``);
  if (least !== most)
    lines.push(`  - smallest: ${difference(least)}`, `    \`${rerun(least, command)}\``);
  return lines;
}

function difference({ cell, baseline, kind, metric, difference, margin }: Comparison): string {
  const ours = estimate(cell, kind, metric).estimate;
  const theirs = estimate(baseline, kind, metric).estimate;
  const { estimate: by, lo, hi } = difference;
  return (
    `${signed(by)} [${signed(lo)}, ${signed(hi)}] (${timeText(theirs)} with \`${baseline.cell.id}\`, ` +
    `${timeText(ours)} with \`${cell.cell.id}\`; margin ${timeText(margin)})`
  );
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
