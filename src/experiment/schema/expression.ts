import { parseDuration } from '../../input/units.ts';
import { parseQuantity, QUANTITY_FORMS, type Quantity } from './quantity.ts';

/** A value: a quantity of one cell, or a number. */
export type Term =
  | { readonly cell: string; readonly quantity: Quantity }
  /** `isTime`: it was written with a unit of time [ns]. */
  | { readonly number: number; readonly isTime: boolean };

/** A value, or two with an operator between. */
export type Arithmetic =
  | Term
  | {
      readonly operator: '+' | '-' | '*' | '/';
      readonly left: Arithmetic;
      readonly right: Arithmetic;
    };

/** A value to be computed from measured ones. */
export interface Expression {
  readonly value: Arithmetic;
  /** It is written with half the width of its interval. */
  readonly withInterval?: boolean;
}

/** Two values that are compared. */
export interface Condition {
  readonly left: Expression;
  readonly relation: '<' | '<=' | '>' | '>=' | '=';
  readonly right: Expression;
}

/** What an expression is about: the ids of all cells, and the names of the domains. */
export interface Subjects {
  readonly cells: readonly string[];
  readonly domains: readonly string[];
  readonly jobs?: readonly string[];
}

/** A parsed text, or what is wrong with it. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string };

const RELATIONS = ['<=', '>=', '<', '>', '='] as const;
const SUMS = ['+', '-'] as const;
const PRODUCTS = ['*', '/'] as const;
/** Most words of an expression: a nesting as deep as that is no burden. */
const WORDS_MAX = 500;
const WORDS_OF_ARITHMETIC: readonly string[] = [...SUMS, ...PRODUCTS, '(', ')'];

/**
 * Reads arithmetic of `CELL QUANTITY`, numbers and durations, with + - * / and parentheses, all separated by spaces. With `±`
 * behind, it is written with its interval.
 */
export function parseExpression(text: string, subjects: Subjects): Parsed<Expression> {
  const withInterval = text.trimEnd().endsWith(' ±');
  const words = (withInterval ? text.trimEnd().slice(0, -2) : text).split(/\s+/);
  const reader = new ArithmeticReader(
    words.filter((word) => word !== ''),
    subjects,
  );
  const parsed = reader.whole();
  if (!parsed.ok) return parsed;
  return { ok: true, value: { value: parsed.value, ...(withInterval && { withInterval }) } };
}

/** Reads words from left to right; products before sums, those of one kind from the left. */
class ArithmeticReader {
  private readonly words: readonly string[];
  private readonly subjects: Subjects;
  private at = 0;

  constructor(words: readonly string[], subjects: Subjects) {
    this.words = words;
    this.subjects = subjects;
  }

  /** All of the words. */
  whole(): Parsed<Arithmetic> {
    if (this.words.length > WORDS_MAX) {
      const message = `expected at most ${WORDS_MAX} words in an expression, found ${this.words.length}`;
      return { ok: false, message };
    }
    const parsed = this.sum();
    if (!parsed.ok || this.at === this.words.length) return parsed;
    return this.wrong('an operator');
  }

  private sum(): Parsed<Arithmetic> {
    return this.chain(SUMS, () => this.chain(PRODUCTS, () => this.factor()));
  }

  private chain(
    operators: readonly ('+' | '-' | '*' | '/')[],
    operand: () => Parsed<Arithmetic>,
  ): Parsed<Arithmetic> {
    let left = operand();
    for (;;) {
      const operator = operators.find((candidate) => candidate === this.words[this.at]);
      if (!left.ok || operator === undefined) return left;
      this.at++;
      const right = operand();
      if (!right.ok) return right;
      left = { ok: true, value: { operator, left: left.value, right: right.value } };
    }
  }

  private factor(): Parsed<Arithmetic> {
    if (this.words[this.at] === '(') {
      this.at++;
      const inside = this.sum();
      if (!inside.ok) return inside;
      if (this.words[this.at] !== ')') return this.wrong("')'");
      this.at++;
      return inside;
    }
    const from = this.at;
    while (this.at < this.words.length && !WORDS_OF_ARITHMETIC.includes(this.words[this.at])) {
      this.at++;
    }
    return parseTerm(this.words.slice(from, this.at), this.subjects);
  }

  private wrong(expected: string): Parsed<never> {
    const found = this.words[this.at] ?? 'the end';
    return {
      ok: false,
      message: `expected ${expected} in ${JSON.stringify(this.words.join(' '))}, found ${found}`,
    };
  }
}

/** Reads two expressions with a relation between. */
export function parseCondition(text: string, subjects: Subjects): Parsed<Condition> {
  const relation = RELATIONS.find((candidate) => text.includes(` ${candidate} `));
  if (relation === undefined) {
    return {
      ok: false,
      message: `expected a comparison with one of ${RELATIONS.join(' ')}: ${text}`,
    };
  }
  const at = text.indexOf(` ${relation} `);
  const left = parseExpression(text.slice(0, at), subjects);
  if (!left.ok) return left;
  const right = parseExpression(text.slice(at + relation.length + 2), subjects);
  return right.ok ? { ok: true, value: { left: left.value, relation, right: right.value } } : right;
}

function parseTerm(words: readonly string[], subjects: Subjects): Parsed<Term> {
  const [first, second] = words;
  if (words.length === 1) {
    const number = Number(first);
    if (first !== '' && Number.isFinite(number)) {
      return { ok: true, value: { number, isTime: false } };
    }
    const duration = parseDuration(first);
    if (duration.ok) return { ok: true, value: { number: duration.value, isTime: true } };
  }
  if (words.length !== 2) {
    const message = `expected CELL QUANTITY, a number or a duration, found ${JSON.stringify(words.join(' '))}`;
    return { ok: false, message };
  }
  const quantity = parseQuantity(second, subjects.domains, subjects.jobs);
  if (quantity === undefined) {
    return { ok: false, message: `${second} is no quantity: expected ${QUANTITY_FORMS}` };
  }
  const cell = cellNamed(first, subjects.cells);
  return cell.ok ? { ok: true, value: { cell: cell.value, quantity } } : cell;
}

/** The one cell that `name` names, by its id or parts of it. */
export function cellNamed(name: string, ids: readonly string[]): Parsed<string> {
  const cells = cellsNamed(name, ids);
  if (cells.length === 1) return { ok: true, value: cells[0] };
  const found = cells.length === 0 ? 'no cell' : `${cells.length} cells, such as ${cells[0]}`;
  return { ok: false, message: `${name} names ${found}: expected parts of exactly one cell's id` };
}

/** The cells whose id has all the parts of `name`, which are separated by `/`. */
function cellsNamed(name: string, ids: readonly string[]): string[] {
  if (ids.includes(name)) return [name];
  const wanted = name.split('/');
  return ids.filter((id) => {
    const parts = id.split('/');
    return wanted.every((part) => parts.includes(part));
  });
}

/** The expressions between braces in a text. */
export function placeholders(text: string): string[] {
  return [...text.matchAll(/\{([^{}]*)\}/g)].map(([, inside]) => inside);
}
