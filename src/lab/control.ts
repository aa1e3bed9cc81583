import { formatDuration, formatSize } from '../input/units.ts';

/** Something of a setting that can be moved. Plain data. */
export interface Control {
  /** The path that it sets, or a factor's name. */
  readonly id: string;
  readonly label: string;
  readonly group: string;
  /** What it can be set to, in order: a slider if they are amounts, else a list. */
  readonly choices: readonly ControlChoice[];
  readonly isAmount: boolean;
  /** The present value; empty: none of the choices. */
  readonly value: string;
  /** Paths whose values it replaces. */
  readonly clears: readonly string[];
}

/** A value of a control: its text, and what it sets. */
export interface ControlChoice {
  readonly text: string;
  readonly sets: Readonly<Record<string, string>>;
}

/** Steps in each decade of an amount. */
const STEPS = [1, 1.5, 2, 3, 5, 7];

/** Durations from `low` to `high` in steps that look alike on a logarithmic scale [ns]. */
export function durations(low: number, high: number, withZero = false): string[] {
  const all = withZero ? [0] : [];
  for (let decade = 1; decade <= high; decade *= 10) {
    for (const step of STEPS) all.push(Math.round(decade * step));
  }
  return [...new Set(all)]
    .filter((ns) => ns === 0 || (ns >= low && ns <= high))
    .map(formatDuration);
}

/** Powers of two from `low` to `high`. */
export function powers(low: number, high: number): number[] {
  const all: number[] = [];
  for (let value = low; value <= high; value *= 2) all.push(value);
  return all;
}

/** Sizes from `low` to `high` [bytes]. */
export function sizes(low: number, high: number): string[] {
  return powers(low, high).map(formatSize);
}

/** An amount at a path: the choices, and the present value among them. */
export function amount(
  path: string,
  label: string,
  group: string,
  texts: readonly string[],
  value: string,
  amountOf: (text: string) => number,
): Control {
  const all = [...new Set([...texts, value])].sort((a, b) => amountOf(a) - amountOf(b));
  return {
    id: path,
    label,
    group,
    choices: all.map((text) => ({ text, sets: { [path]: text } })),
    isAmount: true,
    value,
    clears: [path],
  };
}

/** One of a few words at a path. */
export function oneOf(
  path: string,
  label: string,
  group: string,
  texts: readonly string[],
  value: string,
): Control {
  const all = texts.includes(value) ? texts : [value, ...texts];
  return {
    id: path,
    label,
    group,
    choices: all.map((text) => ({ text, sets: { [path]: text } })),
    isAmount: false,
    value,
    clears: [path],
  };
}
