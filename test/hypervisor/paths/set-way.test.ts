import { describe, expect, it } from 'vitest';
import type { JobRun } from '../../../src/hypervisor/jobs/job-run.ts';
import {
  OP_CACHES_OFF,
  OP_CACHES_ON,
  OP_RUN,
  OP_SET_WAY,
  OP_SPIN,
} from '../../../src/hypervisor/ports.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import { domainsOf, ListGuest, PlainWork, smallMachine } from '../small-machine.ts';

/** How many flushes and traps a sequence of operations causes. */
function run(...operations: number[]): { flushes: number; traps: number } {
  let flushes = 0;
  class Flushes extends Probe {
    override jobDone({ job }: JobRun): void {
      if (job.name === 'flush') flushes++;
    }
  }
  const guest = new ListGuest([
    ...operations.flatMap((op): [number, number?][] => [[OP_RUN, 10], [op]]),
    [OP_SPIN],
  ]);
  const machine = smallMachine(
    domainsOf({ guest, start: 0, work: { flush: new PlainWork(2, 5) } }),
    {},
    { probe: new Flushes() },
  );
  machine.run(1e6);
  return { flushes, traps: machine.pcpus[0].trapCount };
}

describe('the traps that flush', () => {
  it('Set/Way: the first operation only, but every one traps', () => {
    expect(run(OP_SET_WAY)).toEqual({ flushes: 1, traps: 1 });
    expect(run(...new Array(512).fill(OP_SET_WAY))).toEqual({ flushes: 1, traps: 512 });
  });

  it('caches off and on again while VM registers are trapped: one flush each', () => {
    expect(run(OP_SET_WAY, OP_CACHES_OFF)).toEqual({ flushes: 2, traps: 2 });
    expect(run(OP_SET_WAY, OP_CACHES_OFF, OP_CACHES_ON)).toEqual({ flushes: 3, traps: 3 });
  });

  it('no trap of VM registers before the first Set/Way operation, nor after the caches are on', () => {
    expect(run(OP_CACHES_OFF, OP_CACHES_ON)).toEqual({ flushes: 0, traps: 0 });
    expect(run(OP_SET_WAY, OP_CACHES_ON, OP_CACHES_OFF)).toEqual({ flushes: 1, traps: 2 });
  });

  it('a write that changes nothing traps but does not flush', () => {
    expect(run(OP_SET_WAY, OP_CACHES_OFF, OP_CACHES_OFF)).toEqual({ flushes: 2, traps: 3 });
  });

  it('the caches on again, a Set/Way operation is a first one again', () => {
    expect(run(OP_SET_WAY, OP_CACHES_ON, OP_SET_WAY)).toEqual({ flushes: 2, traps: 3 });
  });

  it('a boot that cleans all, turns the caches off, cleans all and turns them on: three', () => {
    const batch = new Array(100).fill(OP_SET_WAY);
    expect(run(...batch, OP_CACHES_OFF, ...batch, OP_CACHES_ON)).toEqual({
      flushes: 3,
      traps: 202,
    });
  });
});
