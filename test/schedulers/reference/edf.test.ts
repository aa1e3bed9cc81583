import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import type { MachineView } from '../../../src/hypervisor/machine/machine-view.ts';
import { EdfScheduler } from '../../../src/schedulers/reference/edf.ts';
import { hog, one } from '../scenario-records.ts';
import { runReference } from './reference-run.ts';

const edf = (...deadlines: (number | undefined)[]) => {
  return (machine: MachineView) => new EdfScheduler(machine, { deadlines });
};

/** A vCPU that wakes once and runs for `run`. */
function job(wake: number, run: number) {
  return one({ wake, script: [['run', run]], repeat: false });
}

describe('edf', () => {
  it('runs the job with the earliest deadline, whenever it was released', () => {
    const { switches } = runReference(edf(20 * MS, 4 * MS, 6 * MS), 1, 20 * MS, [
      job(0, 5 * MS), // until 20 ms
      job(MS, 2 * MS), // until 5 ms
      job(2 * MS, MS), // until 8 ms
    ]);
    expect(switches).toEqual([
      [0, 0, -1, 0],
      [MS, 0, 0, 1],
      [3 * MS, 0, 1, 2],
      [4 * MS, 0, 2, 0],
      [8 * MS, 0, 0, -1],
    ]);
  });

  it('does not let a later deadline preempt', () => {
    const { switches } = runReference(edf(10 * MS, 2 * MS), 1, 20 * MS, [
      job(0, 10 * MS),
      job(9 * MS, MS), // until 11 ms
    ]);
    expect(switches).toEqual([
      [0, 0, -1, 0],
      [10 * MS, 0, 0, 1],
      [11 * MS, 0, 1, -1],
    ]);
  });

  it('gives a new deadline at each wake, even if the vCPU has not lost its pCPU', () => {
    const { switches } = runReference(edf(5 * MS, 8 * MS), 1, 9 * MS, [
      one({
        wake: 0,
        script: [
          ['run', 2 * MS],
          ['block', MS],
        ],
      }),
      job(0, 4 * MS), // until 8 ms
    ]);
    expect(switches).toEqual([
      [0, 0, -1, 0],
      [2 * MS, 0, 0, 1],
      // Wakes at 3 ms: until 8 ms, not before the other one.
      [6 * MS, 0, 1, 0],
      [8 * MS, 0, 0, -1],
    ]);
  });

  it('lets those without a deadline have what is left, on any pCPU', () => {
    const { switches, cpuTimes } = runReference(edf(undefined, undefined, 3 * MS), 2, 6 * MS, [
      one(hog(0)),
      one(hog(0)),
      job(MS, 2 * MS),
    ]);
    expect(cpuTimes.reduce((a, b) => a + b)).toBe(12 * MS);
    expect(switches.slice(2)).toEqual([
      [MS, 0, 0, 2],
      [3 * MS, 0, 2, 0],
    ]);
  });
});
