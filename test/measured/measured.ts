import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { loadExperiment } from '../../src/experiment/plan/load.ts';
import { type ReplicationResult, replicate } from '../../src/experiment/replication.ts';
import type { LatencyKind } from '../../src/measure/latency-kinds.ts';

/** One tick of the guests' counter in the measurements [ns]: they know time no better. */
export const TICK = 16;

/** The rows of a recorded file. */
export function recorded(name: string): Record<string, string>[] {
  return parse(readFileSync(join('test/measured', name)), { columns: true });
}

/** Runs replication 0 of the cell of a study of experiments/measured whose id is `cell`. */
export function simulate(
  study: string,
  cell: string,
  overrides: readonly string[] = [],
): ReplicationResult {
  const loaded = loadExperiment(`experiments/measured/${study}.yaml`, overrides);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const { cells, seed } = loaded.experiment;
  const found = cells.find(({ id }) => id === cell);
  if (found === undefined) throw new Error(`${cell} is none of ${cells.map(({ id }) => id)}`);
  return replicate(found.setup, seed, 0);
}

/** Samples of one kind: when each began [ns], and how long it took [ns]. */
export function samplesOf(result: ReplicationResult, kind: LatencyKind) {
  const columns = result.samples.find((samples) => samples.kind === kind)?.columns;
  if (columns === undefined) throw new Error(`no samples of ${kind}`);
  return Array.from(columns.latency, (latency, i) => ({
    start: columns.time[i] - latency,
    latency,
  }));
}

/** Percentile of type 7 of unsorted values. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * p;
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}
