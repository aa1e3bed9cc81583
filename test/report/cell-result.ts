import type { CellResult, Outcome } from '../../src/experiment/outcome.ts';
import type { Cell } from '../../src/experiment/schema/schema.ts';

/** The results of a cell from its outcomes in memory, in order of their replications from 0. */
export function cellResult(cell: Cell, outcomes: readonly Outcome[]): CellResult {
  return {
    cell,
    outcomes,
    values: (kind, metric) =>
      Float64Array.from(outcomes, (outcome) => {
        if (!outcome.ok) return Number.NaN;
        const found = outcome.result.latencies.find((latency) => latency.kind === kind);
        return found === undefined || found.summary.count === 0
          ? Number.NaN
          : found.summary[metric];
      }),
  };
}
