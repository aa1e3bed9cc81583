import type { Pcpu } from '../cpu/pcpu.ts';
import type { Machine } from '../machine/machine.ts';
import type { Vcpu } from '../machine/vcpu.ts';
import { finishFlush, flushRange } from './flush-path.ts';
import { jobTasklet } from './job-path.ts';
import type { Path } from './path.ts';

/**
 * do_tasklet: the idle vCPU of `p` works on the flush or job that was handed over first, up to a
 * check point that finds a softirq; then the idle loop handles softirqs, and as long as there is work the
 * scheduler chooses the idle vCPU again. So the work goes before every vCPU, and nobody is charged for it.
 */
export function* runTasklet(m: Machine, p: Pcpu): Path {
  const [tasklet] = p.tasklets;
  const { owner, run } = tasklet;
  const isDone =
    run === undefined
      ? owner === undefined || (yield* flushTasklet(m, p, owner))
      : yield* jobTasklet(m, p, tasklet, run);
  if (!isDone) return;
  p.tasklets.shift();
  if (p.tasklets.length === 0) {
    p.taskletScheduled = false;
    m.tickle(p.id);
  }
  if (run === undefined && owner !== undefined) m.core.unpause(owner, 'unpark');
}

/** One call of the flush of `owner`. @returns whether it is complete */
function* flushTasklet(m: Machine, p: Pcpu, owner: Vcpu): Path<boolean> {
  const { flushVmEntry } = p.costs;
  if (m.mustWait(flushVmEntry)) yield flushVmEntry;
  if (yield* flushRange(m, p.idle, owner)) return false;
  yield* finishFlush(m, p.idle, owner);
  return true;
}
