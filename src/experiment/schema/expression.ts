import { parseDuration } from '../../input/units.ts';
import { parseQuantity, QUANTITY_FORMS, type Quantity } from './quantity.ts';

/** A value: a quantity of one cell, or a number. */
export type Term =
  | { readonly cell: string; readonly quantity: Quantity }
  /** `isTime`: it was written with a unit of time [ns]. */
  | { readonly number: number; readonly isTime: boolean };

/** One value, or two of them with an operator between. */
export interface Expression {
  readonly left: Term;
  readonly operator?: '+' | '-' | '*' | '/';
  readonly right?: Term;
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
}

/** A parsed text, or what is wrong with it. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string };

const RELATIONS = ['<=', '>=', '<', '>', '='] as const;
const OPERATORS = ['+', '-', '*', '/'] as const;

/**
 * Reads `CELL QUANTITY`, a number or a duration, or two of these with + - * or / between, separated by spaces. With `±`
 * behind, it is written with its interval.
 */
export function parseExpression(text: string, subjects: Subjects): Parsed<Expression> {
  const withInterval = text.trimEnd().endsWith(' ±');
  const parsed = parsePlain(withInterval ? text.trimEnd().slice(0, -2) : text, subjects);
  return parsed.ok && withInterval
    ? { ok: true, value: { ...parsed.value, withInterval } }
    : parsed;
}

function parsePlain(text: string, subjects: Subjects): Parsed<Expression> {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const at = words.findIndex((word) => (OPERATORS as readonly string[]).includes(word));
  const operator = OPERATORS.find((candidate) => candidate === words[at]);
  const left = parseTerm(at < 0 ? words : words.slice(0, at), subjects);
  if (!left.ok) return left;
  if (operator === undefined) return { ok: true, value: { left: left.value } };
  const right = parseTerm(words.slice(at + 1), subjects);
  return right.ok ? { ok: true, value: { left: left.value, operator, right: right.value } } : right;
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
  const quantity = parseQuantity(second, subjects.domains);
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
