import { describe, expect, it } from 'vitest';
import { ScriptGuest, type ScriptOp } from '../../src/guests/script.ts';
import { OP_BLOCK, OP_RUN, OP_SPIN, OP_YIELD } from '../../src/hypervisor/ports.ts';
import { vcpu } from './drive.ts';

/** The first operations of a script, each with its operand. */
function operations(script: readonly ScriptOp[], count: number, repeat?: boolean) {
  const guest = new ScriptGuest(script, repeat);
  const of = vcpu();
  return Array.from({ length: count }, () => [guest.next(of), of.operand]);
}

describe('a guest with a script', () => {
  it('repeats it', () => {
    expect(
      operations(
        [
          ['run', 7],
          ['block', 9],
        ],
        4,
      ),
    ).toEqual([
      [OP_RUN, 7],
      [OP_BLOCK, 9],
      [OP_RUN, 7],
      [OP_BLOCK, 9],
    ]);
    expect(operations([['spin']], 1)).toEqual([[OP_SPIN, 0]]);
  });

  it('or blocks for ever at its end', () => {
    const forEver = [OP_BLOCK, Number.POSITIVE_INFINITY];
    expect(operations([['run', 7]], 2, false)).toEqual([[OP_RUN, 7], forEver]);
    expect(operations([], 2)).toEqual([[OP_RUN, 0], forEver]);
  });

  it('runs for 0 ns before what follows no run', () => {
    const script: ScriptOp[] = [['yield'], ['block', 9], ['run', 7]];
    expect(operations(script, 7)).toEqual([
      [OP_RUN, 0],
      [OP_YIELD, 0],
      [OP_RUN, 0],
      [OP_BLOCK, 9],
      [OP_RUN, 7],
      [OP_YIELD, 0],
      [OP_RUN, 0],
    ]);
  });
});
