import { type ReplicationResult, replicate } from '../../src/experiment/replication.ts';
import { experimentOf } from './experiments.ts';
import { cpuTimed, type Effort } from './measure.ts';

const FLUSHES = 10;

/**
 * Events of the engine per flush of a guest's memory. A guest of higher priority wakes 16 times from
 * one flush to the next, however long they are: its period and that of the flushes grow with the memory. Nothing else
 * happens, so that the number tells whether events grow with memory.
 * @param gib - memory of the guest [GiB]
 */
export function eventsPerFlush(gib: number, { quick }: Effort): number {
  const { counters } = flushes(gib, quick ? 2 : FLUSHES);
  return counters.events / counters.flushes;
}

/** CPU time to simulate such a flush, with all that happens until the next [us]; the least of 5. */
export function timePerFlush(gib: number): number {
  const count = 10 * FLUSHES;
  const times = Array.from({ length: 5 }, () => cpuTimed(() => flushes(gib, count)));
  return (1e6 * Math.min(...times)) / count;
}

function flushes(gib: number, count: number): ReplicationResult {
  const { cells, seed } = experimentOf(`duration: ${count * gib}s
machine: { costs: { profile: zcu102-a53, spread: false }, scheduler: { name: fixed-priority, priorities: { waker: 1 } } }
domains:
  flusher:
    memory: { ram: ${gib}GiB, block: 2MiB }
    vcpus: [{ guest: { name: set-way-flusher, period: ${gib}s, phase: ${100 * gib}ms } }]
  waker:
    vcpus: [{ guest: { name: periodic-waker, period: ${62500 * gib}us, phase: ${110 * gib}ms } }]
measure: { latencies: [flush] }
`);
  return replicate(cells[0].setup, seed, 0);
}
