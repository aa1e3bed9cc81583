import fc from 'fast-check';
import { expect } from 'vitest';
import { tally } from './tally.ts';

const FACTOR = Number(process.env.FUZZ_FACTOR ?? 1);
const SEED = Number(process.env.FUZZ_SEED ?? 1);

/** Settings of a fuzz test: always the same inputs; `npm run fuzz` tries FUZZ_FACTOR times as many. */
export function fuzz(runs: number): { numRuns: number; seed: number } {
  const numRuns = Math.ceil(runs * FACTOR);
  tally('changed or made-up experiments, scenarios, traces, journals and results', numRuns);
  return { numRuns, seed: SEED };
}

/** How many of `runs` inputs there are with FUZZ_FACTOR. */
export function times(runs: number): number {
  return runs * FACTOR;
}

/** Time that one input may take [ms], and memory that all may take together [MB]. */
const TIME_MAX = 2000;
const MEMORY_MAX = 500;

/** Runs `work` on one input, which must not hang; and must leave alone what all objects have in common. */
export function bounded<T>(work: () => T): T {
  const start = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1000).toBeLessThan(TIME_MAX);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect('polluted' in {}).toBe(false);
  return result;
}

/** The heap must not have grown beyond the limit. */
export function expectBoundedMemory(): void {
  expect(process.memoryUsage().heapUsed / 1e6).toBeLessThan(MEMORY_MAX);
}

/** Values that break things where they do not belong. */
const VALUES = [
  'null',
  'true',
  '0',
  '-1',
  '1.5',
  '1e999',
  '-0',
  '9007199254740993',
  '1000000',
  '""',
  '"x"',
  '"../../x"',
  '"/etc/passwd"',
  '"__proto__"',
  '"\\u0000"',
  '"\\ud800"',
  '[]',
  '{}',
  '[[]]',
  '{"__proto__": {"polluted": 1}}',
  '{"constructor": {"prototype": {"polluted": 1}}}',
];

const BITS = ['{', '}', '[', ']', ',', ':', '"', '\\', '\0', '\n', '\ud800', '__proto__', '../'];

type Mutation = (text: string) => string;
const position = fc.double({ min: 0, max: 1, noNaN: true });
const at = (text: string, where: number) => Math.floor(where * text.length);

/** Changes to a text of JSON: most of them leave it JSON, so that the checks behind the parser are reached. */
export const jsonMutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(200), fc.constantFrom(...VALUES)).map(
      ([index, value]): Mutation =>
        (text) => {
          let seen = 0;
          return text.replace(/(?<=[:[,]\s*)(-?[\d.]+|"[^"]*"|true|false|null)/g, (old) =>
            seen++ === index ? value : old,
          );
        },
    ),
  },
  fc.tuple(fc.nat(60), fc.nat(60)).map(
    ([index, other]): Mutation =>
      (text) => {
        const keys = text.match(/"[^"]*"(?=\s*:)/g) ?? [];
        let seen = 0;
        const key = keys[other % Math.max(1, keys.length)] ?? '"x"';
        return text.replace(/"[^"]*"(?=\s*:)/g, (old) => (seen++ === index ? key : old));
      },
  ),
  fc.tuple(position, fc.constantFrom(...BITS)).map(
    ([where, bit]): Mutation =>
      (text) =>
        text.slice(0, at(text, where)) + bit + text.slice(at(text, where)),
  ),
  fc.tuple(position, fc.nat(40)).map(
    ([where, length]): Mutation =>
      (text) =>
        text.slice(0, at(text, where)) + text.slice(at(text, where) + length),
  ),
);

/** Changes to any bytes. */
export const byteMutation: fc.Arbitrary<(bytes: Buffer) => Buffer> = fc.oneof(
  fc.tuple(position, fc.nat(255)).map(([where, value]) => (bytes: Buffer) => {
    const changed = Buffer.from(bytes);
    if (changed.length > 0) changed[Math.floor(where * changed.length)] ^= value;
    return changed;
  }),
  fc.tuple(position, fc.nat(200)).map(([where, length]) => (bytes: Buffer) => {
    const start = Math.floor(where * bytes.length);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + length)]);
  }),
  fc.tuple(position, fc.uint8Array({ maxLength: 20 })).map(([where, more]) => (bytes: Buffer) => {
    const start = Math.floor(where * bytes.length);
    return Buffer.concat([bytes.subarray(0, start), more, bytes.subarray(start)]);
  }),
  fc.tuple(position, position).map(([from, to]) => (bytes: Buffer) => {
    // A part of it once more somewhere else.
    const [start, end] = [Math.min(from, to), Math.max(from, to)].map((where) =>
      Math.floor(where * bytes.length),
    );
    return Buffer.concat([bytes, bytes.subarray(start, end)]);
  }),
);
