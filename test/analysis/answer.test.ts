import { describe, expect, it } from 'vitest';
import { answerText } from '../../src/analysis/answer.ts';
import { compareAll } from '../../src/analysis/comparison.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { cellResult } from '../../src/experiment/study.ts';
import { replicationsNeeded } from '../../src/stats/equivalence.ts';
import { pairedDifference } from '../../src/stats/paired.ts';
import { fromText } from '../theory/study.ts';

const experiment = fromText(`
question: q
replications: 4
duration: 1ms
machine: {costs: zero}
domains: {waker: {vcpus: [{guest: {name: periodic-waker, period: 100us}}]}}
policies: {a: {before: true, during: never}, b: {before: false, during: never}}
measure: {latencies: [virq]}
compare: {baseline: a, metrics: [mean], margin: {absolute: 1us, relative: 0%}}
questions:
  - {ask: Is b like a?, policy: b, kinds: [virq], equivalent: "Yes.", worse: "No.", better: "No.", mixed: "No."}
`);

/** The answer if the mean latencies of the replications were these [us]. */
function answer(a: readonly number[], b: readonly number[]): string {
  const results = experiment.cells.map((cell, policy) => {
    const outcomes = [a, b][policy].map((us, replication) => {
      const result = replicate(cell.setup, experiment.seed, replication);
      const [{ summary, ...rest }] = result.latencies;
      const latencies = [{ ...rest, summary: { ...summary, mean: 1000 * us } }];
      return { ok: true as const, replication, result: { ...result, latencies } };
    });
    return cellResult(cell, outcomes);
  });
  return answerText(experiment, results, compareAll(experiment, results), 'preemptlab run x.yaml');
}

describe('answerText', () => {
  it('says how many replications more would settle what is inconclusive', () => {
    const a = [10, 20, 30, 40];
    const b = [12, 19, 33, 40];
    const needed = replicationsNeeded(pairedDifference(b, a), 1);
    expect(needed).toBeGreaterThan(10);
    expect(answer(a, b)).toContain(
      `1 inconclusive of 1 settings; replications needed to settle all: about ${Number(needed.toPrecision(2))} more |`,
    );
  });

  it('does not when there are too few values to say', () => {
    expect(answer([10], [15])).toContain('1 inconclusive of 1 settings |');
  });

  it('says nothing of the kind where all is settled', () => {
    expect(answer([10, 20, 30, 40], [10, 20, 30.1, 40])).toContain('1 equivalent of 1 settings |');
  });
});
