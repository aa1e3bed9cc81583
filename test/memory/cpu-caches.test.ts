import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { CpuCaches } from '../../src/memory/cpu-caches.ts';

const LINES = 256;

function caches(systemCache = false, pcpus = 2, geometry = { sets: 64, ways: 4 }): CpuCaches {
  return new CpuCaches(pcpus, geometry, LINES, systemCache, randomStream(1, 0, 'ways'));
}
const stale = (of: CpuCaches) =>
  Array.from({ length: LINES }, (_, line) => line).filter((line) => of.isStale(line));
const cleanAll = (of: CpuCaches, pcpu: number) => of.setWay(pcpu, 0, of.positions);

describe('dirty lines', () => {
  it('a line that was written is stale in memory until its cache is cleaned', () => {
    const of = caches();
    expect(of.positions).toBe(256);
    of.write(0, 7);
    expect(stale(of)).toEqual([7]);
    cleanAll(of, 1);
    expect(stale(of), 'the loop of another pCPU').toEqual([7]);
    cleanAll(of, 0);
    expect(stale(of)).toEqual([]);
  });

  it('moves with who writes it', () => {
    const of = caches();
    of.write(0, 7);
    of.write(1, 7);
    cleanAll(of, 0);
    expect(stale(of)).toEqual([7]);
    cleanAll(of, 1);
    expect(stale(of)).toEqual([]);
  });

  it('a loop in two parts on two pCPUs leaves what each did not reach', () => {
    const of = caches();
    for (let line = 0; line < 64; line++) of.write(0, line);
    // Line n is in set n: four positions from 4 n on.
    of.setWay(0, 0, 4 * 20);
    of.setWay(1, 4 * 20, of.positions);
    expect(stale(of)).toEqual(Array.from({ length: 44 }, (_, i) => 20 + i));
    expect(() => of.setWay(0, 0, 257)).toThrow('within the cache');
  });

  it('an eviction writes the line that was there to memory', () => {
    const of = caches(false, 1, { sets: 1, ways: 1 });
    of.write(0, 3);
    of.write(0, 4);
    expect(stale(of)).toEqual([4]);
  });

  it('a system cache keeps what Set/Way cleans; cleaning by address reaches it', () => {
    const of = caches(true);
    of.write(0, 7);
    of.write(1, 70);
    cleanAll(of, 0);
    cleanAll(of, 1);
    expect(stale(of)).toEqual([7, 70]);
    of.cleanPages(0, 1);
    expect(stale(of)).toEqual([70]);
    of.cleanPages(0, 4);
    expect(stale(of)).toEqual([]);
    // A line that only the system cache had is written again as any other.
    of.write(0, 7);
    expect(stale(of)).toEqual([7]);
  });

  it('whoever wrote what where, cleaning all pages leaves nothing, and all pCPUs their loops', () => {
    const writes = fc.array(fc.tuple(fc.nat(2), fc.nat(LINES - 1)), { maxLength: 300 });
    fc.assert(
      fc.property(writes, fc.boolean(), (written, byAddress) => {
        const of = caches(false, 3, { sets: 16, ways: 2 });
        for (const [pcpu, line] of written) of.write(pcpu, line);
        for (const line of stale(of)) expect(written.some(([, each]) => each === line)).toBe(true);
        if (byAddress) of.cleanPages(0, LINES / 64);
        else for (let pcpu = 0; pcpu < 3; pcpu++) cleanAll(of, pcpu);
        expect(stale(of)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
