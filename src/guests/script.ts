import type { Duration } from '../engine/time.ts';
import { type Guest, OP_BLOCK, OP_RUN, OP_SPIN, OP_YIELD } from '../hypervisor/ports.ts';
import type { Vcpu } from '../hypervisor/vcpu.ts';

/** One line of a script: run for X ns, run for ever, block for Y ns, give up the turn. */
export type ScriptOp = ['run', Duration] | ['spin'] | ['block', Duration] | ['yield'];

/** A guest that carries out a list of operations, over and over or once (then it blocks for ever). */
export class ScriptGuest implements Guest {
  private readonly ops: readonly number[];
  private readonly operands: readonly Duration[];
  private readonly repeat: boolean;
  private position = 0;

  constructor(script: readonly ScriptOp[], repeat = true) {
    this.ops = script.map(([name]) => OPS[name]);
    this.operands = script.map(([, operand]) => operand ?? 0);
    this.repeat = repeat;
  }

  next(vcpu: Vcpu): number {
    if (this.position === this.ops.length) {
      if (!this.repeat) {
        vcpu.operand = Number.POSITIVE_INFINITY;
        return OP_BLOCK;
      }
      this.position = 0;
    }
    vcpu.operand = this.operands[this.position];
    return this.ops[this.position++];
  }
}

const OPS = { run: OP_RUN, spin: OP_SPIN, block: OP_BLOCK, yield: OP_YIELD } as const;
