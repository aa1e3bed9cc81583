import type { CellResult } from '../experiment/outcome.ts';
import type { Arithmetic, Condition, Expression, Term } from '../experiment/schema/expression.ts';
import type { Quantity } from '../experiment/schema/quantity.ts';
import type { Interval } from '../stats/interval.ts';
import {
  arithmeticOf,
  difference,
  type Estimand,
  intervalOf,
  plainNumber,
  quantityOf,
} from './estimand.ts';
import { timeText } from './time-text.ts';

const NO_VALUE = plainNumber(Number.NaN);

/** Measured values of the cells of an experiment, for conditions, sentences and tables. */
export class Values {
  private readonly results: ReadonlyMap<string, CellResult>;

  constructor(results: readonly CellResult[]) {
    this.results = new Map(results.map((result) => [result.cell.id, result]));
  }

  /** The estimate with its 95 % interval; of extremes and counts without. NaN, and n 0, if there is no value. */
  of(cell: string, quantity: Quantity): Interval {
    const result = this.results.get(cell);
    return intervalOf(result === undefined ? NO_VALUE : quantityOf(result, quantity));
  }

  /**
   * Whether the condition holds beyond doubt: not if a value of it is missing, and where the difference of the two sides has
   * an interval, only if all of that is on the right side of 0. `=` compares the estimates.
   */
  holds({ left, relation, right }: Condition): boolean {
    const { estimate, lo, hi } = intervalOf(difference(this.value(left), this.value(right)));
    const [least, most] = Number.isNaN(lo) || Number.isNaN(hi) ? [estimate, estimate] : [lo, hi];
    switch (relation) {
      case '<':
        return most < 0;
      case '<=':
        return most <= 0;
      case '>':
        return least > 0;
      case '>=':
        return least >= 0;
      case '=':
        return estimate === 0;
    }
  }

  /** The value of an expression for people. */
  text(expression: Expression): string {
    const value = this.value(expression);
    const kind = {
      isTime: dimension(expression.value, isTimeTerm) === 1,
      isPercent: dimension(expression.value, isShare) === 1,
    };
    if (expression.withInterval) return withHalfWidth(this.interval(expression), kind);
    return valueText(value.value, kind);
  }

  /** The value of an expression with its 95 % interval. */
  interval(expression: Expression): Interval {
    return intervalOf(this.value(expression));
  }

  private value(expression: Expression): Estimand {
    return arithmeticOf(expression.value, (term) => this.term(term));
  }

  private term(term: Term): Estimand {
    if ('number' in term) return plainNumber(term.number);
    const result = this.results.get(term.cell);
    return result === undefined ? NO_VALUE : quantityOf(result, term.quantity);
  }
}

/** A quantity as files name it: `wakeup.p99`. */
export function quantityText(quantity: Quantity): string {
  switch (quantity.of) {
    case 'latency':
      return `${quantity.kind}.${quantity.metric}`;
    case 'count':
      return `${quantity.kind}.count`;
    case 'counter':
      return quantity.name;
    default:
      return `${quantity.of}.${quantity.domain}`;
  }
}

/** How a value is written. */
interface ValueKind {
  readonly isTime: boolean;
  readonly isPercent: boolean;
}

/** A measured value with half the width of its interval, if it has one. */
export function intervalText(interval: Interval, quantity: Quantity): string {
  const kind = { isTime: quantity.of === 'latency', isPercent: isPercentage(quantity) };
  return withHalfWidth(interval, kind);
}

function withHalfWidth({ estimate: value, lo, hi, n }: Interval, kind: ValueKind): string {
  if (n === 0) return '-';
  const half = (hi - lo) / 2;
  return half > 0
    ? `${valueText(value, kind)} ±${valueText(half, kind, 2)}`
    : valueText(value, kind);
}

function valueText(value: number, { isTime, isPercent }: ValueKind, digits = 4): string {
  if (!Number.isFinite(value)) return '-';
  if (isTime) return timeText(value, digits);
  const isCount = Number.isInteger(value);
  return `${isCount ? value : Number(value.toPrecision(digits))}${isPercent ? ' %' : ''}`;
}

/**
 * The power in which the value of an expression has the unit of the terms of which `has` says so: time by time has it in none. A
 * number without unit takes that of what it is added to.
 */
function dimension(value: Arithmetic, has: (term: Term) => boolean): number {
  if (!('operator' in value)) return has(value) ? 1 : 0;
  const [left, right] = [dimension(value.left, has), dimension(value.right, has)];
  if (value.operator === '*') return left + right;
  return value.operator === '/' ? left - right : Math.max(left, right);
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
