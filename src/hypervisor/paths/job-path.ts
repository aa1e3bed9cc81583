import type { Pcpu } from '../cpu/pcpu.ts';
import type { JobRun } from '../jobs/job-run.ts';
import type { Tasklet } from '../jobs/jobs.ts';
import type { Rendezvous } from '../jobs/rendezvous.ts';
import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { type CallEnd, costOf, jobCall } from './job-call.ts';
import { spinOn } from './lock-path.ts';
import { OPEN, type Path, SOFTIRQS } from './path.ts';
import { processPendingSoftirqs } from './softirq-paths.ts';

/*
 * Long work of any kind by where it is done: in the guest's trap, on the return path, as a tasklet, in the idle loop, in a
 * rendezvous of all pCPUs. job-call.ts is what they share.
 */

/** A trap that asks for long work. */
export function* jobTrap(m: Machine, v: Vcpu): Path {
  const c = m.pcpuOf(v).costs;
  const run = v.job ?? m.jobs.ask(v.operand, v);
  const { context, hit } = run.job;
  const handler = context === 'trap' ? c.handleDataAbort + c.handleMmio : c.handleHypercall;
  if (m.mustWait(handler)) yield handler;
  if (context === 'return-path') return v.addWork(run);
  if (context !== 'hypercall' && context !== 'trap') {
    m.jobs.queue(run, m.pcpuOf(v));
    return;
  }
  v.job = run;
  const end = yield* callAgain(m, v, run);
  if (end === 'done') v.job = undefined;
  // hypercall_create_continuation; a short count leaves it to the guest to ask for the rest.
  else if (end === 'refused' || hit !== 'short-count') v.retrap = v.trap;
}

/** Calls until the request is done, or somebody else has to call again. */
export function* callAgain(m: Machine, v: Vcpu, run: JobRun): Path<CallEnd> {
  const { hit, givesWay } = run.job;
  for (;;) {
    const end = yield* jobCall(m, v, run, processPendingSoftirqs);
    if (end !== 'stopped' || hit === 'continuation' || hit === 'short-count') return end;
    if (hit === 'requeue' || (givesWay && v.hasWorkBefore(run))) return end;
    if (hit === 'in-place') yield SOFTIRQS;
  }
}

/**
 * What the pCPU that boots first has to do before it schedules anything. Entered and left with interrupts masked, which they are
 * not meanwhile.
 */
export function* bootJobs(m: Machine, p: Pcpu): Path {
  for (const run of m.jobs.atBoot()) {
    if (p.interrupts.unmask()) yield OPEN;
    while ((yield* jobCall(m, p.idle, run, processPendingSoftirqs)) !== 'done');
    p.interrupts.mask();
  }
}

/** Work at the lowest priority: one call of what the idle loop of `p` has to do. */
export function* idleJob(m: Machine, p: Pcpu): Path {
  if ((yield* jobCall(m, p.idle, p.idleJobs[0])) === 'done') p.idleJobs.shift();
}

/** One call of a job that was handed to the idle vCPU. @returns whether this pCPU is done with it */
export function* jobTasklet(m: Machine, p: Pcpu, tasklet: Tasklet): Path<boolean> {
  const { rendezvous, run } = tasklet;
  if (rendezvous !== undefined) {
    yield* meet(m, p, rendezvous, run);
    return true;
  }
  const visit = costOf(run.job.visit, p.costs);
  if (m.mustWait(visit)) yield visit;
  const isDone = (yield* jobCall(m, p.idle, run, processPendingSoftirqs)) === 'done';
  if (isDone || run.job.hit !== 'requeue-next') return isDone;
  m.jobs.handOver(tasklet, m.pcpus[(p.id + 1) % m.pcpuCount]);
  return true;
}

/**
 * stop_machine_run: who comes early spins with interrupts unmasked, but runs no softirq; when all are there they mask
 * them, and the last to come does the work while the others spin.
 */
function* meet(m: Machine, p: Pcpu, rendezvous: Rendezvous, run: JobRun): Path {
  const isLast = rendezvous.arrives(p);
  if (!isLast) yield* spinOn(p);
  p.interrupts.mask();
  if (isLast) {
    while ((yield* jobCall(m, p.idle, run)) !== 'done');
    rendezvous.finish();
    if (run.owner !== undefined) m.core.unpause(run.owner, 'unpark');
  } else if (!rendezvous.isDone) {
    rendezvous.awaits(p);
    yield* spinOn(p);
  }
  if (p.interrupts.unmask()) yield OPEN;
}
