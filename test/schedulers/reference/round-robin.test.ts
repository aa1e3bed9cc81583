import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import type { MachineView } from '../../../src/hypervisor/machine/machine-view.ts';
import { RoundRobinScheduler } from '../../../src/schedulers/reference/round-robin.ts';
import { hog, one } from '../scenario-records.ts';
import { runReference } from './reference-run.ts';

const roundRobin = (timeslice: number) => (machine: MachineView) =>
  new RoundRobinScheduler(machine, { timeslice });

describe('round-robin', () => {
  it('lets everybody run for a timeslice in turn', () => {
    const { switches, cpuTimes } = runReference(roundRobin(2 * MS), 1, 10 * MS, [
      one(hog(0)),
      one(hog(0)),
      one(hog(3 * MS)),
    ]);
    expect(switches).toEqual([
      [0, 0, -1, 0],
      [2 * MS, 0, 0, 1],
      // 2 came at 3 ms, after 0, which has waited since 2 ms.
      [4 * MS, 0, 1, 0],
      [6 * MS, 0, 0, 2],
      [8 * MS, 0, 2, 1],
    ]);
    expect(cpuTimes).toEqual([4 * MS, 4 * MS, 2 * MS]);
  });

  it('is not preempted by a wake, and gives a block or a yield the rest of its turn up', () => {
    const { switches } = runReference(roundRobin(5 * MS), 1, 10 * MS, [
      one({ wake: 0, script: [['run', MS], ['yield']] }),
      one({
        wake: 0.5 * MS,
        script: [
          ['run', 3 * MS],
          ['block', 1.5 * MS],
        ],
      }),
    ]);
    expect(switches).toEqual([
      [0, 0, -1, 0],
      [MS, 0, 0, 1],
      [4 * MS, 0, 1, 0],
      // It wakes at 5.5 ms; 0 yields at 5 ms, to nobody, and at 6 ms.
      [6 * MS, 0, 0, 1],
      [9 * MS, 0, 1, 0],
    ]);
  });

  it('uses every pCPU, as far as hard affinity lets it', () => {
    const { cpuTimes, switches } = runReference(roundRobin(MS), 2, 6 * MS, [
      one(hog(0)),
      one(hog(0)),
      one(hog(0, { hard: [1] })),
    ]);
    expect(cpuTimes.reduce((a, b) => a + b)).toBe(12 * MS);
    expect(switches.filter(([, pcpu, , next]) => pcpu === 0 && next === 2)).toEqual([]);
    expect(cpuTimes[2]).toBeGreaterThanOrEqual(2 * MS);
  });
});
