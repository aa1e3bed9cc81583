import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';
import { closest } from '../../input/closest.ts';
import type { Problem } from '../../input/problems.ts';
import { locate, type Node, problemAt } from '../../input/tree.ts';
import { type Validated, validate } from '../../input/validate.ts';
import { CAUSES, JOBS_MAX } from '../../measure/causes.ts';
import { catalogueNames, findJob } from '../../work/catalogue/catalogue.ts';
import { checkJob, checkLockOrder } from '../../work/check-job.ts';
import type { LongWork } from '../../work/job.ts';
import type { DomainFile } from '../schema/domain-schema.ts';
import { jobFileSchema } from '../schema/job-schema.ts';
import type { NamedJob } from '../schema/schema.ts';
import type { Finding } from './checks.ts';

/** The jobs of a file by name, in file order; none if it has none. */
export function namesOfJobs(root: Node): string[] {
  const { node } = locate(root, ['jobs']);
  return node?.kind === 'mapping' ? [...node.entries.keys()] : [];
}

/** Reads the jobs of a cell, those of the catalogue as the version of Xen has them; of wrong ones all that is wrong is told. */
export function readJobs(root: Node, xen: XenVersion): Validated<readonly NamedJob[]> {
  const problems: Problem[] = [];
  const findings: Finding[] = [];
  const jobs: NamedJob[] = [];
  for (const name of namesOfJobs(root)) {
    const read = validate(jobFileSchema, root, ['jobs', name]);
    if (!read.ok) {
      problems.push(...read.problems);
      continue;
    }
    const file = read.value;
    const job = 'like' in file ? findJob(file.like, xen) : file;
    if (job === undefined) findings.push(unknown(name, 'like' in file ? file.like : name, xen));
    else jobs.push({ name, job: 'like' in file ? { ...job, ...file.changes } : job });
  }
  findings.push(...checkNames(jobs), ...jobs.flatMap(({ name, job }) => checkOne(name, job)));
  findings.push(...checkFollowing(jobs, namesOfJobs(root)));
  const byName = Object.fromEntries(jobs.map(({ name, job }) => [name, job]));
  for (const { path, message } of checkLockOrder(byName)) {
    findings.push({ path: ['jobs', ...path], complaint: { message } });
  }
  for (const { path, complaint } of findings) {
    problems.push(problemAt(locate(root, path).origin, path, complaint));
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: jobs };
}

function unknown(name: string, like: string, xen: XenVersion): Finding {
  const names = catalogueNames(xen);
  const allowed = names.join(', ');
  const message = catalogueNames().includes(like)
    ? `Xen ${xen} has no job ${like}`
    : `there is no job ${like} in the catalogue`;
  const suggestion = closest(like, names);
  const complaint = { message, found: like, allowed, ...(suggestion && { suggestion }) };
  return { path: ['jobs', name], complaint };
}

function checkOne(name: string, job: LongWork): Finding[] {
  return checkJob(job).map(({ path, message }) => ({
    path: ['jobs', name, ...path],
    complaint: { message },
  }));
}

/** Names of jobs are names of causes and parts of those of counters and kinds. */
function checkNames(jobs: readonly NamedJob[]): Finding[] {
  const findings: Finding[] = [];
  if (jobs.length > JOBS_MAX) {
    const message = `expected at most ${JOBS_MAX} jobs, found ${jobs.length}`;
    findings.push({ path: ['jobs'], complaint: { message } });
  }
  const taken: readonly string[] = [...CAUSES, 'schedule', 'all', 'tail'];
  for (const { name } of jobs) {
    if (!taken.includes(name) && !name.startsWith('behind_')) continue;
    const message = `a job cannot be called ${name}: the results have that already`;
    findings.push({ path: ['jobs', name], complaint: { message } });
  }
  return findings;
}

/** What is queued when a job is done is done by a softirq, a tasklet or the idle loop. */
function checkFollowing(jobs: readonly NamedJob[], names: readonly string[]): Finding[] {
  const queued = ['softirq', 'tasklet', 'idle'];
  const unable = jobs.filter(({ job }) => !queued.includes(job.context)).map(({ name }) => name);
  // One that is wrong itself may be meant.
  const able = names.filter((name) => !unable.includes(name));
  return jobs.flatMap(({ name, job: { followedBy } }) => {
    if (followedBy === undefined || able.includes(followedBy)) return [];
    const message = `${followedBy} is no job in context softirq, tasklet or idle: nobody would do it`;
    const allowed = able.join(', ');
    return [
      { path: ['jobs', name, 'followed_by'], complaint: { message, found: followedBy, allowed } },
    ];
  });
}

/** Checks that a level changes jobs, and does not add any: results have columns for each. */
export function checkSameJobs(root: Node, jobs: readonly string[]): Finding[] {
  return namesOfJobs(root)
    .filter((name) => !jobs.includes(name))
    .map((name) => {
      const message = `a level cannot add the job ${name}: name it under jobs, which all cells have`;
      return { path: ['jobs', name], complaint: { message, allowed: jobs.join(', ') } };
    });
}

/** Checks that the jobs that guests ask for exist, and that the domains that these pause do and are others. */
export function checkWork(
  names: readonly string[],
  domains: readonly DomainFile[],
  jobs: readonly string[],
  known: readonly NamedJob[],
): Finding[] {
  const findings = known.flatMap(({ name, job: { pauses } }): Finding[] => {
    if (pauses === undefined || names.includes(pauses)) return [];
    const message = `${pauses} is no domain`;
    const complaint = { message, found: pauses, allowed: names.join(', ') };
    return [{ path: ['jobs', name, 'pauses'], complaint }];
  });
  domains.forEach(({ vcpus }, d) => {
    vcpus.forEach(({ guest }, v) => {
      if (guest.name !== 'program') return;
      guest.ops.forEach((op, i) => {
        if (op[0] !== 'work') return;
        const path = ['domains', names[d], 'vcpus', v, 'guest', 'ops', i, 1];
        const message = wrongWork(op[1], names[d], jobs, known);
        if (message !== undefined) findings.push({ path, complaint: { message } });
      });
    });
  });
  return findings;
}

function wrongWork(
  asked: string,
  domain: string,
  jobs: readonly string[],
  known: readonly NamedJob[],
): string | undefined {
  if (!jobs.includes(asked)) return `${asked} is no job: expected one of ${jobs.join(', ')}`;
  const job = known.find(({ name }) => name === asked)?.job;
  if (job?.context === 'boot') return `${asked} is done at boot: no guest can ask for it`;
  if (job?.pauses !== domain) return undefined;
  return `${asked} pauses ${domain}, which asks for it: it would wait for itself for ever`;
}
