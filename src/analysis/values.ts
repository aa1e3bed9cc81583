import type { CellResult } from '../experiment/outcome.ts';
import type { Measurements } from '../experiment/replication.ts';
import type { Condition, Expression, Term } from '../experiment/schema/expression.ts';
import type { Quantity } from '../experiment/schema/quantity.ts';
import { type Interval, meanInterval } from '../stats/interval.ts';
import { estimate } from './summary.ts';
import { timeText } from './time-text.ts';

/** Measured values of the cells of an experiment, for conditions, sentences and tables. */
export class Values {
  private readonly results: ReadonlyMap<string, CellResult>;

  constructor(results: readonly CellResult[]) {
    this.results = new Map(results.map((result) => [result.cell.id, result]));
  }

  /** The mean over replications with its 95 % interval; of extremes the extreme. NaN if there is no value. */
  of(cell: string, quantity: Quantity): Interval {
    const result = this.results.get(cell);
    if (result === undefined) return meanInterval([]);
    if (quantity.of === 'latency') return estimate(result, quantity.kind, quantity.metric);
    const values: number[] = [];
    for (const outcome of result.outcomes) {
      if (outcome.ok) values.push(plainValue(result, outcome.result, quantity));
    }
    return meanInterval(values);
  }

  /** Whether the condition holds; not if a value of it is missing. */
  holds({ left, relation, right }: Condition): boolean {
    const [a, b] = [this.value(left), this.value(right)];
    switch (relation) {
      case '<':
        return a < b;
      case '<=':
        return a <= b;
      case '>':
        return a > b;
      case '>=':
        return a >= b;
      case '=':
        return a === b;
    }
  }

  /** The value of an expression for people. */
  text(expression: Expression): string {
    const value = this.value(expression);
    return valueText(value, isTime(expression), isShare(expression.left));
  }

  private value({ left, operator, right }: Expression): number {
    const a = this.termValue(left);
    if (operator === undefined || right === undefined) return a;
    const b = this.termValue(right);
    switch (operator) {
      case '+':
        return a + b;
      case '-':
        return a - b;
      case '*':
        return a * b;
      case '/':
        return a / b;
    }
  }

  private termValue(term: Term): number {
    return 'number' in term ? term.number : this.of(term.cell, term.quantity).estimate;
  }
}

/** A measured value with half the width of its interval, if it has one. */
export function intervalText({ estimate: value, lo, hi, n }: Interval, quantity: Quantity): string {
  const isLatency = quantity.of === 'latency';
  const isPercent = isPercentage(quantity);
  if (n === 0) return '-';
  const text = valueText(value, isLatency, isPercent);
  const half = (hi - lo) / 2;
  return half > 0 ? `${text} ±${valueText(half, isLatency, isPercent)}` : text;
}

function plainValue(
  { cell }: CellResult,
  result: Measurements,
  quantity: Exclude<Quantity, { of: 'latency' }>,
): number {
  if (quantity.of === 'counter') return result.counters[quantity.name];
  const own = result.domains.find(({ name }) => name === quantity.domain);
  if (quantity.of === 'guest') return (100 * (own?.guest ?? 0)) / cell.setup.duration;
  const all = result.domains.reduce((sum, { running }) => sum + running, 0);
  return (100 * (own?.running ?? 0)) / all;
}

function valueText(value: number, isTime: boolean, isPercent: boolean): string {
  if (!Number.isFinite(value)) return '-';
  if (isTime) return timeText(value);
  return `${Number.isInteger(value) ? value : Number(value.toPrecision(4))}${isPercent ? ' %' : ''}`;
}

function isTime({ left, operator, right }: Expression): boolean {
  const times = [left, right].filter((term) => term !== undefined && isTimeTerm(term)).length;
  // Time by time is a ratio.
  return operator === '/' ? times === 1 && isTimeTerm(left) : times > 0;
}

function isTimeTerm(term: Term): boolean {
  return 'number' in term ? term.isTime : term.quantity.of === 'latency';
}

function isShare(term: Term): boolean {
  return 'quantity' in term && isPercentage(term.quantity);
}

function isPercentage({ of }: Quantity): boolean {
  return of === 'share' || of === 'guest';
}
