import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import type { MachineView } from '../../../src/hypervisor/machine/machine-view.ts';
import { FixedPriorityScheduler } from '../../../src/schedulers/reference/fixed-priority.ts';
import { hog, one } from '../scenario-records.ts';
import { runReference } from './reference-run.ts';

const fixed = (preemptive: boolean, ...priorities: number[]) => {
  return (machine: MachineView) => new FixedPriorityScheduler(machine, { preemptive, priorities });
};

/** A vCPU that runs for `run` at the start of each period, counted from `wake` on, if it is never delayed. */
function periodic(wake: number, run: number, period: number) {
  return one({
    wake,
    script: [
      ['run', run],
      ['block', period - run],
    ],
  });
}

describe('fixed priorities', () => {
  it('preempt the less important at once', () => {
    const { switches } = runReference(fixed(true, 1, 2), 1, 6 * MS, [
      one(hog(0)),
      periodic(MS, MS, 3 * MS),
    ]);
    expect(switches).toEqual([
      [0, 0, -1, 0],
      [MS, 0, 0, 1],
      [2 * MS, 0, 1, 0],
      [4 * MS, 0, 0, 1],
      [5 * MS, 0, 1, 0],
    ]);
  });

  it('without preemption wait until the pCPU is given up', () => {
    const { switches } = runReference(fixed(false, 1, 2, 3), 1, 9 * MS, [
      one({
        wake: 0,
        script: [
          ['run', 4 * MS],
          ['block', MS],
        ],
      }),
      periodic(MS, MS, 20 * MS),
      periodic(2 * MS, MS, 20 * MS),
    ]);
    expect(switches).toEqual([
      [0, 0, -1, 0],
      [4 * MS, 0, 0, 2],
      [5 * MS, 0, 2, 1],
      [6 * MS, 0, 1, 0],
    ]);
  });

  it('of equals serve who came first, and yield to equals only', () => {
    const { switches } = runReference(fixed(true, 1, 1, 0), 1, 5 * MS, [
      one({ wake: 0, script: [['run', 2 * MS], ['yield']] }),
      one(hog(0.5 * MS)),
      one(hog(0)),
    ]);
    expect(switches).toEqual([
      [0, 0, -1, 0],
      [2 * MS, 0, 0, 1],
    ]);
  });

  it('run the most important ones on all pCPUs, preempting the least important', () => {
    const { switches } = runReference(fixed(true, 2, 1, 3), 2, 4 * MS, [
      one(hog(0)),
      one(hog(0)),
      one(hog(MS)),
    ]);
    expect(switches).toEqual([
      [0, 0, -1, 0],
      [0, 1, -1, 1],
      [MS, 1, 1, 2],
    ]);
  });

  // Joseph and Pandya 1986: R = C + sum over the more important of ceil(R / T) C.
  it('take as long as response time analysis says when all are released together', () => {
    // (C, T) = (1, 4), (2, 6), (3, 12) ms: responses 1, 3 and 10 ms.
    const { switches } = runReference(fixed(true, 3, 2, 1), 1, 12 * MS, [
      periodic(0, MS, 4 * MS),
      one({
        wake: 0,
        script: [
          ['run', 2 * MS],
          ['block', 3 * MS],
          ['run', 2 * MS],
          ['block', 9 * MS],
        ],
      }),
      one({
        wake: 0,
        script: [
          ['run', 3 * MS],
          ['block', 99 * MS],
        ],
      }),
    ]);
    const ends = switches.filter(([, , prev, next]) => prev === 2 && next === -1);
    expect(ends).toEqual([[10 * MS, 0, 2, -1]]);
    expect(switches.find(([, , prev]) => prev === 1)).toEqual([3 * MS, 0, 1, 2]);
  });
});
