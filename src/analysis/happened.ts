import { type OperationOutcome, OUTCOMES } from '../hypervisor/toolstack/operation.ts';
import type { OperationCount } from '../measure/operation-counts.ts';
import { OUTCOME_TEXTS } from '../measure/operation-text.ts';
import type { Digest } from './digest.ts';
import { timeText } from './time-text.ts';

/** Cells named in a row. */
const CELLS_MAX = 3;

/** Takes in what the toolstack did in one more replication of a cell. */
export function addOperations(
  sums: Map<string, OperationCount>,
  operations: readonly OperationCount[],
): void {
  for (const { what, first, last, outcomes } of operations) {
    const sum = sums.get(what);
    const counts = OUTCOMES.flatMap((outcome) => {
      const count = (sum?.outcomes[outcome] ?? 0) + (outcomes[outcome] ?? 0);
      return count === 0 ? [] : [[outcome, count] as const];
    });
    sums.set(what, {
      what,
      first: Math.min(sum?.first ?? first, first),
      last: Math.max(sum?.last ?? last, last),
      outcomes: Object.fromEntries(counts),
    });
  }
}

/** The section of answer.md that says what happened to the machines while they ran; empty if nothing did. */
export function happenedSection(digests: readonly Digest[]): string[] {
  const rows = new Map<string, string[]>();
  for (const { cell, operations } of digests) {
    for (const { what, first, last, outcomes } of operations.values()) {
      const [from, to] = [timeText(first), timeText(last)];
      const others = notDone(outcomes);
      const cells = [
        what,
        from === to ? from : `${from} to ${to}`,
        `${outcomes.done ?? 0}`,
        others,
      ];
      const row = cells.join(' | ');
      rows.set(row, [...(rows.get(row) ?? []), cell.id]);
    }
  }
  if (rows.size === 0) return [];
  const lines = [...rows].map(([row, ids]) => `| ${row} | ${cellsText(ids, digests.length)} |`);
  return [
    '## What happened to the machines',
    '',
    'In all replications; `trace` marks it on timelines.',
    '',
    '| event | at | done | not done | cells |',
    '| --- | --- | ---: | --- | --- |',
    ...lines,
  ];
}

/** How often an operation had no effect, and why; empty if it always had. */
export function notDone(outcomes: OperationCount['outcomes']): string {
  const failed = OUTCOMES.filter((outcome) => outcome !== 'done' && outcomes[outcome]);
  return failed.map((outcome) => countOf(outcome, outcomes)).join(', ');
}

function countOf(outcome: OperationOutcome, outcomes: OperationCount['outcomes']): string {
  return `${OUTCOME_TEXTS[outcome]}: ${outcomes[outcome]}`;
}

function cellsText(ids: readonly string[], all: number): string {
  if (ids.length === all) return 'all';
  const more = ids.length > CELLS_MAX ? `, and ${ids.length - CELLS_MAX} more` : '';
  return ids.slice(0, CELLS_MAX).join(', ') + more;
}
