import { replicate } from '../../src/experiment/replication.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import { experimentOf } from './experiments.ts';
import { type Effort, fastest, timed } from './measure.ts';

/** [ms] */
const PERIODS = [10, 20, 20, 25, 40, 50, 50, 80, 100, 100];
/** Of each task; 1.2 together. */
const UTILISATION = 0.12;
const SIMULATED_S = 600;

/**
 * 10 periodic tasks with deadlines at the ends of their periods, utilisation 1.2, on 2 pCPUs under global EDF, first
 * jobs at time 0. As an experiment does it: guests on the machine, waits and sojourns measured and their causes found;
 * without costs, with exact timers, as SimSo's tasks are.
 * @returns millions of jobs per second
 */
export function edfJobs(effort: Effort): number {
  const { cells, seed } = taskSet(effort.quick ? 2 : SIMULATED_S);
  const [{ setup }] = cells;
  let jobs = 0;
  const seconds = fastest(effort, () =>
    timed(() => {
      const { latencies } = replicate(setup, seed, 0);
      jobs = latencies.find(({ kind }) => kind === 'sojourn')?.summary.count ?? Number.NaN;
    }),
  );
  return jobs / 1e6 / seconds;
}

function taskSet(simulated: number): Experiment {
  const names = PERIODS.map((_, i) => `task_${i}`);
  const deadlines = names.map((name, i) => `${name}: ${PERIODS[i]}ms`);
  const domains = names.map((name, i) => {
    const service = Math.round(PERIODS[i] * 1000 * UTILISATION);
    const guest = `{ name: server, arrivals: ${PERIODS[i]}ms, service: ${service}us }`;
    return `  ${name}: { vcpus: [{ guest: ${guest} }] }`;
  });
  const scheduler = `{ name: edf, deadlines: { ${deadlines.join(', ')} } }`;
  return experimentOf(`duration: ${simulated}s
machine: { pcpus: 2, costs: zero, timers: exact, scheduler: ${scheduler} }
domains:
${domains.join('\n')}
measure: { latencies: [wait, sojourn] }
`);
}
