import type { Duration } from '../engine/time.ts';

/**
 * A quantity that was read, or why it was not: what to change, and where it is clear the right
 * spelling.
 */
export type ParsedAmount =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly hint: string; readonly suggestion?: string };

type Scale = ReadonlyMap<string, bigint>;

const DURATION_UNITS: Scale = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
]);

const SIZE_UNITS: Scale = new Map([
  ['KiB', 1n << 10n],
  ['MiB', 1n << 20n],
  ['GiB', 1n << 30n],
  ['TiB', 1n << 40n],
]);

const FREQUENCY_UNITS: Scale = new Map([
  ['Hz', 1n],
  ['kHz', 1_000n],
  ['MHz', 1_000_000n],
  ['GHz', 1_000_000_000n],
]);

/** Spellings people use for our units; anything else unknown gets the list of units. */
const OTHER_SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['µs', 'us'],
  ['μs', 'us'],
  ['usec', 'us'],
  ['msec', 'ms'],
  ['nsec', 'ns'],
  ['sec', 's'],
  ['K', 'KiB'],
  ['kB', 'KiB'],
  ['KB', 'KiB'],
  ['M', 'MiB'],
  ['MB', 'MiB'],
  ['G', 'GiB'],
  ['GB', 'GiB'],
  ['T', 'TiB'],
  ['TB', 'TiB'],
]);

// 20 digits hold every value below 2^53 in every unit; more would only cost time.
const QUANTITY = /^([+-]?)(\d{1,20})(?:\.(\d{1,20}))?( *)([A-Za-zµμ]{0,8})$/u;

/** A duration as files write it: a decimal number and its unit. For JSON Schema. */
export const DURATION_PATTERN = '^\\d+(\\.\\d+)?(ns|us|ms|s)$';
/** A frequency as files write it: a decimal number and its unit. For JSON Schema. */
export const FREQUENCY_PATTERN = '^\\d+(\\.\\d+)?(Hz|kHz|MHz|GHz)$';
/** A size as files write it: a decimal number and its unit. For JSON Schema. */
export const SIZE_PATTERN = '^\\d+(\\.\\d+)?(KiB|MiB|GiB|TiB)$';

/** Reads a duration such as `10ms`, `1.5s` or `0` [ns]; exact, whole and below 2^53, or refused. */
export function parseDuration(value: unknown): ParsedAmount {
  return parseQuantity(value, DURATION_UNITS, 'nanoseconds', 'ns');
}

/** Reads a frequency such as `62.5MHz` [Hz]; exact and whole, or refused. */
export function parseFrequency(value: unknown): ParsedAmount {
  return parseQuantity(value, FREQUENCY_UNITS, 'Hz', 'Hz');
}

/** Reads a mean duration such as `374.6875ns` [ns]: as a duration, but fractions of a ns count. */
export function parseMean(value: unknown): ParsedAmount {
  const match =
    typeof value === 'string' ? /^(\d{1,15}(?:\.\d{1,15})?)(ns|us|ms|s)$/.exec(value) : null;
  if (match === null) return parseDuration(value);
  return { ok: true, value: Number(match[1]) * Number(DURATION_UNITS.get(match[2])) };
}

/** Reads a size such as `64MiB` or `0` [bytes]; exact, whole and below 2^53, or refused. */
export function parseSize(value: unknown): ParsedAmount {
  return parseQuantity(value, SIZE_UNITS, 'bytes', 'KiB');
}

/** Reads a percentage such as `1%` [fraction: 0.01], from 0% to 100%. */
export function parsePercent(value: unknown): ParsedAmount {
  if (value === 0) return { ok: true, value: 0 };
  if (typeof value === 'number') {
    return { ok: false, hint: 'add a percent sign', suggestion: `${value}%` };
  }
  const match = typeof value === 'string' ? /^(\d{1,3}(?:\.\d{1,12})?)%$/.exec(value) : null;
  const percent = Number(match?.[1]);
  if (match === null || percent > 100) return { ok: false, hint: 'write it like 1% or 0.5%' };
  return { ok: true, value: percent / 100 };
}

function parseQuantity(value: unknown, units: Scale, base: string, smallest: string): ParsedAmount {
  if (value === 0) return { ok: true, value: 0 };
  const known = [...units.keys()].join(', ');
  if (typeof value === 'number') return { ok: false, hint: `add a unit (${known})` };
  const match = typeof value === 'string' ? QUANTITY.exec(value) : null;
  if (match === null) return { ok: false, hint: `write a number and a unit (${known})` };
  const [, sign = '', whole = '', fraction = '', space = '', unit = ''] = match;
  const number = fraction === '' ? whole : `${whole}.${fraction}`;
  if (unit === '') {
    if (Number(number) === 0 && sign === '') return { ok: true, value: 0 };
    return { ok: false, hint: `add a unit (${known})` };
  }
  const scale = units.get(unit);
  if (scale === undefined) return unknownUnit(number, unit, units, known);
  if (sign === '-') return { ok: false, hint: 'it must not be negative' };
  if (sign === '+' || space !== '') {
    return { ok: false, hint: 'write number and unit together', suggestion: `${number}${unit}` };
  }
  const scaled = BigInt(whole + fraction) * scale;
  const divisor = 10n ** BigInt(fraction.length);
  if (scaled % divisor !== 0n) {
    return {
      ok: false,
      hint: `it is not a whole number of ${base} (the smallest unit is ${smallest})`,
    };
  }
  const result = scaled / divisor;
  if (result > BigInt(Number.MAX_SAFE_INTEGER)) {
    return { ok: false, hint: `it is too large: 2^53 ${base} or more` };
  }
  return { ok: true, value: Number(result) };
}

function unknownUnit(number: string, unit: string, units: Scale, known: string): ParsedAmount {
  const hint = `"${unit}" is not one of its units (${known})`;
  const lower = unit.toLowerCase();
  const meant =
    OTHER_SPELLINGS.get(unit) ?? [...units.keys()].find((name) => name.toLowerCase() === lower);
  if (meant === undefined || !units.has(meant)) return { ok: false, hint };
  return { ok: false, hint, suggestion: `${number}${meant}` };
}

/** Writes a duration [ns] the way files do, in its largest unit without a fraction: `1500us`. */
export function formatDuration(duration: Duration): string {
  return format(duration, DURATION_UNITS, 'ns');
}

/** Writes a frequency [Hz] the way files do. */
export function formatFrequency(hz: number): string {
  return format(hz, FREQUENCY_UNITS, 'Hz');
}

/** Writes a size [bytes] the way files do, in its largest unit without a fraction: `64MiB`. */
export function formatSize(bytes: number): string {
  return format(bytes, SIZE_UNITS, ' bytes');
}

function format(value: number, units: Scale, base: string): string {
  if (value === 0) return '0';
  for (const [unit, scale] of [...units].reverse()) {
    if (value % Number(scale) === 0) return `${value / Number(scale)}${unit}`;
  }
  return `${value}${base}`;
}
