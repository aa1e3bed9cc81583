import { NEVER } from '../../engine/time.ts';
import type { Pcpu } from '../cpu/pcpu.ts';
import type { JobCounts, JobRun } from '../jobs/job-run.ts';
import type { MachineUnitLock, StepCost, UnitRequest } from '../jobs/machine-job.ts';
import type { Costs } from '../machine/costs.ts';
import { holdDomain } from '../machine/domain-pause.ts';
import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { IN_PATH } from './activity.ts';
import { spinForLock } from './lock-path.ts';
import { OPEN, type Path, SOFTIRQS, WORK } from './path.ts';

/*
 * One call of long work, in whatever context: it takes its locks, does units up to a test that finds something, and gives
 * the locks back. What a hit does next is its caller's business: job-path.ts, and here the softirq.
 */

/** How a call ended: the request is done; a hit, or a stop that comes anyway; a lock was taken by somebody else. */
export type CallEnd = 'done' | 'stopped' | 'refused';

/** What takeLocks says in place of a lock. */
const ALL = -1;
const REFUSED = -2;

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
  const counts = m.jobs.counts[index];
  counts.calls++;
  let p = m.pcpuOf(runner);
  const { costs } = p;
  if (run.stoppedOn >= 0 && run.stoppedOn !== p.id) counts.moves++;
  p.job = run;
  const enter = costOf(job.enter, costs);
  if (m.mustWait(enter)) yield enter;
  const taken = takeLocks(m, p, run, 0);
  if (taken !== ALL && !(yield* waitForLocks(m, p, runner, run, taken))) {
    counts.refusals++;
    p.job = undefined;
    return 'refused';
  }
  if (job.pauses >= 0 && !run.hasPaused) yield* pauseDomain(m, p, runner, run);
  const masks = job.masked && job.context !== 'rendezvous';
  if (masks) p.interrupts.mask();
  work.begin();
  noteStretch(counts, run);
  if (job.unitLock !== undefined && run.units !== undefined) {
    yield* unitByUnit(m, p, runner, run, run.units, job.unitLock);
  } else {
    for (let from = 0; from !== NEVER; ) {
      p.segment.prepareWork(run, from);
      m.probe.jobStarted(run, p.id, from);
      yield WORK;
      from = p.segment.endWork();
      m.probe.jobLeft(run, p.id, from);
      if (from === NEVER) work.finish();
      else if (job.stopsAnywhere) {
        yield* preempted(m, p, runner, run);
        p = m.pcpuOf(runner);
      } else if (serve !== undefined && job.hit === 'process-softirqs') {
        // process_pending_softirqs, with the locks held.
        yield* serve(m, runner);
      } else {
        noteHit(m, p, run);
        work.stopAt(from);
        break;
      }
    }
  }
  const isDone = work.complete;
  if (!isDone) run.stoppedOn = p.id;
  const cost = costOf(isDone ? job.finish : job.leave, costs);
  if (m.mustWait(cost)) yield cost;
  giveLocksBack(m, p, runner, run);
  if (masks && p.interrupts.unmask()) yield OPEN;
  if (isDone && job.followUp !== undefined) yield* job.followUp(m, runner, run);
  p.job = undefined;
  if (!isDone) return 'stopped';
  m.jobs.done(run, p);
  return 'done';
}

/** What a step of a job takes at `costs` [ns]. */
export function costOf(step: StepCost, costs: Costs): number {
  return typeof step === 'number' ? step : costs[step];
}

/** A call is preempted the moment something is pending; it goes on without loss, perhaps on another pCPU. */
function* preempted(m: Machine, p: Pcpu, runner: Vcpu, run: JobRun): Path {
  noteHit(m, p, run);
  giveLocksBack(m, p, runner, run);
  p.job = undefined;
  yield SOFTIRQS;
  const next = m.pcpuOf(runner);
  next.job = run;
  const taken = takeLocks(m, next, run, 0);
  if (taken !== ALL) yield* waitForLocks(m, next, runner, run, taken);
}

function noteHit(m: Machine, p: Pcpu, run: JobRun): void {
  m.jobs.counts[run.index].hits++;
  m.probe.jobHit(run, p.id);
}

function noteStretch(counts: JobCounts, { units }: JobRun): void {
  if (units !== undefined) counts.stretch = Math.max(counts.stretch, units.longestStretch());
}

/** The units of a call, each of which takes a lock: nothing can be computed ahead, as others want it too. */
function* unitByUnit(
  m: Machine,
  p: Pcpu,
  runner: Vcpu,
  run: JobRun,
  work: UnitRequest,
  { name, outside, test, held, contended }: MachineUnitLock,
): Path {
  const { index } = run;
  const counts = m.jobs.counts[index];
  const lock = m.jobs.lock({ name, scope: 'global' }, run.owner);
  const { left } = work;
  m.probe.jobStarted(run, p.id, 0);
  p.setActivity(run.activity);
  for (let done = 0, from = 0; ; ) {
    const check = work.nextCheck(from);
    const end = check === NEVER ? left : work.unitsAtCheck;
    for (; done < end; done++) {
      if (m.mustWait(outside)) yield outside;
      counts.unitTakes++;
      if (!lock.write(p)) {
        // Not in one: others add to it while this one waits.
        const waited = yield* spinForLock(m, runner, runner);
        counts.unitWaited += waited;
        p.setActivity(run.activity);
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
      noteHit(m, p, run);
      work.stopAt(check);
      break;
    }
    if (m.mustWait(test)) yield test;
    from = check + 1;
  }
  m.probe.jobLeft(run, p.id, NEVER);
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
    const waited = yield* spinForLock(m, runner, runner);
    m.jobs.counts[run.index].waited += waited;
  }
}

/**
 * Takes the locks of a job in their order, from number `first` on.
 * @returns ALL; or the number of the lock that `p` is in line for now; or REFUSED: it has none of them
 */
function takeLocks(m: Machine, p: Pcpu, run: JobRun, first: number): number {
  const { job, locks } = run;
  for (let i = first; i < locks.length; i++) {
    const { take, mode } = job.locks[i];
    const lock = locks[i];
    const isFree = take === 'spin' || (mode === 'read' ? lock.isFreeToRead : lock.isFree);
    if (!isFree) {
      for (let taken = 0; taken < i; taken++) giveBack(m, p, run, taken);
      return REFUSED;
    }
    if (!(mode === 'read' ? lock.read(p, m.now) : lock.write(p))) return i;
  }
  run.lockedAt = m.now;
  return ALL;
}

/** Goes on with taking the locks of a job, from number `waiting` on, which it is in line for. @returns whether it has them */
function* waitForLocks(
  m: Machine,
  p: Pcpu,
  runner: Vcpu,
  run: JobRun,
  waiting: number,
): Path<boolean> {
  let at = waiting;
  while (at >= 0) {
    const waited = yield* spinForLock(m, runner, payerOf(runner, run));
    m.jobs.counts[run.index].waited += waited;
    at = takeLocks(m, p, run, at + 1);
  }
  return at === ALL;
}

function giveLocksBack(m: Machine, p: Pcpu, runner: Vcpu, run: JobRun): void {
  const { locks } = run;
  if (locks.length === 0) return;
  let since = run.lockedAt;
  for (let i = 0; i < locks.length; i++) since = Math.min(since, giveBack(m, p, run, i));
  m.jobs.wereHeld(run, payerOf(runner, run), m.now - since);
}

/** @returns since when it had lock `i` of its job, as far as the lock knows [ns] */
function giveBack(m: Machine, p: Pcpu, { job, locks }: JobRun, i: number): number {
  if (job.locks[i].mode === 'read') return locks[i].endRead(p, m.now);
  locks[i].endWrite(p, m.now);
  return NEVER;
}

/** Whose time the locks of a call are: the work of a return path is its vCPU's, whoever does it. */
function payerOf(runner: Vcpu, { job, owner }: JobRun): Vcpu {
  return job.context === 'return-path' ? (owner ?? runner) : runner;
}
