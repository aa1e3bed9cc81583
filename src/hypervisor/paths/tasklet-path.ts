import type { Pcpu } from '../cpu/pcpu.ts';
import type { Machine } from '../machine/machine.ts';
import { finishFlush, flushRange } from './flush-path.ts';
import type { Path } from './path.ts';

/**
 * do_tasklet: the idle vCPU of `p` works on the flush that was handed over first, up to a
 * check point that finds a softirq; then the idle loop handles softirqs, and as long as there is work the
 * scheduler chooses the idle vCPU again. So the work goes before every vCPU, and nobody is charged for it.
 */
export function* runTasklet(m: Machine, p: Pcpu): Path {
  const [owner] = p.tasklets;
  const { flushVmEntry } = p.costs;
  if (m.mustWait(flushVmEntry)) yield flushVmEntry;
  if (yield* flushRange(m, p.idle, owner)) return;
  yield* finishFlush(m, p.idle, owner);
  p.tasklets.shift();
  if (p.tasklets.length === 0) {
    p.taskletScheduled = false;
    m.tickle(p.id);
  }
  m.core.unpause(owner, 'unpark');
}
