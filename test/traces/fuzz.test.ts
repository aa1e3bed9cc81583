import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { importCommand } from '../../src/cli/import.ts';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { readExperiment } from '../../src/experiment/plan/parse.ts';
import { importXentrace } from '../../src/traces/import-xentrace.ts';
import { workloadFile } from '../../src/traces/workload-file.ts';
import { writeXentrace } from '../../src/traces/xentrace.ts';
import { readXentrace } from '../../src/traces/xentrace-reader.ts';
import { ByteProblems } from '../../src/traces/xentrace-windows.ts';
import { temporaryFolder } from '../cli/cli.ts';
import { bounded, byteMutation, expectBoundedMemory, fuzz, times } from '../fuzzing.ts';
import { CROWD, FLUSHES, joined, recorded } from './timelines.ts';
import { CONTINUE, change, file, goesOn, LOST, WRAP, type Written } from './xentrace-bytes.ts';

const written = (text: string) =>
  Buffer.from(joined(writeXentrace(recorded(text).timeline).pieces)).subarray(0, 3000);

/** Files that are right: two from the simulator, and one in which records were lost. */
const RIGHT: readonly Buffer[] = [
  written(CROWD),
  written(FLUSHES),
  file(
    goesOn(0, 1, 0),
    change(0, 6, 1, 2, 1),
    { cpu: 0, tsc: 101, event: LOST, words: [7, 0, 21, 0] },
    change(0, 111, 0, 2, 1),
    { cpu: 0, tsc: undefined, event: WRAP },
    goesOn(1, 2, 1, 32767),
    change(1, 41, 1, 0, 1, 32767),
    change(1, 41, 1, 1, 0),
    change(1, 51, 1, 0, 2),
    goesOn(1, 121, 2),
  ),
];

/** Words that are something else where they do not belong. */
const WORDS = [0, 1, 2 ** 31, 2 ** 32 - 1, 0x2001f003, 0x80021002, 0xc001f001, 0x7001f002, 256];

const wordMutation = fc
  .tuple(fc.nat(), fc.oneof(fc.constantFrom(...WORDS), fc.nat(2 ** 32 - 1)))
  .map(([where, word]) => (bytes: Buffer) => {
    const changed = Buffer.from(bytes);
    const words = Math.floor(bytes.length / 4);
    if (words > 0) changed.writeUInt32LE(word, 4 * (where % words));
    return changed;
  });

const mutated = fc
  .tuple(
    fc.constantFrom(...RIGHT),
    fc.array(fc.oneof(byteMutation, wordMutation), { minLength: 1, maxLength: 3 }),
  )
  .map(([bytes, mutations]) => mutations.reduce((changed, mutate) => mutate(changed), bytes));

const few = (most: number) => fc.integer({ min: 0, max: most });
const record: fc.Arbitrary<Written> = fc.record({
  cpu: fc.oneof(few(2), fc.constant(255)),
  tsc: fc.option(fc.oneof(few(50), fc.nat({ max: Number.MAX_SAFE_INTEGER })), { nil: undefined }),
  event: fc.oneof(
    fc.tuple(few(4), few(4)).map(([from, to]) => 0x21001 + (from << 8) + (to << 4)),
    fc.constantFrom(CONTINUE, LOST, WRAP, 0x28003, 0x3f001),
  ),
  words: fc.array(fc.oneof(few(3), fc.constantFrom(65536, 65537, 32767 * 65536, 2 ** 32 - 1)), {
    maxLength: 7,
  }),
});
/** Records of any kind, in windows that are right. */
const generated = fc.array(record, { maxLength: 12 }).map((records) => file(...records));

/** Says of any bytes: they are a workload that can be read as an experiment, or have problems at bytes. */
function check(bytes: Buffer): boolean {
  const told = new ByteProblems();
  let last = Number.NEGATIVE_INFINITY;
  bounded(() => {
    for (const { byte, ticks } of readXentrace(bytes, told).records) {
      expect(byte).toBeLessThan(bytes.length);
      expect(ticks).toBeGreaterThanOrEqual(last);
      last = ticks;
    }
  });
  const result = bounded(() => importXentrace(bytes, { hz: 1e9 }));
  if (result.ok) {
    expect(told.found).toEqual([]);
    const workload = workloadFile(result.workload);
    if (!workload.ok) throw new Error(workload.message);
    const costs = costProfileFiles('experiments/x.yaml');
    expect(readExperiment('x.yaml', workload.text, costs)).toMatchObject({ ok: true });
    return true;
  }
  const { problems } = result;
  expect(problems.length).toBeGreaterThan(0);
  expect(problems).toEqual(problems.toSorted((a, b) => a.byte - b.byte));
  for (const { byte, message } of problems) {
    expect(Number.isInteger(byte) && byte >= 0 && byte <= bytes.length).toBe(true);
    expect(message).toMatch(/^\w.{5,}/);
    expect(message).not.toMatch(/undefined|NaN|\[object/);
  }
  return false;
}

describe('bytes that are no trace', () => {
  it('start from traces that are right', () => {
    expect(RIGHT.map(check)).toEqual([true, true, true]);
  });

  it.each([
    ['are nearly one', mutated, 400],
    ['have records of any kind', generated, 200],
    ['are any', fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)), 50],
  ])('that %s are imported or explained, never thrown at', (_, inputs, runs) => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(inputs, (bytes) => {
        seen[check(bytes) ? 'accepted' : 'refused']++;
      }),
      fuzz(runs),
    );
    expect(seen.refused).toBeGreaterThan(times(20));
    if (inputs === mutated) expect(seen.accepted).toBeGreaterThan(times(20));
    expectBoundedMemory();
  });
});

describe('preemptlab import', () => {
  it('of such bytes says where it is wrong, and writes the workload or nothing', async () => {
    const folder = temporaryFolder();
    const trace = join(folder, 'trace.xen');
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const out = join(folder, 'out');
    await fc.assert(
      fc.asyncProperty(mutated, async (bytes) => {
        writeFileSync(trace, bytes);
        error.mockClear();
        const code = await bounded(() => importCommand(trace, { cpuHz: '1G', out }));
        if (code === 0) {
          expect(readdirSync(out).sort()).toEqual(['.preemptlab', 'workload.yaml']);
          rmSync(out, { recursive: true });
        } else {
          expect(code).toBe(2);
          const lines = error.mock.calls.flat().join('\n').split('\n');
          for (const line of lines) expect(line.startsWith(`${trace}: byte `), line).toBe(true);
        }
        expect(readdirSync(folder)).toEqual(['trace.xen']);
      }),
      fuzz(50),
    );
    error.mockRestore();
    log.mockRestore();
  });
});
