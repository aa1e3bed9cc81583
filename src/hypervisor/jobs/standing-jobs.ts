import type { PreemptionPolicy } from '../ports.ts';
import { deferredJob } from './deferred-job.ts';
import { flushJob } from './flush-job.ts';
import type { StandingJob } from './machine-job.ts';

/** The jobs of which every vCPU has a request, under `policy`: what is listed here the rest knows by its data alone. */
export function standingJobs(policy: PreemptionPolicy): StandingJob[] {
  return [deferredJob(policy), flushJob(policy)];
}
