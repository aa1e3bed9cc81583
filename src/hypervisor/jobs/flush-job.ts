import { type Duration, NEVER } from '../../engine/time.ts';
import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { ACTIVITIES } from '../paths/activity.ts';
import { spinForLock } from '../paths/lock-path.ts';
import type { Path } from '../paths/path.ts';
import type { ChunkedWork, PreemptionPolicy } from '../ports.ts';
import type { JobRun } from './job-run.ts';
import { type JobData, type JobRequest, PLAIN_JOB, type StandingJob } from './machine-job.ts';
import { FLUSH, FLUSH_COUNTERS, FLUSH_MOVES } from './standing-names.ts';

/** What a test that finds something does, by the policy's style. */
const HITS: Readonly<Record<PreemptionPolicy['style'], JobData['hit']>> = {
  'in-place': 'in-place',
  continuation: 'continuation',
  tasklet: 'requeue',
  'work-queue': 'in-place',
  'no-softirqs': 'retry',
};

/** p2m_flush_vm as `policy` has it. Each call is one of p2m_cache_flush_range. */
export function flushJob(policy: PreemptionPolicy): StandingJob {
  const { style, lock, during, before } = policy;
  return {
    ...PLAIN_JOB,
    name: FLUSH,
    context: 'return-path',
    turn: 3,
    checksAgain: false,
    checksBefore: before,
    isHandedOver: style === 'tasklet',
    hit: HITS[style],
    givesWay: style === 'work-queue',
    testsEvents: style === 'continuation',
    testsLocks: lock !== 'hold',
    stopsAnywhere: during === 'immediate',
    locks: [{ name: 'p2m', scope: 'domain', take: 'spin', mode: 'read' }],
    visit: 'flushVmEntry',
    enter: 'flushRangeEntry',
    leave: 'flushPreempt',
    finish: 'flushTail',
    followUp: invalidateRoot,
    delays: 'stay',
    published: {
      activity: ACTIVITIES.indexOf(FLUSH),
      counters: { ...FLUSH_COUNTERS, ...FLUSH_MOVES },
      hit: 'flush preempted (-ERESTART)',
    },
    requestFor: (work) => new FlushRequest(work),
  };
}

/** Chunks of work as a request that goes over all of it each time. */
class FlushRequest implements JobRequest {
  complete = false;
  /** undefined: there is no memory. */
  private readonly chunks: ChunkedWork | undefined;
  private position = 0;

  constructor(chunks: ChunkedWork | undefined) {
    this.chunks = chunks;
  }

  get total(): Readonly<Record<string, number>> {
    return this.chunks?.total ?? {};
  }

  begin(): void {
    this.complete = false;
    this.chunks?.begin(this.position);
  }

  duration(): Duration {
    return this.chunks?.duration() ?? 0;
  }

  nextCheck(elapsed: Duration): Duration {
    const { chunks } = this;
    if (chunks === undefined) return NEVER;
    const check = chunks.nextCheck(elapsed);
    // What ends the flush anyway is no stop.
    return check < chunks.duration() ? check : NEVER;
  }

  stopAt(elapsed: Duration): void {
    if (this.chunks === undefined) return;
    this.chunks.stopAt(elapsed);
    this.position = this.chunks.position;
  }

  finish(): void {
    this.chunks?.finish();
    this.position = 0;
    this.complete = true;
  }
}

/** The end of p2m_flush_vm: nothing counts as accessed any more (p2m_invalidate_root). */
function* invalidateRoot(m: Machine, runner: Vcpu, { owner }: JobRun): Path {
  if (owner?.stageTwo === undefined) return;
  const { p2mLock: lock, stageTwo, domain } = owner;
  if (!lock.write(m.pcpuOf(runner))) yield* spinForLock(m, runner, owner);
  const { invalidateRoot: cost } = m.pcpuOf(runner).costs;
  if (m.mustWait(cost)) yield cost;
  stageTwo.invalidateRoot();
  lock.endWrite(m.pcpuOf(runner), m.now);
  // The TLBs are invalidated everywhere: who executes below the root faults at its next instruction.
  for (const sibling of domain?.vcpus ?? []) m.pcpuOf(sibling).refetch(sibling);
}
