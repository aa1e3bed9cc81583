import type { Duration } from '../engine/time.ts';
import type { VcpuId, VcpuWorkload } from './workload.ts';

/** `wait`: for an interrupt; `send`: one to another vCPU. Unlike a script, a program has these, and no `spin`. */
export type ProgramWorkloadOp =
  | { readonly kind: 'run' | 'block'; readonly length: Duration }
  | { readonly kind: 'yield' | 'wait' }
  | { readonly kind: 'send'; readonly to: VcpuId };

/** Whether a vCPU seems to wake others, or to be woken. */
export function hasPartners({ sends = [], waits = [] }: VcpuWorkload): boolean {
  return sends.length > 0 || waits.length > 0;
}

/**
 * What a vCPU does, with who wakes whom in place of how long they were blocked.
 * @param duration - of the trace: who spins runs for so long [ns]
 */
export function programOps(vcpu: VcpuWorkload, duration: Duration): ProgramWorkloadOp[] {
  const { ops, sends = [], waits = [] } = vcpu;
  const ended = new Set(waits);
  let next = 0;
  return ops.flatMap((op, i): ProgramWorkloadOp[] => {
    if (op.kind === 'yield') return [{ kind: 'yield' }];
    if (op.kind === 'block') return [ended.has(i) ? { kind: 'wait' } : { ...op, kind: 'block' }];
    const length = 'length' in op ? op.length : duration;
    const parts: ProgramWorkloadOp[] = [];
    let done = 0;
    for (; next < sends.length && sends[next].op <= i; next++) {
      const { after, to } = sends[next];
      if (after > done) parts.push({ kind: 'run', length: Math.min(after, length) - done });
      done = Math.min(after, length);
      parts.push({ kind: 'send', to });
    }
    if (length > done) parts.push({ kind: 'run', length: length - done });
    return parts;
  });
}
