import type { Experiment, Metric, Question } from '../experiment/schema.ts';
import type { Comparison } from './comparison.ts';
import { estimate } from './summary.ts';

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
    `${time(absolute)} and ${relative * 100} % of the baseline; TOST, corrected by Holm's method), *worse* or *better* when it is not and`,
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

/** The prepared answer that the verdicts lead to. */
function headline({ worse, equivalent, mixed }: Question, of: readonly Comparison[]): string {
  const count = (verdict: string) => of.filter((compared) => compared.verdict === verdict).length;
  const tally = (['worse', 'better', 'equivalent', 'inconclusive'] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${verdict}`)
    .join(', ');
  const words =
    count('equivalent') === of.length
      ? equivalent
      : count('worse') + count('equivalent') === of.length && count('worse') > of.length / 2
        ? worse
        : mixed;
  return `${words} (${of.length} comparisons: ${tally})`;
}

/** The span of the differences in one statistic, its ends with interval, values and command. */
function describe(
  kind: string,
  metric: Metric,
  group: readonly Comparison[],
  command: string,
): string[] {
  const sorted = [...group].sort((a, b) => a.difference.estimate - b.difference.estimate);
  const verdicts = new Map<string, number>();
  for (const { verdict } of group) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
  const tally = [...verdicts].map(([verdict, n]) => `${verdict} in ${n}`).join(', ');
  const least = sorted[0];
  const most = sorted[sorted.length - 1];
  const lines = [`- **${kind}, ${metric}**: ${tally} of ${group.length} settings.`];
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
    `${signed(by)} [${signed(lo)}, ${signed(hi)}] (${time(theirs)} with \`${baseline.cell.id}\`, ` +
    `${time(ours)} with \`${cell.cell.id}\`; margin ${time(margin)})`
  );
}

/** The command that runs the two cells of a comparison again. */
function rerun({ cell, baseline }: Comparison, command: string): string {
  return `${command} --filter ${cell.cell.id},${baseline.cell.id}`;
}

/** A time for people: four significant digits, in ns, us or ms. */
export function time(ns: number): string {
  const size = Math.abs(ns);
  if (!Number.isFinite(ns)) return '-';
  if (size < 1000) return `${Number(ns.toPrecision(4))} ns`;
  if (size < 1e6) return `${Number((ns / 1e3).toPrecision(4))} us`;
  return `${Number((ns / 1e6).toPrecision(4))} ms`;
}

function signed(ns: number): string {
  return ns > 0 ? `+${time(ns)}` : time(ns);
}

function quote(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => `> ${line}`.trimEnd());
}
