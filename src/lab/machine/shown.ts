import { type Comparison, compareAll, PAIRS_MIN } from '../../analysis/comparison.ts';
import type { Digest } from '../../analysis/digest.ts';
import { estimate } from '../../analysis/summary.ts';
import { timeText } from '../../analysis/time-text.ts';
import { differenceText, undecidedText } from '../../analysis/verdict-words.ts';
import type { CellResult } from '../../experiment/outcome.ts';
import type { Experiment } from '../../experiment/schema/schema.ts';
import { jobNames } from '../../experiment/schema/schema.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';
import { METRICS } from '../../measure/metrics.ts';
import { byShare, causeFill } from '../../report/draw/cause-style.ts';
import { causeWords } from '../../report/explanation.ts';
import type { CausePart, LabSide, PolicyRow, VerdictLine } from '../messages.ts';
import { type ClosedForm, type ClosedFormResult, closedForm } from './closed-form.ts';
import { distributionOf } from './distribution.ts';
import type { Run } from './runs.ts';
import { theoryLines } from './theory-lines.ts';

/** Points of a curve that theory gives. */
const CURVE_POINTS = 120;

/** What theory says of one kind of latency, cell by cell. */
export function theoryOf({ cells }: Experiment, kind: LatencyKind): readonly Theory[] {
  return cells.map(({ setup }) => {
    const form = kind === 'softirq_flush' ? closedForm(setup) : undefined;
    return { form, curve: typeof form === 'object' ? { theory: curveOf(form) } : {} };
  });
}

/** What theory says of a cell, and its curve. It does not depend on what was run. */
export interface Theory {
  readonly form: ClosedFormResult | undefined;
  readonly curve: Pick<PolicyRow, 'theory'>;
}

/** What a setting gave for one kind of latency. */
export function sideOf(
  experiment: Experiment,
  run: Run,
  kind: LatencyKind,
  theory: readonly Theory[],
): LabSide {
  const results = run.results(kind);
  const digests = run.digests();
  const { policies } = experiment;
  const rows = results.map((result, i) => {
    const index = policies.indexOf(result.cell.policy);
    return { ...rowOf(result, digests[i], kind, index), ...theory[i].curve };
  });
  return {
    rows,
    verdicts: compareAll(only(experiment, kind), results).map(verdictLine),
    theory: theoryLines(
      kind,
      results,
      theory.map(({ form }) => form),
    ),
  };
}

/** The experiment as if it measured one kind alone: its verdicts are corrected kind by kind. */
function only(experiment: Experiment, kind: LatencyKind): Experiment {
  return { ...experiment, measure: { ...experiment.measure, latencies: [kind] } };
}

function rowOf(
  result: CellResult,
  digest: Digest,
  kind: LatencyKind,
  index: number,
): Omit<PolicyRow, 'theory'> {
  const own = digest.kinds.get(kind);
  const jobs = jobNames(result.cell);
  const [worst] = own?.worst ?? [];
  const causes = (own?.all ?? []).map((sum) => sum / Math.max(1, own?.count ?? 1));
  return {
    policy: result.cell.policy,
    index,
    samples: own?.count ?? 0,
    censored: own?.censored ?? 0,
    ...distributionOf(result, kind),
    statistics: METRICS.map((name) => {
      const { estimate: value, lo, hi } = estimate(result, kind, name);
      return { name, text: estimateText(value, lo, hi), estimate: value, lo, hi };
    }),
    causes: causeParts(causes, jobs),
    ...(worst && { worst: { latency: worst.latency, replication: worst.replication } }),
  };
}

/** A value with half the width of its interval, if it has one. */
function estimateText(value: number, lo: number, hi: number): string {
  const half = (hi - lo) / 2;
  return half > 0 ? `${timeText(value)} ±${timeText(half, 2)}` : timeText(value);
}

/** What a latency was made of, the largest part first. */
export function causeParts(causes: readonly number[], jobs: readonly string[]): CausePart[] {
  return byShare(causes, jobs).map(({ cause, ns }) => ({
    cause,
    words: causeWords(cause),
    ns,
    fill: causeFill(cause, jobs),
  }));
}

function curveOf({ beyond, longest }: ClosedForm): NonNullable<PolicyRow['theory']> {
  const first = longest / 1000;
  const values = Array.from(
    { length: CURVE_POINTS },
    (_, i) => first * (longest / first) ** (i / (CURVE_POINTS - 1)),
  );
  return { values, beyond: values.map(beyond) };
}

function verdictLine(compared: Comparison): VerdictLine {
  return {
    policy: compared.cell.cell.policy,
    metric: compared.metric,
    verdict: compared.verdict,
    text: differenceText(compared),
    why: undecidedText([compared]).replace(/^undecided: /, ''),
  };
}

/** The values of one setting less those of another, policy by policy: both saw the same random numbers. */
export function differencesOf(
  experiment: Experiment,
  run: Run,
  other: { readonly experiment: Experiment; readonly run: Run },
  kind: LatencyKind,
): VerdictLine[] {
  const named = (prefix: string, results: readonly CellResult[]) =>
    results.map((result) => ({
      ...result,
      cell: { ...result.cell, id: `${prefix}/${result.cell.policy}` },
    }));
  const rounds = Math.min(run.rounds, other.run.rounds);
  const here = named('B', run.results(kind, rounds));
  const there = named('A', other.run.results(kind, rounds));
  const pairs = here.map(({ cell: { policy } }) => [`B/${policy}`, `A/${policy}`] as const);
  const measured = other.experiment.measure.latencies.includes(kind);
  if (!measured) return [];
  const compare = { ...experiment.compare, along: [], pairs, baseline: '' };
  return compareAll({ ...only(experiment, kind), compare }, [...here, ...there]).map(verdictLine);
}

/** What is found, in a sentence. */
export function answerOf(
  { compare: { baseline } }: Experiment,
  { rows, verdicts }: LabSide,
  kind: LatencyKind,
  rounds: number,
): string {
  const base = rows.find(({ policy }) => policy === baseline) ?? rows[0];
  if (base === undefined || rounds === 0) return '';
  if (rows.every(({ samples }) => samples === 0)) return `No ${kind} was measured.`;
  const text = (name: string) => base.statistics.find((one) => one.name === name)?.text ?? '-';
  const found =
    base.samples === 0
      ? `No ${kind} under ${base.policy}.`
      : `${kind} under ${base.policy}: ${text('mean')} on average, ${text('max')} at most.`;
  const [first] = verdicts;
  if (first === undefined) return found;
  const told = verdicts
    .filter(({ metric }) => metric === first.metric)
    .map(({ policy, verdict, text: difference }) => `${policy} ${wordsOf(verdict, difference)}`);
  const few = rounds < PAIRS_MIN ? ` (no verdict from fewer than ${PAIRS_MIN} replications)` : '';
  return `${found} Against it, in the ${first.metric}: ${told.join(', ')}${few}.`;
}

function wordsOf(verdict: string, difference: string): string {
  const [size] = difference.split(/ \[| of /, 1);
  const isKnown = verdict === 'worse' || verdict === 'better';
  return isKnown ? `is ${verdict} by ${size.replace(/^[+-]/, '')}` : `is ${verdict}`;
}
