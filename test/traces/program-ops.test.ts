import { describe, expect, it } from 'vitest';
import { importXentrace } from '../../src/traces/import-xentrace.ts';
import { programOps } from '../../src/traces/program-ops.ts';
import type { VcpuWorkload, WorkloadOp } from '../../src/traces/workload.ts';
import { workloadFile } from '../../src/traces/workload-file.ts';
import { setupOf } from './timelines.ts';
import { change, file, goesOn, type Written } from './xentrace-bytes.ts';

const record = {
  ...{ pcpus: [0], migrations: 0, run: 0, waited: 0, runs: 0 },
  ...{ wakeWaits: [], wakes: [] },
};
const run = (length: number): WorkloadOp => ({ kind: 'run', length });
const block = (length: number): WorkloadOp => ({ kind: 'block', length });
const to = { domain: 1, life: 1, vcpu: 1 };
const send = { kind: 'send', to };

function vcpuOf(more: Partial<VcpuWorkload>): VcpuWorkload {
  return { domain: 1, life: 1, vcpu: 0, start: 0, ops: [], record, ...more };
}

describe('the program of a vCPU', () => {
  it('sends interrupts where it woke somebody', () => {
    const ops = [run(10), block(5), run(20), { kind: 'yield' } as const, { kind: 'spin' } as const];
    const sends = [
      { op: 0, after: 4, to },
      { op: 2, after: 0, to },
      { op: 2, after: 20, to },
      { op: 4, after: 7, to },
    ];
    expect(programOps(vcpuOf({ ops, sends }), 100)).toEqual([
      ...[run(4), send, run(6), block(5), send, run(20), send],
      ...[{ kind: 'yield' }, run(7), send, run(93)],
    ]);
  });

  it('waits for them where it was woken', () => {
    const ops = [run(10), block(5), run(20), block(6), run(3)];
    expect(programOps(vcpuOf({ ops, waits: [3] }), 100)).toEqual([
      ...[run(10), block(5), run(20), { kind: 'wait' }, run(3)],
    ]);
  });

  it('comes of a trace in which one vCPU wakes another, again and again, and names it by its new number', () => {
    const wake = (tsc: number): Written => ({ cpu: 0, tsc, event: 0x28004, words: [1, 7] });
    const rounds = Array.from({ length: 12 }, (_, i) => {
      const at = 1000 * i;
      return [
        change(0, at + 100, 3, 2, 1),
        change(0, at + 100, 3, 1, 0),
        wake(at + 140),
        change(0, at + 140, 7, 2, 1),
        change(0, at + 150, 3, 0, 2),
        change(0, at + 150, 7, 1, 0),
        change(0, at + 180, 7, 0, 2),
      ];
    });
    const result = importXentrace(
      file(goesOn(0, 1, 0, 32767), change(0, 50, 0, 0, 1, 32767), ...rounds.flat()),
      {
        hz: 1e9,
      },
    );
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const written = workloadFile(result.workload, { hasWakers: true });
    if (!written.ok) throw new Error(written.message);
    const [{ vcpus }] = setupOf(written.text).domains;
    const ops = vcpus.map(({ guest }) => (guest.name === 'program' ? guest.ops.slice(0, 5) : []));
    // It is seen first as it is woken first: that is its start.
    expect(ops).toEqual([
      [
        ['run', 50],
        ['block', 950],
        ['run', 40],
        ['send', 'd1', 1],
        ['run', 10],
      ],
      [['run', 30], ['wait'], ['run', 30], ['wait'], ['run', 30]],
    ]);
  });
});
