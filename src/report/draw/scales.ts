import { timeText } from '../../analysis/time-text.ts';

/** A tick of an axis; without room for its label that is empty. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** Where values are on a chart. */
export interface AxisScale {
  /** The place of a value [px]. */
  readonly at: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/** From where to where an axis goes [px]; `from` may be the larger. */
export type Extent = readonly [from: number, to: number];

/** Times below are drawn here, but zero [ns]. */
const LEAST = 1;
/** Labels that a horizontal axis has room for. */
const LABELS_MAX = 6;
/** What zero takes of a logarithmic axis, which has none: a place of its own before the first decade [decades]. */
const ZERO = 0.6;

/** A logarithmic axis of times in whole decades that hold all `values` [ns]; if zeros are among them, it has a place for them. */
export function timeScale(values: Iterable<number>, [from, to]: Extent): AxisScale {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  let hasZero = false;
  for (const value of values) {
    if (value > 0) low = Math.min(low, Math.max(LEAST, value));
    else if (value === 0) hasZero = true;
    if (value > high) high = value;
  }
  const first = Number.isFinite(low) ? Math.floor(Math.log10(low) + 1e-9) : 0;
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(LEAST, high)) - 1e-9));
  const before = hasZero ? ZERO : 0;
  const perDecade = (to - from) / (last - first + before);
  const decade = (value: number) => Math.log10(Math.max(LEAST, value)) - first + before;
  const labelled = Math.ceil((last - first + 1) / LABELS_MAX);
  const ticks = Array.from({ length: last - first + 1 }, (_, i): Tick => {
    const ns = 10 ** (first + i);
    return { at: from + (i + before) * perDecade, label: i % labelled === 0 ? timeText(ns) : '' };
  });
  return {
    at: (value) => from + perDecade * (value > 0 ? Math.max(0, decade(value)) : 0),
    ticks: hasZero ? [{ at: from, label: '0' }, ...ticks] : ticks,
  };
}

/** A logarithmic axis of parts, 1 down to `least`, in whole decades. */
export function partScale(least: number, [from, to]: Extent): AxisScale {
  const decades = Math.max(1, Math.ceil(-Math.log10(least) - 1e-9));
  const at = (part: number) => from + ((to - from) * -Math.log10(part)) / decades;
  return {
    at,
    ticks: Array.from({ length: decades + 1 }, (_, i) => {
      const part = 10 ** -i;
      return { at: at(part), label: `${Number((100 * part).toPrecision(3))} %` };
    }),
  };
}

/** A linear axis that holds zero and all `values`. @param text - a value as its label */
export function plainScale(
  values: Iterable<number>,
  [from, to]: Extent,
  text: (value: number) => string,
): AxisScale {
  let [low, high] = [0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const step = stepFor(high - low || 1, 4);
  const [first, last] = [Math.floor(low / step), Math.max(1, Math.ceil(high / step - 1e-9))];
  const at = (value: number) => from + ((to - from) * (value / step - first)) / (last - first);
  return {
    at,
    ticks: Array.from({ length: last - first + 1 }, (_, i) => {
      const value = (first + i) * step;
      return { at: at(value), label: text(Number(value.toPrecision(12))) };
    }),
  };
}

/**
 * A symmetric logarithmic axis around zero: linear up to `unit`, and a decade for each power of ten of it.
 * @param values - what it holds
 * @param text - a tick, in units, as its label; it is not called with zero
 */
export function symmetricScale(
  values: Iterable<number>,
  unit: number,
  [from, to]: Extent,
  text: (units: number) => string,
): AxisScale {
  let reach = 10;
  for (const value of values) {
    if (Number.isFinite(value)) reach = Math.max(reach, Math.abs(value / unit));
  }
  const place = (units: number) => Math.sign(units) * Math.log10(1 + Math.abs(units));
  const decades = Math.ceil(Math.log10(reach) - 1e-9);
  const end = place(10 ** decades);
  const middle = (from + to) / 2;
  const at = (value: number) =>
    middle + ((to - from) / 2) * (Math.max(-end, Math.min(end, place(value / unit))) / end);
  // The first decade is the unit: no room for its label beside the zero's.
  const step = Math.ceil(decades / 2);
  const shown: number[] = [];
  for (let i = decades; i > 0; i -= step) shown.push(10 ** i);
  const tick = (units: number) => ({ at: at(units * unit), label: text(units) });
  return {
    at,
    ticks: [
      ...shown.map((units) => tick(-units)),
      { at: middle, label: '0' },
      ...shown.map((units) => tick(units)).reverse(),
    ],
  };
}

/** A round step, of which about `count` make `span`. */
export function stepFor(span: number, count: number): number {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough * 0.999) ?? 10;
  return factor * power;
}

const UNITS = [
  { name: 'ms', ns: 1e6 },
  { name: 'us', ns: 1e3 },
  { name: 'ns', ns: 1 },
] as const;

/** Ticks of the times between two moments, in one unit, with as many digits as tell them apart [ns]. */
export function momentTicks(from: number, to: number): { ns: number; label: string }[] {
  const step = stepFor(to - from, 6);
  const unit = UNITS.find(({ ns }) => Math.max(Math.abs(from), Math.abs(to)) >= ns) ?? UNITS[2];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / unit.ns) - 1e-9));
  const ticks: { ns: number; label: string }[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to * (1 + 1e-12); i++) {
    const ns = i * step;
    const number = (ns / unit.ns).toFixed(digits).replace('-', '−');
    ticks.push({ ns, label: i === 0 ? '0' : `${number} ${unit.name}` });
  }
  return ticks;
}
