import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { experiment, latencies, run, study } from './small-study.ts';

const measured = JSON.parse(
  readFileSync('test/measured/params-paths.json', 'utf8'),
).tracking_fault_4177;

/** A guest whose code is in its first block; it flushes once, then does `ops`. */
const touching = (memory: string, ops: string, xen = '"4.17"', bits = 40) =>
  run(
    experiment(`
duration: 400ms
machine: {xen: ${xen}, stage2_bits: ${bits}, costs: qemu-icount, scheduler: "null"}
domains:
  a:
    memory: ${memory}
    vcpus: [{guest: {name: program, repeat: false, ops: [[set-way, 1], ${ops}]}}]
`),
  );
const touches = (memory: string, ops: string) => latencies(touching(memory, ops), 'touch');

const TWO_TABLES = (block: string) =>
  `[{start: 1GiB, size: 64MiB, block: ${block}}, {start: 2GiB, size: 64MiB, block: ${block}}]`;
const within = (share: number, value: number, expected: number) =>
  expect(Math.abs(value / expected - 1), `${value} of ${expected}`).toBeLessThan(share);

describe('pages accessed between batches (valid bit)', () => {
  const total = measured.total_per_touch;

  it('a fault of a 1 GiB block, of a 2 MiB block, of a 4 KiB page: within 5 % of what was measured', () => {
    const [oneGib] = touches('{ram: 2GiB, block: 1GiB}', '[touch, 1GiB]');
    const [twoMib] = touches('{ram: 64MiB}', '[touch, 32MiB]');
    const [, fourKib] = touches('{ram: 64MiB, block: 4KiB}', '[touch, 2MiB], [touch, 2052KiB]');
    within(0.05, oneGib, total['1G leaf, 1 fault']);
    within(0.05, twoMib, total['2M leaf, 1 fault']);
    within(0.05, fourKib, total['4K leaf, 1 fault']);
    // They differ in nothing but the resolution.
    const { resolve_leaf: leaf } = measured;
    expect(twoMib - oneGib).toBe(leaf['2M'] - leaf['1G']);
    expect(fourKib - twoMib).toBe(leaf['4K'] - leaf['2M']);
  });

  it('through tables that have to be made valid first: 2 and 3 faults', () => {
    // A touch and a flush before, so that a table has one valid entry as when it was measured.
    const again = (at: string) => `[touch, ${at}], [caches, off], [touch, ${at}]`;
    const block = touches(TWO_TABLES('2MiB'), again('1GiB'));
    const page = touches(TWO_TABLES('4KiB'), again('2MiB'));
    const far = touches(TWO_TABLES('4KiB'), again('1GiB'));
    within(0.05, block[1], total['2M leaf via invalid L1 table, 2 faults']);
    within(0.05, page[1], total['4K leaf via invalid L2 table, 2 faults']);
    within(0.05, far[1], total['4K leaf, 3 faults']);
    // The first time all 32 blocks of the table were valid, then the one that was touched: 5 ns each.
    expect(block[0] - block[1]).toBe(5 * (32 - 1));
  });

  it('after a flush the next instruction faults: once in a 1 GiB block, twice in a 2 MiB one', () => {
    const batch = (memory: string) => latencies(touching(memory, '[run, 1ms]'), 'batch')[0];
    const pages = { oneGib: 2 ** 18, twoMib: 512 };
    // Whole: the trap and the flush of the one block the code is in, the root, and the faults.
    const flush = (n: number, skips: number) =>
      182 + 105 + 11 + 12 + 10 + 34 + n * 368 + 321 + skips * 268 + Math.floor((n - 1) / 52) * 6;
    const end = 81 + 3200 + 12 + 110;
    const oneGib = batch('{ram: 1GiB, block: 1GiB}') - flush(pages.oneGib, 0) - end;
    within(0.05, oneGib, measured.flush_return_to_guest['1G leaf for code (1 insn fault)'] - 122);
    const twoMib = batch('{ram: 64MiB}') - flush(pages.twoMib, 31) - end;
    within(0.05, twoMib, measured.flush_return_to_guest['2M leaf for code (2 insn faults)'] - 122);
  });

  it('only what was touched is flushed; what lies below a table never touched again always is', () => {
    const toggles = '[caches, off], [caches, on]';
    const flushed = (memory: string, ops = toggles) => touching(memory, ops).counters.pages_flushed;
    // The block of the code, three times; with another one touched before the second.
    expect(flushed('{ram: 64MiB}')).toBe(3 * 512);
    expect(flushed('{ram: 64MiB}', `[touch, 32MiB], ${toggles}`)).toBe(4 * 512);
    // Of 4 KiB pages the one of the code, and all below the 31 tables beside it.
    expect(flushed('{ram: 64MiB, block: 4KiB}')).toBe(3 * (1 + 31 * 512));
    // The second GiB has its bits from creation, until one touch below its table takes them.
    expect(flushed(TWO_TABLES('2MiB'))).toBe(3 * (512 + 32 * 512));
    expect(flushed(TWO_TABLES('2MiB'), `[touch, 1GiB], ${toggles}`)).toBe((3 + 32 + 1 + 1) * 512);
  });

  it('does nothing with a root of level 0 before 4.21', () => {
    const counts = (xen: string, bits: number) => {
      const { counters } = touching('{ram: 64MiB}', '[touch, 32MiB], [caches, off]', xen, bits);
      return [counters.pages_flushed, counters.stage2_faults];
    };
    for (const xen of ['"4.12"', '"4.17"']) expect(counts(xen, 44), xen).toEqual([2 * 32 * 512, 0]);
    expect(counts('"4.12"', 40)).toEqual(counts('master', 40));
    // One level more: a fault more for each first touch below the root.
    const [pages, faults] = counts('master', 40);
    expect(counts('master', 44)[0]).toBe(pages);
    expect(counts('master', 44)[1]).toBeGreaterThan(faults);
  });

  it('its study loads', () => {
    expect(study('tracking').cells).toHaveLength(25);
  });
});
