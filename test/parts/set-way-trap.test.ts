import { describe, expect, it } from 'vitest';
import { experiment, latencies, run, study } from './small-study.ts';

/** A guest with 64 MiB that does `ops` once. */
const doing = (ops: string, xen = '"4.17"', more = '', domain = '') =>
  run(
    experiment(`
duration: 60ms
machine: {xen: ${xen}, costs: qemu-icount, scheduler: "null" ${more}}
domains: {a: {${domain} memory: {ram: 64MiB}, vcpus: [{guest: {name: program, repeat: false, ops: [${ops}]}}]}}
`),
  );

describe('trap of Set/Way operations (`HCR_EL2.TSW`)', () => {
  it('its studies load', () => {
    expect(study('set-way-loops').cells).toHaveLength(12);
    expect(study('bring-up').cells).toHaveLength(96);
  });

  it('the first one flushes, the others take 420 ns each, as measured', () => {
    const result = doing('[set-way, 1], [set-way, 1], [set-way, 1]');
    expect(result.counters).toMatchObject({ flushes: 1, pages_flushed: 16_384 });
    expect(latencies(result, 'batch').slice(1)).toEqual([420, 420]);
  });

  // A first-level cache, all of an A7 or A53, all of an A15 or A57.
  it.each([512, 8704, 33_280])('a loop of %d: as many traps, one flush', (loop) => {
    const first = latencies(doing('[set-way, 1]'), 'batch')[0];
    const result = doing(`[set-way, ${loop}]`);
    // And the hypercall with which the program ends.
    expect(result.counters).toMatchObject({ flushes: 1, traps: loop + 1 });
    expect(latencies(result, 'batch')).toEqual([first + 420 * (loop - 1)]);
  });

  it.each([512, 8704, 33_280])('a loop of %d, caches off, again, caches on: three', (loop) => {
    const ops = `[set-way, ${loop}], [caches, off], [set-way, ${loop}], [caches, on]`;
    expect(doing(ops).counters).toMatchObject({ flushes: 3, traps: 2 * loop + 3 });
  });

  it('a domain with an IOMMU: flushed in 4.12, refused since 4.16', () => {
    const refused = (xen: string) => {
      const { counters } = doing('[set-way, 3], [caches, off]', xen, '', 'iommu: true,');
      return [counters.flushes, counters.undefs, counters.traps];
    };
    // Refused, the first one turns no trap on: the write to SCTLR goes unseen.
    expect(refused('"4.12"')).toEqual([2, 0, 5]);
    expect(refused('"4.17"')).toEqual([0, 3, 4]);
    expect(refused('master')).toEqual([0, 3, 4]);
  });

  it('a domain with an IOMMU is created with all its entries valid', () => {
    const faults = (domain: string) =>
      doing('[touch, 32MiB]', '"4.17"', ', stage2_bits: 40', domain).counters.stage2_faults;
    expect(faults('iommu: true,')).toBe(0);
    expect(faults('')).toBe(3);
  });
});
