import type { CellResult } from '../experiment/outcome.ts';
import type { Measurements } from '../experiment/replication.ts';
import type { Arithmetic, Term } from '../experiment/schema/expression.ts';
import type { Quantity } from '../experiment/schema/quantity.ts';
import type { Interval } from '../stats/interval.ts';
import { contributionInterval, contributions, estimate, totalSamples } from './summary.ts';

/** A value, and what each replication contributes to it, whose mean it is. */
export interface Estimand {
  readonly value: number;
  /** undefined: it is no mean (an extreme, a count), and has no interval. */
  readonly contributed: ReadonlyMap<number, number> | undefined;
  /** The cells that it is of; none: a plain number. */
  readonly cells: readonly CellResult[];
  /** How far it would be moved by what was not seen; 0 if nothing is known of that. */
  readonly grain: number;
  /** Its interval is at least so wide to either side: of several values that vary alike, what was not seen moves only one. */
  readonly least: number;
  /** The interval of what was measured as it is, which of a quantile need not be symmetric; of what is computed from several values undefined. */
  readonly own?: Pick<Interval, 'lo' | 'hi'>;
}

/** No measured value. */
const UNMOVED = { grain: 0, least: 0 };

/** A number that was not measured, and is known exactly. */
export function plainNumber(value: number): Estimand {
  return { value, contributed: undefined, cells: [], ...UNMOVED };
}

/** A quantity of a cell. */
export function quantityOf(result: CellResult, quantity: Quantity): Estimand {
  const cells = [result];
  if (quantity.of === 'count') {
    const value = totalSamples(result, quantity.kind);
    return { value, contributed: undefined, cells, ...UNMOVED };
  }
  if (quantity.of === 'latency') {
    const { kind, metric } = quantity;
    const { estimate: value, ...own } = estimate(result, kind, metric);
    const isExtreme = metric === 'max' || metric === 'min';
    const contributed = isExtreme ? undefined : contributions(result, kind, metric);
    const { grain } = result.statistic(kind, metric);
    return { value, contributed, cells, grain, least: 0, own };
  }
  const contributed = new Map<number, number>();
  for (const [replication, value] of plainValues(result, quantity)) {
    contributed.set(replication, value * (result.strata?.weights[replication] ?? 1));
  }
  let sum = 0;
  for (const value of contributed.values()) sum += value;
  return { value: sum / contributed.size, contributed, cells, ...UNMOVED };
}

/** The value of an expression; its contributions by the delta method: those of its terms, as far as each moves it. */
export function arithmeticOf(value: Arithmetic, term: (term: Term) => Estimand): Estimand {
  if (!('operator' in value)) return term(value);
  const { operator } = value;
  const a = arithmeticOf(value.left, term);
  const b = arithmeticOf(value.right, term);
  switch (operator) {
    case '+':
      return combined(a.value + b.value, a, 1, b, 1);
    case '-':
      return combined(a.value - b.value, a, 1, b, -1);
    case '*':
      return combined(a.value * b.value, a, b.value, b, a.value);
    case '/':
      return combined(a.value / b.value, a, 1 / b.value, b, -a.value / (b.value * b.value));
  }
}

/** One less the other. */
export function difference(a: Estimand, b: Estimand): Estimand {
  return combined(a.value - b.value, a, 1, b, -1);
}

/** The 95 % interval; without ends where there is none. */
export function intervalOf({ value, contributed, cells, least, own }: Estimand): Interval {
  if (contributed === undefined || cells.length === 0) {
    const none = Number.NaN;
    return { estimate: value, lo: none, hi: none, n: Number.isNaN(value) ? 0 : 1 };
  }
  const { n, ...symmetric } = contributionInterval(value, contributed, cells);
  const { lo, hi } = own ?? symmetric;
  return { estimate: value, lo: Math.min(lo, value - least), hi: Math.max(hi, value + least), n };
}

function combined(
  value: number,
  a: Estimand,
  slopeA: number,
  b: Estimand,
  slopeB: number,
): Estimand {
  const cells = [...new Set([...a.cells, ...b.cells])];
  const isKnown = [a, b].every((side) => side.cells.length === 0 || side.contributed !== undefined);
  if (!isKnown || cells.length === 0) return { value, contributed: undefined, cells, ...UNMOVED };
  const replications =
    [a, b].find((side) => side.contributed !== undefined)?.contributed?.keys() ?? [];
  const contributed = new Map<number, number>();
  for (const replication of replications) {
    const moved = [
      [a, slopeA],
      [b, slopeB],
    ] as const;
    const sum = moved.reduce((total, [side, slope]) => {
      if (side.cells.length === 0) return total;
      return total + slope * ((side.contributed?.get(replication) ?? Number.NaN) - side.value);
    }, value);
    if (!Number.isNaN(sum)) contributed.set(replication, sum);
  }
  const [grainA, grainB] = [Math.abs(slopeA) * a.grain, Math.abs(slopeB) * b.grain];
  const areMeasured = a.cells.length > 0 && b.cells.length > 0;
  const grain = areMeasured ? (grainA + grainB) / 2 : grainA + grainB;
  const least = Math.abs(slopeA) * a.least + Math.abs(slopeB) * b.least;
  return { value, contributed, cells, grain, least: areMeasured ? Math.max(least, grain) : least };
}

type PlainQuantity = Exclude<Quantity, { of: 'latency' | 'count' }>;

function* plainValues(result: CellResult, quantity: PlainQuantity): Generator<[number, number]> {
  if (quantity.of === 'counter') {
    for (const [replication, value] of result.counter(quantity.name).entries()) {
      if (!Number.isNaN(value)) yield [replication, value];
    }
    return;
  }
  for (const outcome of result.outcomes) {
    if (outcome.ok) yield [outcome.replication, timeOf(result, outcome.result, quantity)];
  }
}

/** A domain's part of all that ran, or its time in the guest by that of the replication [percent]. */
function timeOf(
  { cell }: CellResult,
  { domains }: Measurements,
  { of, domain }: Extract<PlainQuantity, { domain: string }>,
): number {
  const own = domains.find(({ name }) => name === domain);
  const { duration, measure } = cell.setup;
  if (of === 'guest') return (100 * (own?.guest ?? 0)) / (duration - measure.warmUp);
  const all = domains.reduce((sum, { running }) => sum + running, 0);
  return (100 * (own?.running ?? 0)) / all;
}
