import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { replicate } from '../../src/experiment/replication.ts';
import { pairedDifference } from '../../src/stats/paired.ts';
import { fromFile } from '../theory/study.ts';
import { COLUMNS, LOADS, predictionInterval, rowText, THEIRS } from './concord.ts';

const RESULTS = 'results/literature/concord/latency.csv';
const rows: Record<string, string>[] = parse(readFileSync(RESULTS), { columns: true });

/** The statistic of each replication of a cell, as a slowdown. */
function slowdowns(load: string, preemption: string, statistic: 'mean_ns' | 'p99_ns'): number[] {
  return rows
    .filter((row) => row.load === load && row.preemption === preemption && !row.vcpu)
    .map((row) => Number(row[statistic]) / 1000);
}

/** Cells whose runs are too short, or that have no steady state: docs/validation.md. */
const OPEN = [
  '0.8 cost-1us',
  ...['0.9 late-1us', '0.9 late-2us', '0.9 cost-1us'],
  ...COLUMNS.map((column) => `0.95 ${column}`),
];

describe("Concord's table, as published in results/literature/concord", () => {
  it('is what the machine gives', () => {
    const { cells, seed } = fromFile('literature/concord.yaml');
    const cell = cells.find(({ id }) => id.endsWith('load=0.5/preemption=none'));
    if (cell === undefined) throw new Error('no such cell');
    const { summary } = replicate(cell.setup, seed, 0).latencies[0];
    const [first] = rows.filter((row) => row.cell === cell.id);
    expect(first).toMatchObject({ kind: 'slowdown', count: String(summary.count) });
    expect(Number(first.p99_ns)).toBeCloseTo(summary.p99, 2);
    expect(Number(first.mean_ns)).toBeCloseTo(summary.mean, 2);
  });

  it('is the one in the documents', () => {
    const document = readFileSync('docs/validation.md', 'utf8');
    for (const load of LOADS) {
      const cells = COLUMNS.map((column) => slowdowns(load, column, 'p99_ns'));
      expect(document).toContain(rowText(load, cells));
    }
  });

  it('holds the values of the original, but for those that the documents explain', () => {
    const outside = LOADS.flatMap((load) =>
      COLUMNS.filter((column) => {
        const { lo, hi } = predictionInterval(slowdowns(load, column, 'p99_ns'));
        const theirs = THEIRS[load][COLUMNS.indexOf(column)];
        return theirs < lo || theirs > hi;
      }).map((column) => `${load} ${column}`),
    );
    expect(outside).toEqual(OPEN);
  });

  it('says what one seed got the wrong way round: at load 0.95 a later preemption is not better', () => {
    const exact = slowdowns('0.95', 'exact', 'p99_ns');
    const late = slowdowns('0.95', 'late-2us', 'p99_ns');
    const { lo } = pairedDifference(late, exact);
    expect(lo).toBeGreaterThan(0);
  });
});
