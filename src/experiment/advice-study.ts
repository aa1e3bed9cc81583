import type { FlushedMemory } from '../work/advice.ts';
import type { ProfileSource } from './plan/cost-profile.ts';
import { type LoadResult, readExperiment } from './plan/parse.ts';
import { replicate } from './replication.ts';
import type { Experiment, Setup } from './schema/schema.ts';

/** What advice is checked on: a guest flushes its memory once, and one timer expires in the window that is sampled. */
const STUDY = `question: Does a softirq wait as long as the arithmetic says?
replications: 1000
duration: 1s
machine: {xen: '4.12', scheduler: credit2, timer_slop: 0}
domains:
  guest: {vcpus: [{guest: {name: set-way-flusher, period: 1000s, phase: 60ms}}]}
  probe: {vcpus: [{guest: {name: periodic-waker, period: 2000s}}]}
sampling: {guest: probe, after: guest, to: 1s, windows: [{from: 0, to: 1s, share: 100%}]}
policies: {checked: {before: true, during: {threshold: 512}}}
measure: {latencies: [softirq_flush]}
`;

/** The study with values of its own: `machine.costs=zcu102-a53`, `domains.guest.memory.ram=1GiB`. */
export function adviceStudy(profiles: ProfileSource, overrides: readonly string[]): LoadResult {
  return readExperiment('advice.yaml', STUDY, profiles, overrides);
}

/** The memory that its guest flushes; pages of the first block size where there are several. */
export function flushedMemory({ domains }: Setup): FlushedMemory {
  const ram = domains[0].memory.filter(({ type }) => type === 'ram');
  const pages = ram.reduce((sum, { count, order }) => sum + count * 2 ** order, 0);
  return { pages, blockPages: Math.min(...ram.map(({ order }) => 2 ** order)) };
}

/**
 * The longest wait of a softirq [ns] in simulated flushes: one is raised in each, somewhere in the window that is sampled.
 */
export function simulatedWorst({ cells, seed, replications }: Experiment): number {
  let worst = 0;
  for (let replication = 0; replication < replications; replication++) {
    const [{ summary }] = replicate(cells[0].setup, seed, replication).latencies;
    if (summary.count > 0) worst = Math.max(worst, summary.max);
  }
  return worst;
}
