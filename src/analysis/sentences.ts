import type {
  Answer,
  Experiment,
  Question,
  ValueQuestion,
  VerdictQuestion,
} from '../experiment/schema/schema.ts';
import type { Comparison } from './comparison.ts';
import { isAbout } from './contrasts.ts';
import type { Values } from './values.ts';
import { differenceText, distinct, largest, tally, undecidedText, where } from './verdict-words.ts';

/** The answer to a question: its paragraphs. The first one is what answer.md begins with. */
export function answerParagraphs(
  asked: Question,
  experiment: Experiment,
  values: Values,
  comparisons: readonly Comparison[],
): string[] {
  if ('answers' in asked) return byValues(asked, values);
  return byVerdicts(asked, experiment, values, comparisonsFor(asked, comparisons));
}

/** The comparisons that a question asks for. */
export function comparisonsFor(
  asked: VerdictQuestion,
  comparisons: readonly Comparison[],
): Comparison[] {
  return comparisons.filter((compared) => isAbout(asked, compared));
}

/** The first prepared answer whose conditions hold; undefined if there is none. */
export function givenAnswer(
  { answers }: ValueQuestion,
  values: Values,
): ValueQuestion['answers'][number] | undefined {
  return answers.find(({ when }) => when.every((condition) => values.holds(condition)));
}

function byValues(asked: ValueQuestion, values: Values): string[] {
  const given = givenAnswer(asked, values);
  if (given === undefined) return ['None of the prepared answers holds.'];
  return filledIn(given, values, {});
}

/**
 * The prepared answer that the verdicts on the first kind lead to. If they do not all say the same, that is *mixed*, however
 * many there are of each; the undecided ones are told, and lead to none.
 */
function byVerdicts(
  asked: VerdictQuestion,
  experiment: Experiment,
  values: Values,
  of: readonly Comparison[],
): string[] {
  const decisive = of.filter(({ kind }) => kind === asked.kinds[0]);
  if (decisive.length === 0) return ['No comparison was measured.'];
  const found = new Set(
    decisive.map(({ verdict }) => verdict).filter((name) => name !== 'undecided'),
  );
  const [only] = found;
  const { length } = distinct(decisive);
  const count = `${asked.kinds[0]}: ${tally(decisive)} ${length === 1 ? 'comparison' : 'comparisons'}`;
  const open = undecidedText(decisive);
  const why = open === '' ? [] : [`${open[0].toUpperCase()}${open.slice(1)}.`];
  if (only === undefined) return [`Undecided (${count}).`, ...why];
  const most = largest(distinct(decisive).filter(({ verdict }) => verdict !== 'undecided'));
  const words = {
    tally: tally(decisive),
    where: where(decisive, experiment),
    largest: most === undefined ? '-' : differenceText(most),
  };
  const [first, ...rest] = filledIn(found.size === 1 ? asked[only] : asked.mixed, values, words);
  return [`${first} (${count}.)`, ...rest, ...why];
}

function filledIn(
  { say, values: expressions }: Answer,
  values: Values,
  words: Readonly<Record<string, string>>,
): string[] {
  const text = say.replace(/\{([^{}]*)\}/g, (_, inside: string) => {
    if (Object.hasOwn(words, inside)) return words[inside];
    const expression = expressions.get(inside);
    return expression === undefined ? '-' : values.text(expression);
  });
  return text
    .split('\n')
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '');
}
