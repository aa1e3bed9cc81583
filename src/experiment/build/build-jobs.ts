import type { MachineJob } from '../../hypervisor/jobs/machine-job.ts';
import { costAt, walkSetup } from '../../work/job-setup.ts';
import { JobWalk } from '../../work/job-walk.ts';
import type { Setup } from '../schema/schema.ts';
import type { Streams } from './build-guest.ts';

/** The jobs of a cell as the machine carries them out; costs that are laws are drawn anew for each request. */
export function buildJobs(
  { jobs = [], jobCosts = 'typical' }: Setup,
  streamOf: Streams,
): MachineJob[] {
  return jobs.map(({ name, job }) => {
    const { context, hit, check, locks, masked, costs, followedBy } = job;
    const varies = Object.values(job.kinds).some(({ cost }) => 'kind' in cost);
    const fixed = varies ? undefined : walkSetup(job, jobCosts);
    return {
      name,
      context,
      hit,
      locks,
      masked,
      testsEvents: check !== undefined && check.tests !== 'softirqs',
      enter: costAt(costs.enter, jobCosts),
      leave: costAt(costs.leave, jobCosts),
      finish: costAt(costs.finish, jobCosts),
      followedBy: jobs.findIndex((other) => other.name === followedBy),
      request: (request) =>
        new JobWalk(fixed ?? walkSetup(job, jobCosts, streamOf(`jobs/${name}/${request}`))),
    };
  });
}
