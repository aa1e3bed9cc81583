import type { Pcpu } from '../cpu/pcpu.ts';
import type { Machine } from '../machine/machine.ts';
import { jobTasklet } from './job-path.ts';
import type { Path } from './path.ts';

/**
 * do_tasklet: the idle vCPU of `p` works on the job that was handed over first, up to a
 * test that finds a softirq; then the idle loop handles softirqs, and as long as there is work the
 * scheduler chooses the idle vCPU again. So the work goes before every vCPU, and nobody is charged for it.
 */
export function* runTasklet(m: Machine, p: Pcpu): Path {
  const [tasklet] = p.tasklets;
  const { run, rendezvous } = tasklet;
  if (!(yield* jobTasklet(m, p, tasklet))) return;
  p.tasklets.shift();
  if (p.tasklets.length === 0) {
    p.taskletScheduled = false;
    m.tickle(p.id);
  }
  if (rendezvous === undefined && !run.isOpen && run.owner !== undefined)
    m.core.unpause(run.owner, 'unpark');
}
