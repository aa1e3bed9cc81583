import { z } from 'zod';
import { jobSchema } from '../experiment/schema/job-schema.ts';
import { checkJob } from '../work/check-job.ts';
import type { LongWork } from '../work/job.ts';
import { walkSetup } from '../work/job-setup.ts';
import { JobWalk } from '../work/job-walk.ts';
import { explainIssues } from './scenario-issues.ts';

/** What a scenario asks of a run of the job. */
const TOLD = ['checks', 'calls', 'tests', 'visits', 'hits', 'ends'] as const;

const runSchema = z.object({
  /** When a test finds something: never, always, or at these tests, counted from 0 over all calls. */
  pending: z.union([z.enum(['never', 'always']), z.array(z.number().int().min(0))]),
  tell: z.array(z.enum(TOLD)).min(1),
});

const schema = z.object({
  name: z.string(),
  /** Where the expected records are from. */
  origin: z.string(),
  job: jobSchema,
  runs: z.array(runSchema).min(1),
});

/** A vector of a check rule: a job, and what was pending when. */
export interface JobScenario {
  readonly name: string;
  readonly job: LongWork;
  readonly runs: readonly z.output<typeof runSchema>[];
}

/** Reads a scenario of a job. @returns it, or what is wrong with it, for people */
export function parseJobScenario(
  json: unknown,
): { ok: true; scenario: JobScenario } | { ok: false; problem: string } {
  const parsed = schema.safeParse(json);
  if (!parsed.success) return { ok: false, problem: explainIssues(parsed.error) };
  const findings = checkJob(parsed.data.job);
  if (findings.length === 0) return { ok: true, scenario: parsed.data };
  const told = findings.map(({ path, message }) => `job.${path.join('.')}: ${message}`);
  return { ok: false, problem: told.join('\n') };
}

/** Calls after which a run is given up; one that makes no progress is noticed at once. */
const CALLS_MAX = 2 ** 20;

/** Does the job call by call, as its caller would, and returns a record for each run, as JSON. */
export function runJobScenario({ job, runs }: JobScenario): string[] {
  return runs.map(({ pending, tell }) => {
    const isHit = (test: number) =>
      typeof pending === 'string' ? pending === 'always' : pending.includes(test);
    const told = carryOut(job, isHit, pending === 'always');
    const record = { pending, ...Object.fromEntries(tell.map((what) => [what, told[what]])) };
    return JSON.stringify(record);
  });
}

type Told = Record<(typeof TOLD)[number], unknown>;

function carryOut(job: LongWork, isHit: (test: number) => boolean, isAlways: boolean): Told {
  const walk = new JobWalk(walkSetup(job, 'typical'));
  const checks: number[] = [];
  const calls: number[] = [];
  let done = 0;
  let ends = true;
  while (!walk.complete && ends) {
    if (calls.length === CALLS_MAX) throw new Error(`more than ${CALLS_MAX} calls`);
    const before = walk.left;
    let test = walk.total.tests;
    walk.begin();
    let time = walk.nextCheck(0);
    for (; time < Infinity; time = walk.nextCheck(time + 1)) {
      checks.push(walk.numberAtCheck ?? done + walk.ordinalAtCheck);
      if (isHit(test++)) break;
    }
    if (time < Infinity) walk.stopAt(time);
    else walk.finish();
    calls.push(walk.callUnits);
    done += before - walk.left;
    // The rule begins anew in each call: what has not moved it once never will.
    ends = !isAlways || walk.complete || walk.left < before;
  }
  const { tests, visits, hits } = walk.total;
  return { checks, calls, tests, visits, hits, ends };
}
