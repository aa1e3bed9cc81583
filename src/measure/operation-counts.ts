import type { Time } from '../engine/time.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import type { OperationOutcome } from '../hypervisor/toolstack/operation.ts';
import { operationText } from './operation-text.ts';

/** What the toolstack did in a run, alike operations together, and what came of it. Plain data. */
export interface OperationCount {
  /** In words: `weight of dom0: 512`. */
  readonly what: string;
  /** When it ended first, and last [ns]. */
  readonly first: Time;
  last: Time;
  /** How often it ended so. */
  readonly outcomes: Partial<Record<OperationOutcome, number>>;
}

/** In the order in which each came first. */
export function operationCounts(machine: Machine): OperationCount[] {
  const { operations, ended } = machine.toolstack;
  const counts = new Map<string, OperationCount>();
  ended.forEach(({ at, outcome }, index) => {
    const what = operationText(machine, operations[index].operation);
    const count = counts.get(what) ?? { what, first: at, last: at, outcomes: {} };
    counts.set(what, count);
    count.last = at;
    count.outcomes[outcome] = (count.outcomes[outcome] ?? 0) + 1;
  });
  return [...counts.values()];
}
