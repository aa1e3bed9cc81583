import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ReplicationResult } from '../../src/experiment/replication.ts';
import type { LatencyKind } from '../../src/measure/latency-kinds.ts';
import type { Metric } from '../../src/measure/metrics.ts';
import { meanInterval } from '../../src/stats/interval.ts';
import { plusMinus } from '../plus-minus.ts';
import { fromFile, runCell, values } from './study.ts';

/** File, cell, kind and statistic [ns], and what theory says. */
export type Check = readonly [string, string, LatencyKind, Metric, number];

const cache = new Map<string, ReplicationResult[]>();

/** All replications of a cell of a file of experiments/theory. */
export function results(file: string, cell: string): ReplicationResult[] {
  const key = `${file}/${cell}`;
  const known = cache.get(key) ?? runCell(fromFile(`theory/${file}.yaml`), cell);
  cache.set(key, known);
  return known;
}

/** How many of `n` checks may miss: chance exceeds it with less than 0.5 %. */
function missesAllowed(n: number): number {
  let term = 0.95 ** n;
  let below = term;
  let k = 0;
  while (below < 0.995) {
    term *= ((n - k) / (k + 1)) * (0.05 / 0.95);
    below += term;
    k++;
  }
  return k;
}

/**
 * Checks closed forms on the machine. Seeds are the numbers of the files, fixed before the first run. Of 95 % intervals
 * one in twenty misses; so each check demands its 99.9 % interval, and all together that not more of the 95 % intervals
 * miss than chance allows.
 */
export function holdClosedForms(checks: readonly Check[]): void {
  describe('closed forms', () => {
    const missed: string[] = [];
    const document = readFileSync('docs/validation.md', 'utf8');

    it.each(checks)('%s %s: %s %s is %d', (file, cell, kind, metric, theory) => {
      const found = values(results(file, cell), kind, metric);
      const nominal = meanInterval(found);
      const misses = nominal.lo > theory || nominal.hi < theory;
      if (misses) missed.push(`${file} ${cell} ${metric}`);
      expect(document).toContain(`| ${plusMinus(nominal, 1000)}${misses ? ' *' : ''} |`);
      const wide = meanInterval(found, 0.999);
      expect(wide.lo).toBeLessThanOrEqual(theory);
      expect(wide.hi).toBeGreaterThanOrEqual(theory);
      // An interval that holds everything would show nothing.
      expect((nominal.hi - nominal.lo) / 2).toBeLessThan(0.12 * theory);
    });

    it('are held by 95 % intervals at the nominal rate', () => {
      expect(missed.length, missed.join(', ')).toBeLessThanOrEqual(missesAllowed(checks.length));
    });
  });
}
