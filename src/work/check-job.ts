import type { LongWork, UnitRun } from './job.ts';
import { RUNS_MAX, runsOf, walkSetup } from './job-setup.ts';
import { JobWalk } from './job-walk.ts';

/** What is wrong with a job, and which part of it says so. */
export interface JobFinding {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Calls with something always pending that are tried. */
const CALLS_TRIED = 4096;

/** Checks what a job says against itself. */
export function checkJob(job: LongWork): JobFinding[] {
  const findings = [...checkKinds(job), ...checkHit(job), ...checkLocks(job), ...checkPause(job)];
  const runs = runsOf(job.kinds, job.units);
  if (runs > RUNS_MAX) {
    const message = `the units are ${runs} runs of like ones (a cost that is a law has one for every 512): expected at most ${RUNS_MAX}`;
    findings.push({ path: ['units'], message });
  }
  if (findings.length > 0 || job.mayNotEnd) return findings;
  const stuckAt = unitsWithoutProgress(job);
  if (stuckAt === undefined) return [];
  const message =
    `with something always pending it makes no progress: a call stops with ${stuckAt} units left, and the next one ` +
    'stops there again. Let a call do a unit before it tests, or say may_not_end: true to study just that';
  return [{ path: ['check'], message }];
}

/** How many units are left where a call, and all after it, make no progress; undefined: each makes some. */
export function unitsWithoutProgress(job: LongWork): number | undefined {
  if (job.check === undefined || job.hit === 'process-softirqs') return undefined;
  const walk = new JobWalk(walkSetup(job, 'typical'));
  for (let calls = 0; calls < CALLS_TRIED && !walk.complete; calls++) {
    const before = walk.left;
    walk.begin();
    const test = walk.nextCheck(0);
    if (test === Number.POSITIVE_INFINITY) walk.finish();
    else walk.stopAt(test);
    if (walk.left === before && before > 0) return before;
  }
  return undefined;
}

function checkKinds({ kinds, units, costs, unitLock }: LongWork): JobFinding[] {
  const findings: JobFinding[] = [];
  const used = new Set<string>();
  const visit = (runs: readonly UnitRun[], path: readonly (string | number)[]): void => {
    for (const [i, run] of runs.entries()) {
      if ('repeat' in run) {
        visit(run.units, [...path, i, 'units']);
        continue;
      }
      used.add(run.kind);
      if (run.kind in kinds) continue;
      const allowed = Object.keys(kinds).join(', ');
      const message = `there is no kind of unit ${run.kind}: expected one of ${allowed}`;
      findings.push({ path: [...path, i], message });
    }
  };
  visit(units, ['units']);
  for (const [name, { cost, prepare }] of Object.entries(kinds)) {
    const isFree = !('kind' in cost) && cost.some((value, i) => value + prepare[i] === 0);
    if (isFree && unitLock === undefined) {
      const message = `units without cost: a job of ${name} would be done in no time, so no test could come during it`;
      findings.push({ path: ['kinds', name, 'cost'], message });
    }
    if (used.has(name)) continue;
    const message = `no unit is a ${name}: use it in units, or leave it out`;
    findings.push({ path: ['kinds', name], message });
  }
  for (const [step, range] of Object.entries(costs)) {
    if (range[0] <= range[1] && range[1] <= range[2]) continue;
    const message = 'expected a range in its order: fast, typical, slow';
    findings.push({ path: ['costs', step], message });
  }
  return findings;
}

/** Which hits a context can have: a guest that calls again, a queue that comes to it again, a stack of its own. */
const HITS_IN: Readonly<Record<LongWork['context'], readonly LongWork['hit'][]>> = {
  hypercall: ['continuation', 'short-count', 'in-place', 'retry', 'process-softirqs'],
  trap: ['in-place', 'retry', 'process-softirqs'],
  'return-path': ['in-place', 'retry', 'process-softirqs'],
  softirq: ['requeue', 'retry'],
  tasklet: ['requeue', 'requeue-next', 'retry', 'process-softirqs'],
  idle: ['requeue'],
  rendezvous: ['retry'],
  boot: ['process-softirqs'],
};

function checkHit({ context, hit, check, stopAfter }: LongWork): JobFinding[] {
  if (check === undefined && stopAfter === undefined) return [];
  const allowed = HITS_IN[context];
  if (allowed.includes(hit)) return [];
  const message = `in context ${context} a hit cannot be ${hit}: expected one of ${allowed.join(', ')}`;
  return [{ path: ['hit'], message }];
}

/** Only who has a stack to wait on can wait for another domain. */
function checkPause({ context, pauses }: LongWork): JobFinding[] {
  if (pauses === undefined || context === 'hypercall' || context === 'tasklet') return [];
  const message = `in context ${context} nobody can wait for a domain: expected hypercall or tasklet`;
  return [{ path: ['pauses'], message }];
}

/** A lock nobody can take is one that its holder wants again, gives up its pCPU with, or would have to try for again. */
function checkLocks({
  context,
  hit,
  check,
  units,
  locks,
  unitLock,
  masked,
}: LongWork): JobFinding[] {
  const findings: JobFinding[] = [];
  const names = locks.map(({ name }) => name);
  locks.forEach(({ name, take }, i) => {
    const path = ['locks', i];
    if (names.indexOf(name) < i || name === unitLock?.name) {
      const message = `nobody can take ${name} twice: it is held already when it is wanted again`;
      findings.push({ path, message });
    }
    if (take === 'try' && context !== 'hypercall') {
      const message = `nobody takes ${name}: in context ${context} there is no caller who would try again; expected take: spin`;
      findings.push({ path, message });
    }
  });
  const isPlain = units.length === 1 && !('repeat' in units[0]) && check?.position !== 'before';
  if (unitLock !== undefined && !isPlain) {
    const message = 'a lock of the units needs units that are alike, and tests after them';
    findings.push({ path: ['unit_lock'], message });
  }
  if (check !== undefined && hit === 'process-softirqs' && masked) {
    const message = 'softirqs cannot be run in place while interrupts are masked';
    findings.push({ path: ['hit'], message });
  }
  return findings;
}

/** Locks that jobs take in opposite orders: each holds what the other waits for, and nobody can take either. */
export function checkLockOrder(jobs: Readonly<Record<string, LongWork>>): JobFinding[] {
  const firstBefore = new Map<string, string>();
  const findings: JobFinding[] = [];
  for (const [job, { locks, unitLock }] of Object.entries(jobs)) {
    const order = [...locks.map(({ name }) => name), ...(unitLock ? [unitLock.name] : [])];
    order.forEach((first, i) => {
      for (const second of order.slice(i + 1)) {
        firstBefore.set(`${first} ${second}`, job);
        const other = firstBefore.get(`${second} ${first}`);
        if (other === undefined || other === job) continue;
        const message = `${job} takes ${first} before ${second}, ${other} the other way round: both can wait for ever, and nobody can take either`;
        findings.push({ path: [job, 'locks'], message });
      }
    });
  }
  return findings;
}
