import { describe, expect, it } from 'vitest';
import { VersionClues } from '../../src/traces/version-clues.ts';

const HZ = 1e9;
const [A, B, C] = [1, 2, 3].map((domain) => domain * 65536);

type Row = readonly [event: number, words: readonly number[]];

/** Clues of records of pCPU 0, over and over, `gap` ticks apart. */
function cluesOf(rows: readonly Row[], gap = 10, rounds = 8): VersionClues {
  const clues = new VersionClues();
  let ticks = 0;
  for (let round = 0; round < rounds; round++) {
    for (const [event, words] of rows) {
      clues.record({ byte: 0, pcpu: 0, event, ticks, words });
      ticks += gap;
    }
  }
  return clues;
}

/** B preempts A, which has 7 ms of credit left, and has 9 ms itself; somebody else waits with some credit. */
const preempts = (slice: number, head?: number): Row[] => [
  ...(head === undefined
    ? []
    : ([
        [0x22203, [C, head]],
        [0x21211, [C]],
      ] as Row[])),
  [0x22203, [A, 7e6]],
  [0x22214, [B, 0xffffffff, 9e6]],
  [0x2800e, [1, 0, 1e6]],
  [0x2800f, [2, 0, 5e6, slice]],
  [0x21011, [A]],
  [0x21101, [B]],
];

describe('the version of Xen', () => {
  it('is master if slices of credit2 end where who was preempted would catch up, 4.17 if not', () => {
    expect(cluesOf(preempts(2e6)).version(HZ, false)).toBe('master');
    expect(cluesOf(preempts(9e6)).version(HZ, false)).toBe('4.17');
    expect(cluesOf(preempts(6e6, 3e6)).version(HZ, false)).toBe('4.17');
    // As long as the rate limit at least.
    const short = preempts(1e6).map(
      ([event, words]): Row => [event, words[0] === A ? [A, 8.5e6] : words],
    );
    expect(cluesOf(short).version(HZ, false)).toBe('master');
  });

  it('is not known from a slice that both would give, or that none would', () => {
    expect(cluesOf(preempts(2e6, 7.5e6)).version(HZ, false)).toBeUndefined();
    expect(cluesOf(preempts(4e6)).version(HZ, false)).toBeUndefined();
    expect(cluesOf(preempts(9e6), 10, 2).version(HZ, false)).toBeUndefined();
  });

  it('is before 4.13 if waits count from wakes, or records of credit2 have a word more', () => {
    expect(cluesOf([]).version(HZ, true)).toBe('4.12');
    expect(cluesOf([[0x22207, [A, 0, 1e7, 2]]]).version(HZ, undefined)).toBe('4.12');
    expect(cluesOf([[0x22214, [A, 0, 0, 9e6]]]).version(HZ, undefined)).toBe('4.12');
    expect(cluesOf([[0x2800e, [1, 9e6]]]).version(HZ, undefined)).toBe('4.12');
  });

  it('is before 4.18 if credit looks for work more often than once per ms', () => {
    expect(cluesOf([[0x2200b, [1, 0]]], 300_000).version(HZ, false)).toBe('4.17');
    expect(cluesOf([[0x2200b, [1, 0]]], 1_000_000).version(HZ, false)).toBeUndefined();
    // One search looks at several pCPUs.
    expect(cluesOf([[0x2200b, [1, 0]]], 500).version(HZ, false)).toBeUndefined();
  });
});
