import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { measureInChild } from './child.ts';
import { rounded } from './measure.ts';
import type { Row } from './table.ts';

const ROUNDS = 5;

/** Ours against a yardstick: of a C++ program's case `theirs` of size `n`. */
interface Ratio {
  readonly name: string;
  readonly floor: number;
  readonly aim: number;
  readonly ours: string;
  readonly theirs: string;
  readonly n?: number;
}

const RATIOS: readonly Ratio[] = [
  // The same algorithm in C++: what the language costs.
  { name: 'ratios.hold.16', ours: 'hold.16', theirs: 'khold', n: 16, floor: 0.6, aim: 0.75 },
  { name: 'ratios.hold.256', ours: 'hold.256', theirs: 'khold', n: 256, floor: 0.6, aim: 0.75 },
  { name: 'ratios.hold.4096', ours: 'hold.4096', theirs: 'khold', n: 4096, floor: 0.7, aim: 0.85 },
  // std::priority_queue: what one would write in C++.
  { name: 'ratios.hold_pq.16', ours: 'hold.16', theirs: 'pq', n: 16, floor: 1, aim: 1.2 },
  { name: 'ratios.hold_pq.256', ours: 'hold.256', theirs: 'pq', n: 256, floor: 1, aim: 1.2 },
  { name: 'ratios.hold_pq.4096', ours: 'hold.4096', theirs: 'pq', n: 4096, floor: 1, aim: 1.2 },
  { name: 'ratios.mm1', ours: 'mm1', theirs: 'kmm1', floor: 0.25, aim: 0.4 },
];

/** A line of the yardsticks' output. */
interface YardstickLine {
  readonly case: string;
  readonly n?: number;
  readonly r: { readonly events: number; readonly s: number };
}

/** Rates in one round [millions of events per second]. */
interface Round {
  readonly ours: number;
  readonly theirs: number;
}

/**
 * Ratios of our figures to the C++ yardsticks of `folder`, taking turns: both are timed once per round, and the best of
 * each counts. What else the machine does makes a run slower, never faster, and the runs are short, so the best of 5
 * is nearly undisturbed; the ratio within a round depends on who was disturbed (the spread tells how much).
 */
export function ratios(folder: string): Row[] {
  const work = mkdtempSync(join(tmpdir(), 'preemptlab-yardstick-'));
  try {
    // Compiles, and makes the inputs.
    runYardsticks(folder, work);
    const rounds = Array.from({ length: ROUNDS }, () => round(folder, work));
    return RATIOS.map(({ name, floor, aim }, i): Row => {
      const of = rounds.map((ratios) => ratios[i]);
      const best = (side: keyof Round) => Math.max(...of.map((rates) => rates[side]));
      const each = of.map(({ ours, theirs }) => ours / theirs);
      const spread = `${rounded(Math.min(...each))} to ${rounded(Math.max(...each))}`;
      const value = best('ours') / best('theirs');
      return { name, unit: 'of C++', better: 'higher', value, spread, floor, aim };
    });
  } finally {
    rmSync(work, { recursive: true });
  }
}

function round(folder: string, work: string): Round[] {
  const lines = runYardsticks(folder, work);
  const names = [...new Set(RATIOS.map(({ ours }) => ours))];
  const rates = new Map(names.map((name) => [name, measured(name)]));
  return RATIOS.map(({ ours, theirs, n }) => {
    const line = lines.find((candidate) => candidate.case === theirs && candidate.n === n);
    if (line === undefined) throw new Error(`the yardsticks of ${folder}: no ${theirs} ${n ?? ''}`);
    return { ours: rates.get(ours) ?? Number.NaN, theirs: line.r.events / 1e6 / line.r.s };
  });
}

function measured(name: string): number {
  return measureInChild('.', name, 1) ?? Number.NaN;
}

function runYardsticks(folder: string, work: string): YardstickLine[] {
  const output = execFileSync('bash', [join(resolve(folder), 'run.sh'), work], {
    encoding: 'utf8',
  });
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
