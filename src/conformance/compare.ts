import { isDeepStrictEqual } from 'node:util';

/** Records shown before and after the first difference. */
const CONTEXT = 10;

/** Where two lists of records first differ. */
export interface Difference {
  /** Line number in the recorded trace, from 1. */
  readonly line: number;
  /** The record of Xen's code; undefined: the trace has ended. */
  readonly expected: string | undefined;
  /** The simulator's; undefined: it has ended. */
  readonly actual: string | undefined;
  /** The records before, on which both agree. */
  readonly before: readonly string[];
  /** The records of Xen's code that follow. */
  readonly after: readonly string[];
}

/**
 * Compares records as JSON values: same records, same order, same fields.
 * @returns the first difference, undefined if they agree completely
 */
export function firstDifference(
  expected: readonly string[],
  actual: readonly string[],
): Difference | undefined {
  const length = Math.max(expected.length, actual.length);
  for (let i = 0; i < length; i++) {
    if (sameRecord(expected[i], actual[i])) continue;
    return {
      line: i + 1,
      expected: expected[i],
      actual: actual[i],
      before: expected.slice(Math.max(0, i - CONTEXT), i),
      after: expected.slice(i + 1, i + 1 + CONTEXT),
    };
  }
  return undefined;
}

function sameRecord(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  // Equal text is the usual case; the order of keys does not matter.
  return isDeepStrictEqual(parse(a), parse(b));
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

/** The difference as text: ten records of context, then what Xen's code did and what the simulator did. */
export function formatDifference({ line, expected, actual, before, after }: Difference): string {
  const numbered = (from: number, mark: string, records: readonly string[]) =>
    records.map((record, i) => `  ${String(from + i).padStart(6)} ${mark} ${record}`);
  return [
    ...numbered(line - before.length, ' ', before),
    ...numbered(line, 'x', [expected ?? '(the recorded trace has ended)']),
    ...numbered(line, 's', [actual ?? '(the simulator has ended)']),
    ...numbered(line + 1, ' ', after),
    '  x = recorded from Xen, s = this simulator',
  ].join('\n');
}
