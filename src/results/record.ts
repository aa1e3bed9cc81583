import { createHash } from 'node:crypto';
import type { Outcome } from '../experiment/outcome.ts';
import type { Measurements } from '../experiment/replication.ts';

/** Where a replication's compressed samples are known by: their length and hash. */
export interface Blob {
  readonly bytes: number;
  readonly sha256: string;
}

/** One finished replication as it is kept on disk. */
export interface StoredRecord {
  readonly cell: string;
  readonly outcome: Outcome;
  /** Its samples, if the experiment keeps them. */
  readonly samples?: Blob | undefined;
}

/**
 * Longest line of a record [bytes]: bounds the memory that a damaged file can take. Histograms of all kinds fit in
 * (2048 numbers, or 3072 buckets, of less than 20 characters each), and statistics of all kinds of thousands of vCPUs.
 */
export const RECORD_MAX = 1 << 24;
const MESSAGE_MAX = 10_000;
const CHECK = ',"check":"';
const CHECK_DIGITS = 16;

/**
 * A record as one line of JSON without its line end. Its last member, `check`, is a hash of the study's key and of the
 * text before it, so that a line which was only partly written, was changed, or belongs to another study is recognised.
 */
export function encodeRecord({ cell, outcome, samples }: StoredRecord, key: string): string {
  const { replication } = outcome;
  const what = outcome.ok
    ? { result: outcome.result, samples }
    : { failure: outcome.message.slice(0, MESSAGE_MAX) };
  const text = JSON.stringify({ cell, replication, ...what }).slice(0, -1);
  return `${text}${CHECK}${digest(key, text)}"}`;
}

/** The JSON of a line without `check`; undefined if the line is not whole, or not of the study with this key. */
export function wholeJson(line: string, key: string): string | undefined {
  const end = line.length - CHECK_DIGITS - 2;
  const text = line.slice(0, end - CHECK.length);
  return line === `${text}${CHECK}${digest(key, text)}"}` ? `${text}}` : undefined;
}

/** The first digits of the SHA-256 of a key and a text. */
function digest(key: string, text: string): string {
  return createHash('sha256').update(key).update(text).digest('hex').slice(0, CHECK_DIGITS);
}

/** The outcome of a line that was checked when it was found. */
export function outcomeOf(line: string): Outcome {
  const { replication, result, failure } = JSON.parse(line);
  if (failure !== undefined) return { ok: false, replication, message: failure };
  return { ok: true, replication, result: measurements(result) };
}

/** JSON has no NaN: the statistics of a kind without samples are null there. */
export function measurements(result: unknown): Measurements {
  const { latencies, ...rest } = result as Measurements;
  return {
    ...rest,
    latencies: latencies.map(({ summary, ...latency }) => ({
      ...latency,
      summary: Object.fromEntries(
        Object.entries(summary).map(([name, value]) => [name, value ?? Number.NaN]),
      ) as unknown as typeof summary,
    })),
  };
}
