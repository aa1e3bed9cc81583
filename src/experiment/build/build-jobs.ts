import {
  type MachineJob,
  type MachineUnitLock,
  PLAIN_JOB,
} from '../../hypervisor/jobs/machine-job.ts';
import type { CostLevel, UnitLock } from '../../work/job.ts';
import { costAt, walkSetup } from '../../work/job-setup.ts';
import { JobWalk, type WalkSetup } from '../../work/job-walk.ts';
import type { Setup } from '../schema/schema.ts';
import type { Streams } from './build-guest.ts';

/** The jobs of a cell as the machine carries them out; costs that are laws are drawn anew for each request. */
export function buildJobs(
  { jobs = [], jobCosts = 'typical', domains, policy }: Setup,
  streamOf: Streams,
): MachineJob[] {
  return jobs.map(({ name, job }) => {
    const { context, hit, check, locks, unitLock, masked, costs, followedBy } = job;
    const varies = Object.values(job.kinds).some(({ cost }) => 'kind' in cost);
    const fixed = varies ? undefined : walkSetup(job, jobCosts);
    return {
      ...PLAIN_JOB,
      name,
      context,
      hit,
      checksBefore: policy.before,
      locks,
      unitLock: unitLock && unitLockOf(unitLock, walkSetup(job, jobCosts), jobCosts),
      masked,
      testsEvents: check !== undefined && check.tests !== 'softirqs',
      enter: costAt(costs.enter, jobCosts),
      leave: costAt(costs.leave, jobCosts),
      finish: costAt(costs.finish, jobCosts),
      pauses: domains.findIndex((domain) => domain.name === job.pauses),
      followedBy: jobs.findIndex((other) => other.name === followedBy),
      request: (request) =>
        new JobWalk(fixed ?? walkSetup(job, jobCosts, streamOf(`jobs/${name}/${request}`))),
    };
  });
}

function unitLockOf(
  { name, held, contended }: UnitLock,
  { runs: [run], testCost }: WalkSetup,
  level: CostLevel,
): MachineUnitLock {
  return {
    name,
    outside: run.prepare + run.cost,
    test: testCost,
    held: costAt(held, level),
    contended: costAt(contended, level),
  };
}
