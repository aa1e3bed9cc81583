import * as ports from '../../src/hypervisor/ports.ts';

/** An operation of a guest: what it is, and its argument. */
export type Op = readonly [op: number, operand?: number];

/**
 * What a vCPU's operations cost, by the table of the patch alone: a bit for TVM, one for the guest's caches.
 * After CPU_OFF the vCPU is started again, with its caches off and TVM as it was.
 * @param startsOff - it is itself started by another one: its caches are off
 */
export function automaton(ops: readonly Op[], startsOff = false) {
  let [tvm, on, flushes, traps] = [false, !startsOff, 0, 0];
  for (const [op, operand = 1] of ops) {
    if (op === ports.OP_SET_WAY) {
      traps += operand;
      if (!tvm) flushes++;
      tvm = true;
    } else if (op === ports.OP_CPU_OFF) {
      traps++;
      on = false;
    } else if (
      op === ports.OP_VM_REGISTER ||
      op === ports.OP_CACHES_ON ||
      op === ports.OP_CACHES_OFF
    ) {
      const now = op === ports.OP_VM_REGISTER ? on : op === ports.OP_CACHES_ON;
      if (tvm) {
        traps++;
        if (now !== on) flushes++;
        if (now) tvm = false;
      }
      on = now;
    }
  }
  return { flushes, traps };
}
