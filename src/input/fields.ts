import { z } from 'zod';
import { NAME_FORM } from './name-form.ts';
import {
  DURATION_PATTERN,
  FREQUENCY_PATTERN,
  formatDuration,
  formatFrequency,
  formatSize,
  type ParsedAmount,
  parseDuration,
  parseFrequency,
  parseMean,
  parsePercent,
  parseSize,
  SIZE_PATTERN,
} from './units.ts';

// In all schemas of this folder an issue's message says what is allowed, as a noun phrase:
// `issues.ts` puts "expected" before it and "found" behind it. For unknown keys it is the list of
// known keys.

/** What a custom issue may add to its message. */
export interface IssueParams {
  readonly hint?: string;
  readonly suggestion?: string;
}

/** A whole number from `min` to `max`; `why` is added to the message if it is refused. */
export function whole(min: number, max: number, why = '') {
  const error = () => `a whole number from ${min} to ${max}${why === '' ? '' : ` (${why})`}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

/** `true` or `false`. */
export function flag() {
  return z.boolean({ error: () => 'true or false' });
}

/** One of some words; `allowed` describes them if more than these words can stand there. */
export function choice<const Words extends readonly [string, ...string[]]>(
  words: Words,
  allowed?: string,
) {
  return z.enum(words, { error: () => allowed ?? `one of: ${words.join(', ')}` });
}

/** A mapping with exactly these keys. */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? keys : `a mapping (keys: ${keys})`),
  });
}

/** A mapping whose keys are names given by the user. */
export function named<Value extends z.core.$ZodType>(value: Value, what: string, key = NAME) {
  const error = () => `a mapping of names to ${what}`;
  return z.record(key, value, { error });
}

/** A list of at least one element. */
export function list<Item extends z.core.$ZodType>(item: Item, what: string) {
  const error = () => `a list of ${what}, at least one`;
  return z.array(item, { error }).min(1, { error });
}

/** A list that may be empty: `--set questions=[]` leaves out what a file has. */
export function anyList<Item extends z.core.$ZodType>(item: Item, what: string) {
  return z.array(item, { error: () => `a list of ${what}` });
}

/** Text that is not empty. */
export function prose(what: string) {
  const error = () => what;
  return z.string({ error }).regex(/\S/, { error });
}

/** Names of domains, policies and the like: parts of cell ids and columns of results. */
export const NAME = word(NAME_FORM, 'a name: a letter, then letters, digits, - or _');

/** A word of a certain form. */
export function word(form: RegExp, what: string) {
  const error = () => `${what} (at most 40 characters)`;
  return z.string({ error }).regex(form, { error });
}

/** A duration as it is written. */
export type DurationText = `${number}${'ns' | 'us' | 'ms' | 's'}` | 0;
/** A size as it is written. */
export type SizeText = `${number}${'KiB' | 'MiB' | 'GiB' | 'TiB'}` | 0;

/** Bounds of a quantity; without `min` any value from 0 is allowed. */
interface Bounds {
  readonly min?: number;
  readonly max?: number;
  /** The value must be a multiple of this. */
  readonly step?: number;
  /** 0 is allowed although it is below `min`. */
  readonly orZero?: boolean;
}

/** A duration with its unit [ns]. */
export function duration(bounds: Bounds = {}) {
  const allowed = `a duration like 10ms${describe(bounds, formatDuration)}`;
  return quantity<DurationText>(parseDuration, bounds, allowed, DURATION_PATTERN);
}

/** A duration that is longer than nothing [ns]. */
export function positiveDuration() {
  return quantity<DurationText>(
    parseDuration,
    { min: 1 },
    'a duration like 10ms, longer than 0',
    DURATION_PATTERN,
  );
}

/** A mean duration longer than nothing, not only in whole ns [ns]. */
export function positiveMean() {
  return quantity<DurationText>(
    parseMean,
    { min: Number.MIN_VALUE },
    'a duration like 10ms, longer than 0',
    DURATION_PATTERN,
  );
}

/** A duration [ns], or the word `random`. */
export function durationOrRandom() {
  const allowed = 'a duration like 10ms, or random';
  const time = quantity<DurationText>(parseDuration, {}, allowed, DURATION_PATTERN);
  return z.union([choice(['random'], allowed), time]);
}

/** A size with its unit [bytes]. */
export function size(bounds: Bounds = {}) {
  const allowed = `a size like 64MiB${describe(bounds, formatSize)}`;
  return quantity<SizeText>(parseSize, bounds, allowed, SIZE_PATTERN);
}

/** A frequency with its unit [Hz]. */
export function frequency(bounds: Bounds) {
  const allowed = `a frequency like 62.5MHz${describe(bounds, formatFrequency)}`;
  return quantity(parseFrequency, bounds, allowed, FREQUENCY_PATTERN);
}

/** A percentage [fraction]. */
export function percent() {
  return quantity<`${number}%`>(
    parsePercent,
    {},
    'a percentage from 0% to 100%',
    '^\\d+(\\.\\d+)?%$',
  );
}

function describe(bounds: Bounds, format: (value: number) => string): string {
  const { min, max, step, orZero } = bounds;
  let text = '';
  if (min !== undefined && max !== undefined) text = ` from ${format(min)} to ${format(max)}`;
  else if (min !== undefined) text = ` of at least ${format(min)}`;
  else if (max !== undefined) text = ` of at most ${format(max)}`;
  if (step !== undefined) text += `, a multiple of ${format(step)}`;
  return orZero === true ? `${text}, or 0` : text;
}

function quantity<Written>(
  parse: (value: unknown) => ParsedAmount,
  bounds: Bounds,
  allowed: string,
  pattern: string,
) {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, step = 1, orZero = false } = bounds;
  const written = { type: 'string', pattern } as const;
  const zero = orZero || min === 0 ? [{ const: 0 }] : [];
  return (z.unknown() as unknown as z.ZodType<unknown, Written>)
    .meta({ anyOf: [written, ...zero] })
    .transform((value, context): number => {
      const parsed = parse(value);
      if (!parsed.ok) {
        const { ok: _, ...params } = parsed;
        context.issues.push({ code: 'custom', message: allowed, input: value, params });
        return z.NEVER;
      }
      const fits =
        parsed.value >= min && parsed.value <= max && (step === 1 || parsed.value % step === 0);
      if (!fits && !(orZero && parsed.value === 0)) {
        context.issues.push({ code: 'custom', message: allowed, input: value });
        return z.NEVER;
      }
      return parsed.value;
    });
}

/**
 * Mappings told apart by their key `name`; the name alone stands for the mapping with only that
 * key. `allowed` describes both.
 */
export function orName<Full extends z.ZodType, const Names extends readonly [string, ...string[]]>(
  full: Full,
  names: Names,
  allowed = NAME_OR_MAPPING,
) {
  const fromName = full as unknown as z.ZodType<z.output<Full>, { name: string }>;
  const short = choice(names).transform((name) => ({ name }));
  return z.union([short.pipe(fromName), full], { error: () => allowed });
}

/** What is allowed where `orName` is used; also the error of the union that is passed to it. */
export const NAME_OR_MAPPING = 'a name, or a mapping with the key name';
