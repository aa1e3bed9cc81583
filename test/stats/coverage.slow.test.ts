import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { bcaInterval } from '../../src/stats/bootstrap.ts';
import { type Interval, meanInterval } from '../../src/stats/interval.ts';
import { mean } from '../../src/stats/mean.ts';
import { shiftInterval } from '../../src/stats/rank.ts';
import { fromText, values } from '../theory/study.ts';

// The intervals on what they are used for: replications of a machine. Each study is an M/M/1 queue with a mean
// sojourn of 2 us, from an empty start; the first 100 us, eight times the relaxation time, are cut. All studies are
// independent: each has its own seed.
const STUDIES = 500;
const REPLICATIONS = 16;
const TRUTH = 2000;

const { setup } = fromText(`
question: How often do 95 % intervals hold the truth?
replications: ${REPLICATIONS}
duration: 1s
machine: {costs: zero, timers: exact, scheduler: fixed-priority}
domains:
  server: {vcpus: [{guest: {name: server, arrivals: {exponential: 2us}, service: {exponential: 1us}, jobs: 850}}]}
measure: {latencies: [sojourn], warm_up: 100us}
`).cells[0];

/** The mean sojourn of each replication, by study. */
const studies = Array.from({ length: STUDIES }, (_, seed) => {
  const results = Array.from({ length: REPLICATIONS }, (_, r) => replicate(setup, seed, r));
  return Float64Array.from(values(results, 'sojourn', 'mean'));
});

/** Share of the studies whose interval holds `truth`. */
function coverage(truth: number, interval: (study: Float64Array, s: number) => Interval): number {
  const covered = studies.filter((study, s) => {
    const { lo, hi } = interval(study, s);
    return lo <= truth && truth <= hi;
  });
  return covered.length / STUDIES;
}

describe('coverage of nominal 95 % intervals over M/M/1 studies', () => {
  it('Student t: between 92.5 % and 97.2 %', () => {
    const covered = coverage(TRUTH, (study) => meanInterval(study));
    expect(covered).toBeGreaterThan(0.925);
    expect(covered).toBeLessThan(0.972);
  });

  it('rank interval of a shift: between 92.5 % and 97.2 %', () => {
    // Half of the replications against the other half: the shift is 0. With 8 and 8 values the exact interval
    // covers 95.0 %.
    const covered = coverage(0, (study) => shiftInterval(study.slice(0, 8), study.slice(8)));
    expect(covered).toBeGreaterThan(0.925);
    expect(covered).toBeLessThan(0.972);
  });

  it('BCa: less than asked for with so few replications, as its documentation says', () => {
    // Known: 92 % for 16 normal values. That is why means have Student t intervals.
    const covered = coverage(TRUTH, (study, s) =>
      bcaInterval(study, mean, randomStream(12, s, 'bootstrap').uniform, { resamples: 500 }),
    );
    expect(covered).toBeGreaterThan(0.88);
    expect(covered).toBeLessThan(0.95);
  });
});
