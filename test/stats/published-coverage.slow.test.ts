import { describe, expect, it } from 'vitest';
import { fromText } from '../theory/study.ts';
import { coverages, publishedIntervals } from './coverage-study.ts';

/*
 * The intervals of answers and tables, made by the code that makes those, on studies of the machine: independent ones, each with its
 * seed, against one of a hundred times the replications. Two policies share their random numbers; what makes the difference is rare.
 */

const STUDIES = Number(process.env.COVERAGE_STUDIES ?? 400);
/** Never narrower than what was not seen would move them (rule of three): they cover more than they say. */
const WIDE = /^difference|^ratio/;

/** How often as many replications the study has that is taken for the truth. */
const TRUTH = 100;

const common = (machine: string) => `
question: How often do intervals hold the truth?
machine: ${machine}
compare: {baseline: upstream, metrics: [mean, p50], margin: {absolute: 1us, relative: 1%}}
`;

/** Random moments: flushes of 512 pages every 8 ms, and a guest whose timer expires in one of them now and then. */
const PLAIN = `${common('{costs: zcu102-a53, scheduler: {name: credit, ratelimit: 0}}')}
replications: 32
duration: 45ms
domains:
  flusher: {memory: {ram: 2MiB, block: 4KiB}, vcpus: [{guest: {name: set-way-flusher, period: 8ms}}]}
  waker: {vcpus: [{guest: {name: poisson-waker, mean: 1ms, run: 20us}}]}
policies: {upstream: {before: true, during: {threshold: 512}}, never: {before: false, during: never}}
measure: {latencies: [virq], warm_up: 5ms}
`;

/** The window before a flush sampled as often as one likes, and not hit exactly. */
const SAMPLED = `${common(`{timer_slop: 0, costs: {profile: zero, page: 1us, handle_set_way: 40us},
  scheduler: {name: fixed-priority, priorities: {probe: 1}}}`)}
replications: 64
duration: 1050ms
domains:
  flusher: {memory: {ram: 832KiB, block: 4KiB}, vcpus: [{guest: {name: set-way-flusher, period: 1s}}]}
  probe: {vcpus: [{guest: {name: periodic-waker, period: 2s}}]}
sampling:
  guest: probe
  after: flusher
  to: 40ms
  windows: [{from: 0, to: 60us, share: 50%}, {from: 60us, to: 260us, share: 40%}]
policies: {upstream: {before: true, during: {threshold: 512}}, during-only: {before: false, during: {threshold: 512}}}
measure: {latencies: [softirq_flush]}
`;

describe.each([
  ['random moments', PLAIN, 'virq'],
  ['sampled moments', SAMPLED, 'softirq_flush'],
] as const)('95 %% intervals of published numbers, %s', (name, text, kind) => {
  const study = fromText(text);
  const truth = publishedIntervals(study, 1_000_000, TRUTH * study.replications, kind);
  const found = coverages(
    truth,
    Array.from({ length: STUDIES }, (_, seed) =>
      publishedIntervals(study, seed, study.replications, kind),
    ),
  );
  // What never varies has no interval.
  const varies = Object.entries(found).filter(
    ([what]) => truth[what].hi - truth[what].lo > 1e-6 * truth[what].estimate,
  );
  for (const [what, { covered, given }] of varies) {
    console.log(`${name}: ${what}: ${(100 * covered).toFixed(1)} % of ${given}`);
  }

  it.each(varies)('%s', (what, { covered, given }) => {
    expect(given).toBeGreaterThan(0.9 * STUDIES);
    expect(covered).toBeGreaterThan(0.925);
    expect(covered).toBeLessThanOrEqual(WIDE.test(what) ? 1 : 0.975);
  });
});
