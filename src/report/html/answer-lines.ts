import { type Comparison, shownInterval } from '../../analysis/comparison.ts';
import { isAt, type Setting } from '../../analysis/first-setting.ts';
import { answerParagraphs, comparisonsFor, givenAnswer } from '../../analysis/sentences.ts';
import { timeText } from '../../analysis/time-text.ts';
import { quantityText, type Values } from '../../analysis/values.ts';
import { distinct, signed } from '../../analysis/verdict-words.ts';
import type {
  Arithmetic,
  Condition,
  Expression,
  Term,
} from '../../experiment/schema/expression.ts';
import type {
  Cell,
  Experiment,
  ValueQuestion,
  VerdictQuestion,
} from '../../experiment/schema/schema.ts';
import { counted } from '../../input/counted.ts';
import type { Verdict } from '../../stats/equivalence.ts';
import type { DrawnDifference } from '../draw/differences.ts';
import { differenceSvg, type MiniRow, valuesSvg } from '../draw/mini.ts';
import { boundsOf } from './page-data.ts';

/** What the page begins with for each question. */
export interface AnswerLine {
  readonly ask: string;
  /** The first paragraph of the answer: its first sentence, and the others. */
  readonly verdict: string;
  readonly rest: string;
  /** The number it rests on, and what it is of; empty if there is none. */
  readonly number: string;
  readonly of: string;
  /** How often each verdict was given, if comparisons decide. */
  readonly tally: readonly { readonly verdict: Verdict; readonly count: number }[];
  /** The comparison as a small chart; empty if nothing can be drawn. */
  readonly svg: string;
}

/** A line for each question. @param setting - whose comparisons are shown large */
export function answerLines(
  experiment: Experiment,
  comparisons: readonly Comparison[],
  values: Values,
  setting: Setting,
): AnswerLine[] {
  return experiment.questions.map((asked) => {
    const [first] = answerParagraphs(asked, experiment, values, comparisons);
    const [verdict] = FIRST_SENTENCE.exec(first) ?? [first];
    const words = {
      ask: asked.ask,
      verdict: withoutTally(verdict),
      rest: withoutTally(first.slice(verdict.length)),
    };
    const shown =
      'answers' in asked
        ? ofValues(asked, values)
        : ofVerdicts(asked, experiment, comparisonsFor(asked, comparisons), setting);
    return { ...words, ...shown };
  });
}

/** Up to a full stop, colon or the like that is not in parentheses. */
const FIRST_SENTENCE = /^(?:[^.:?!(]|\([^)]*\)|[.:?!](?!\s|$))*[.:?!]/;

/** Without the tally, which stands beside the number. */
function withoutTally(text: string): string {
  return text.replace(/\s*\([^()]* comparisons?\.?\)/, '').trim();
}

type Shown = Pick<AnswerLine, 'number' | 'of' | 'tally' | 'svg'>;
const NOTHING: Shown = { number: '', of: '', tally: [], svg: '' };

/** The comparison of the first kind and statistic at the setting, and those of the other settings. */
function ofVerdicts(
  asked: VerdictQuestion,
  experiment: Experiment,
  of: readonly Comparison[],
  setting: Setting,
): Shown {
  const decisive = of.filter(({ kind }) => kind === asked.kinds[0]);
  const alike = distinct(decisive);
  const tally = (['worse', 'better', 'equivalent', 'undecided'] as const)
    .map((verdict) => ({ verdict, count: alike.filter((each) => each.verdict === verdict).length }))
    .filter(({ count }) => count > 0);
  const drawable = decisive.filter(
    ({ metric, difference }) =>
      metric === experiment.compare.metrics[0] && Number.isFinite(difference.estimate),
  );
  const main = drawable.find(({ baseline }) => isAt(setting, baseline)) ?? drawable[0];
  if (main === undefined) return { ...NOTHING, tally };
  const { kind, metric, baseline, cell } = main;
  const others = drawable.filter((each) => each !== main);
  const value = baseline.statistic(kind, metric).estimate;
  const settings = others.length === 0 ? '' : `; lines: ${counted(others.length, 'other setting')}`;
  const { lo, hi } = shownInterval(main);
  const interval = Number.isFinite(lo) ? `[${minus(lo)}, ${minus(hi)}] ` : '';
  return {
    number: minus(main.difference.estimate),
    of: `${interval}in ${kind} ${metric}, of ${timeText(value)}`,
    tally,
    svg: differenceSvg(
      `${kind} ${metric}: ${cell.cell.id} against ${baseline.cell.id}`,
      { ...drawnOf(main), name: `${pairName(cell.cell, baseline.cell)}${settings}` },
      others.map(drawnOf),
    ),
  };
}

/** Which two cells are compared, their common setting told once. */
function pairName(cell: Cell, baseline: Cell): string {
  const [own, other] = [cell.id.split('/'), baseline.id.split('/')];
  const rest = own.filter((part) => other.includes(part));
  const apart = (parts: readonly string[]) =>
    parts.filter((part) => !rest.includes(part)).join('/');
  if (apart(own) === '' || apart(other) === '') return `${cell.id} − ${baseline.id}`;
  const at = rest.length === 0 ? '' : `, ${rest.join(', ')}`;
  return `${apart(own)} − ${apart(other)}${at}`;
}

/** A difference with its sign. */
function minus(ns: number): string {
  return signed(ns).replace('-', '−');
}

function drawnOf(compared: Comparison): DrawnDifference {
  const { difference, margin, verdict, cell } = compared;
  const { lo, hi } = shownInterval(compared);
  return {
    difference: boundsOf(difference.estimate, lo, hi),
    margin,
    verdict,
    name: cell.cell.id,
  };
}

/** Values that are drawn at most. */
const ROWS_MAX = 5;

type CellTerm = Extract<Term, { cell: string }>;

/** The first condition of the answer, and the values of its kind that conditions and answer name. */
function ofValues(asked: ValueQuestion, values: Values): Shown {
  const given = givenAnswer(asked, values);
  if (given === undefined) return NOTHING;
  const said = [...given.values.values()];
  const terms = [
    ...given.when.flatMap(({ left, right }) => [...termsOf(left), ...termsOf(right)]),
    ...said.flatMap(termsOf),
  ];
  const [first] = terms;
  if (first === undefined) return NOTHING;
  const quantity = quantityText(first.quantity);
  const alike = new Map(
    terms
      .filter((term) => quantityText(term.quantity) === quantity)
      .map((term) => [term.cell, term]),
  );
  const drawn = [...alike.values()]
    .filter((term) => Number.isFinite(values.of(term.cell, term.quantity).estimate))
    .slice(0, ROWS_MAX);
  const [condition] = given.when;
  return {
    number: condition === undefined ? values.text(said[0]) : conditionText(condition, values),
    of: quantity,
    tally: [],
    svg: drawn.length === 0 ? '' : valuesSvg(quantity, rowsOf(drawn, values), isTime(first)),
  };
}

function conditionText({ left, relation, right }: Condition, values: Values): string {
  const sign = { '<': '<', '<=': '≤', '>': '>', '>=': '≥', '=': '=' }[relation];
  return `${values.text(left)} ${sign} ${multipleText(right, values)}`;
}

/** A value; a multiple of one as that: `100 × 25.1 us`. */
function multipleText({ value }: Expression, values: Values): string {
  if (!('operator' in value) || value.operator !== '*' || !('number' in value.left))
    return values.text({ value });
  return `${value.left.number} × ${values.text({ value: value.right })}`;
}

function isTime({ quantity }: CellTerm): boolean {
  return quantity.of === 'latency';
}

function rowsOf(terms: readonly CellTerm[], values: Values): MiniRow[] {
  const parts = terms.map(({ cell }) => cell.split('/'));
  const isShared = (part: string) => parts.every((of) => of.includes(part));
  const factors = new Set(
    parts
      .flat()
      .filter((part) => !isShared(part))
      .map(factorOf),
  );
  // Of a single factor the levels say all, and words say what they are.
  const short = (part: string) =>
    part.replace(factors.size === 1 ? /^[^=]*=/ : /^[^=]*=(?=.*[a-zA-Z])/, '');
  return terms.map((term, i) => {
    const { estimate, lo, hi } = values.of(term.cell, term.quantity);
    const own = parts[i].filter((part) => !isShared(part));
    return {
      name: (own.length === 0 ? parts[i] : own.map(short)).join('/'),
      value: boundsOf(estimate, lo, hi),
      text: values.text({ value: term, withInterval: true }),
    };
  });
}

/** The factor that a part of a cell's id is about; of a policy, or the base, itself. */
function factorOf(part: string): string {
  return part.includes('=') ? part.slice(0, part.indexOf('=')) : '';
}

function termsOf({ value }: Expression): CellTerm[] {
  return termsIn(value);
}

function termsIn(value: Arithmetic): CellTerm[] {
  if ('operator' in value) return [...termsIn(value.left), ...termsIn(value.right)];
  return 'cell' in value ? [value] : [];
}
