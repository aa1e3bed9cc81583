import { describe, expect, it } from 'vitest';
import { answerText } from '../../src/analysis/answer.ts';
import { compareAll } from '../../src/analysis/comparison.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { cellResult } from '../../src/experiment/study.ts';
import { encodeCounts } from '../../src/stats/bucket-counts.ts';
import { replicationsNeeded } from '../../src/stats/equivalence.ts';
import { pairedDifference } from '../../src/stats/paired.ts';
import { summarise } from '../../src/stats/quantiles.ts';
import { fromText } from '../theory/study.ts';

const experiment = fromText(`
question: q
replications: 8
duration: 1ms
machine: {costs: zero}
domains: {waker: {vcpus: [{guest: {name: periodic-waker, period: 100us}}]}}
policies: {a: {before: true, during: never}, b: {before: false, during: never}}
measure: {latencies: [virq]}
compare: {baseline: a, metrics: [mean], margin: {absolute: 1us, relative: 0%}}
questions:
  - {ask: Is b like a?, policy: b, kinds: [virq], equivalent: "Yes.", worse: "No.", better: "No.", mixed: "No."}
`);

/** Samples of a replication: enough that three more would not matter. */
const SAMPLES = 10_000;

/** The answer if all samples of a replication were of this latency [us]. */
function answer(a: readonly number[], b: readonly number[], samples = SAMPLES): string {
  const results = experiment.cells.map((cell, policy) => {
    const outcomes = [a, b][policy].map((us, replication) => {
      const result = replicate(cell.setup, experiment.seed, replication);
      const sample = new Float64Array(samples).fill(1000 * us);
      const summary = summarise(sample);
      const latencies = [{ ...result.latencies[0], summary, histogram: encodeCounts(sample) }];
      return { ok: true as const, replication, result: { ...result, latencies } };
    });
    return cellResult(cell, outcomes);
  });
  return answerText(experiment, results, compareAll(experiment, results), 'preemptlab run x.yaml');
}

const BASE = [10, 20, 30, 40, 50, 60, 70, 80];
const moved = (by: readonly number[]) => BASE.map((us, i) => us + by[i % by.length]);

describe('answerText', () => {
  it('claims nothing that three samples which were not seen could change', () => {
    expect(answer(BASE, moved([0.1, 0.2]), 10)).toContain('1 undecided of 1');
  });

  it('says how many replications more would settle what is undecided', () => {
    const b = moved([2, -1, 3, 0.5]);
    const needed = replicationsNeeded(pairedDifference(b, BASE), 1);
    expect(needed).toBeGreaterThan(10);
    expect(answer(BASE, b)).toContain(
      `the interval crosses the margin; replications needed to settle all: about ${Number(needed.toPrecision(2))} more`,
    );
  });

  it('gives no verdict from fewer than 8 pairs', () => {
    const seven = answer(BASE.slice(0, 7), moved([100]).slice(0, 7));
    expect(seven).toContain('1 undecided of 1');
    expect(seven).toContain(
      'fewer than 8 replications with samples; replications needed to settle all: about 1 more',
    );
    expect(answer(BASE, moved([100, 101]))).toContain('1 worse of 1');
  });

  it('takes a difference that few replications have for unknown, not for nothing', () => {
    const none = answer(BASE, BASE);
    expect(none).toContain('1 undecided of 1; undecided: fewer than 8 replications differ');
    // 1 - 0.05^(1/8).
    expect(none).toContain('0 of 8 replications differ, so at most 31 % of all do');
    const one = answer(BASE, moved([0, 0, 0, 0, 0, 0, 0, 0.4]));
    expect(one).toContain('1 of 8 replications differ, so at most 53 % of all do; +50 ns of 45 us');
    expect(one).toContain('replications needed to settle all: about 56 more');
  });

  it('calls equivalent what lies within the margin, and says nothing of more replications', () => {
    const text = answer(BASE, moved([0.1, 0.2]));
    expect(text).toContain('1 equivalent of 1 |');
    expect(text).not.toContain('replications needed');
  });

  it('calls worse or better only what lies beyond the margin', () => {
    // Significantly above 0, but not above 1 us.
    expect(answer(BASE, moved([1.4, 0.7]))).toContain('1 undecided of 1');
    expect(answer(BASE, moved([1.4, 1.2]))).toContain('1 worse of 1');
    expect(answer(BASE, moved([-1.4, -1.2]))).toContain('1 better of 1');
  });
});
