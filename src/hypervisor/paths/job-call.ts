import { type Duration, NEVER, type Time } from '../../engine/time.ts';
import type { Pcpu } from '../cpu/pcpu.ts';
import type { JobRun } from '../jobs/jobs.ts';
import type { MachineUnitLock } from '../jobs/machine-job.ts';
import { holdDomain } from '../machine/domain-pause.ts';
import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { IN_FIRST_JOB, IN_PATH } from './activity.ts';
import { OPEN, type Path, SPIN, WORK } from './path.ts';

/*
 * One call of long work, in whatever context: it takes its locks, does units up to a test that finds something, and gives
 * the locks back. What a hit does next is its caller's business: job-path.ts, and here the softirq.
 */

/** How a call ended: the request is done; a hit, or a stop that comes anyway; a lock was taken by somebody else. */
export type CallEnd = 'done' | 'stopped' | 'refused';

/** What runs softirqs on the spot, the scheduling ones left out. */
export type Serve = (m: Machine, runner: Vcpu) => Path;

/** The RCU softirq: one call of the request that was queued first; if anything is left, the softirq is raised again. */
export function* softirqJob(m: Machine, v: Vcpu, p: Pcpu): Path {
  const [run] = p.softirqJobs;
  if (run === undefined) return;
  if ((yield* jobCall(m, v, run)) === 'done') p.softirqJobs.shift();
  if (p.softirqJobs.length > 0) p.raise(m.softirqRcu);
}

/** One call of a job on the stack of `runner`. */
export function* jobCall(m: Machine, runner: Vcpu, run: JobRun, serve?: Serve): Path<CallEnd> {
  const { job, work, index } = run;
  const p = m.pcpuOf(runner);
  const counts = m.jobs.counts[index];
  counts.calls++;
  p.job = run;
  if (m.mustWait(job.enter)) yield job.enter;
  if (!(yield* takeLocks(m, p, runner, run))) {
    counts.refusals++;
    p.job = undefined;
    return 'refused';
  }
  const since = m.now;
  if (job.pauses >= 0 && !run.hasPaused) yield* pauseDomain(m, p, runner, run);
  const masks = job.masked && job.context !== 'rendezvous';
  if (masks) p.interrupts.mask();
  m.probe.jobStarted(run, p.id);
  if (job.unitLock === undefined) yield* stretch(m, p, runner, run, serve);
  else yield* unitByUnit(m, p, runner, run, job.unitLock);
  m.probe.jobLeft(run, p.id);
  const cost = work.complete ? job.finish : job.leave;
  if (m.mustWait(cost)) yield cost;
  for (const lock of job.locks) m.jobs.lock(lock, run.owner).endWrite(p, m.now);
  if (job.locks.length > 0) {
    counts.held += m.now - since;
    m.probe.lockHeld(runner, m.now - since);
  }
  if (masks && p.interrupts.unmask()) yield OPEN;
  p.job = undefined;
  if (!work.complete) return 'stopped';
  m.jobs.done(run, p);
  return 'done';
}

/** The units of a call. */
function* stretch(m: Machine, p: Pcpu, runner: Vcpu, run: JobRun, serve?: Serve): Path {
  const { work, job, index } = run;
  const { segment } = p;
  work.begin();
  noteStretch(m, run);
  for (let from = 0; ; ) {
    segment.prepareJob(run, from);
    yield WORK;
    const stop = segment.endWork();
    if (stop === NEVER) return work.finish();
    if (serve === undefined || job.hit !== 'process-softirqs') {
      m.jobs.counts[index].hits++;
      m.probe.jobHit(run, p.id);
      return work.stopAt(stop);
    }
    // process_pending_softirqs, with the locks held.
    yield* serve(m, runner);
    from = stop;
  }
}

function noteStretch({ jobs }: Machine, { work, index }: JobRun): void {
  const counts = jobs.counts[index];
  counts.stretch = Math.max(counts.stretch, work.longestStretch());
}

/** The units of a call, each of which takes a lock: nothing can be computed ahead, as others want it too. */
function* unitByUnit(
  m: Machine,
  p: Pcpu,
  runner: Vcpu,
  run: JobRun,
  { name, outside, test, held, contended }: MachineUnitLock,
): Path {
  const { work, index } = run;
  const counts = m.jobs.counts[index];
  const lock = m.jobs.lock({ name, scope: 'global' }, run.owner);
  work.begin();
  noteStretch(m, run);
  const { left } = work;
  p.setActivity(IN_FIRST_JOB + index);
  for (let done = 0, from = 0; ; ) {
    const check = work.nextCheck(from);
    const end = check === NEVER ? left : work.unitsAtCheck;
    for (; done < end; done++) {
      if (m.mustWait(outside)) yield outside;
      counts.unitTakes++;
      if (!lock.write(p)) {
        // Not in one: others add to it while this one waits.
        const waited = yield* waitFor(m, p, runner);
        counts.unitWaited += waited;
        p.setActivity(IN_FIRST_JOB + index);
      }
      const since = m.now;
      const holds = lock.isContended ? contended : held;
      if (m.mustWait(holds)) yield holds;
      lock.endWrite(p, m.now);
      counts.unitHeld += m.now - since;
    }
    if (check === NEVER) {
      work.finish();
      break;
    }
    if (p.wantsJobToStop(run)) {
      counts.hits++;
      m.probe.jobHit(run, p.id);
      work.stopAt(check);
      break;
    }
    if (m.mustWait(test)) yield test;
    from = check + 1;
  }
  p.setActivity(IN_PATH);
}

/** domain_pause: spins, softirqs waiting, until each vCPU is off its pCPU, whatever long work it is in there. */
function* pauseDomain(m: Machine, p: Pcpu, runner: Vcpu, run: JobRun): Path {
  const domain = m.domains[run.job.pauses];
  run.hasPaused = true;
  holdDomain(domain);
  for (const vcpu of domain.vcpus) {
    m.core.sleepNosync(vcpu);
    if (!vcpu.isRunning) continue;
    vcpu.awaitedBy = p;
    const waited = yield* waitFor(m, p, runner);
    m.jobs.counts[run.index].waited += waited;
  }
}

/** Spins for a lock that could not be had at once. @returns for how long [ns] */
function* waitFor(m: Machine, p: Pcpu, runner: Vcpu): Path<Duration> {
  const since: Time = m.now;
  m.probe.lockSpins(runner);
  yield* spinOn(p);
  m.probe.lockWaited(runner, m.now - since);
  return m.now - since;
}

/** Takes the locks of a job in their order. @returns whether; if not it has none of them */
function* takeLocks(
  m: Machine,
  p: Pcpu,
  runner: Vcpu,
  { job, owner, index }: JobRun,
): Path<boolean> {
  for (let i = 0; i < job.locks.length; i++) {
    const lock = m.jobs.lock(job.locks[i], owner);
    if (job.locks[i].take === 'try' && !lock.isFree) {
      for (const taken of job.locks.slice(0, i)) m.jobs.lock(taken, owner).endWrite(p, m.now);
      return false;
    }
    if (lock.write(p)) continue;
    const waited = yield* waitFor(m, p, runner);
    m.jobs.counts[index].waited += waited;
  }
  return true;
}

/** Spins until somebody grants it (LockUser.granted). */
export function* spinOn(p: Pcpu): Path {
  yield SPIN;
  p.setActivity(IN_PATH);
}
