import type { Duration } from '../engine/time.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import { type Guest, OP_BLOCK, OP_RUN, OP_SPIN, OP_YIELD } from '../hypervisor/ports.ts';

/** One line of a script: run for X ns, run for ever, block for Y ns, give up the turn. */
export type ScriptOp = ['run', Duration] | ['spin'] | ['block', Duration] | ['yield'];

/** A guest that carries out a list of operations, over and over or once (then it blocks for ever). */
export class ScriptGuest implements Guest {
  private readonly ops: readonly number[];
  private readonly operands: readonly Duration[];
  private readonly repeat: boolean;
  private position = 0;
  /** The operation before ran, so that the next may be carried out at once. */
  private hasRun = false;

  constructor(script: readonly ScriptOp[], repeat = true) {
    this.ops = script.map(([name]) => OPS[name]);
    this.operands = script.map(([, operand]) => operand ?? 0);
    this.repeat = repeat;
  }

  /** What does not follow a run is preceded by one of 0 ns: it is done when the vCPU would make progress, not while it is switched in. */
  next(vcpu: Vcpu): number {
    if (this.position === this.ops.length && this.repeat) this.position = 0;
    const op = this.ops[this.position] ?? OP_BLOCK;
    const runs = op === OP_RUN || op === OP_SPIN;
    if (!runs && !this.hasRun) {
      this.hasRun = true;
      vcpu.operand = 0;
      return OP_RUN;
    }
    this.hasRun = runs;
    vcpu.operand = this.operands[this.position] ?? Number.POSITIVE_INFINITY;
    if (this.position < this.ops.length) this.position++;
    return op;
  }
}

const OPS = { run: OP_RUN, spin: OP_SPIN, block: OP_BLOCK, yield: OP_YIELD } as const;
