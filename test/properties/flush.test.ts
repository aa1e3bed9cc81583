import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { readExperiment } from '../../src/experiment/plan/parse.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { keepsLaws } from './flush-laws.ts';
import { flushMachines } from './flush-machines.ts';

const STYLES = ['in-place', 'continuation', 'tasklet', 'work-queue', 'no-softirqs'];

/** What a guest's flushes have to clean, by style: a guest that writes some blocks before each of them. */
function pagesByStyle(
  threshold: number,
  blocks: readonly number[],
  period: number,
  block: string,
): number[][] {
  const ops = ['[set-way, 1]', '[caches, off]', '[caches, on]'].flatMap((op, i) =>
    blocks.slice(i * 2, i * 2 + 2).flatMap((at) => [`[touch, ${2 * at}MiB]`, op]),
  );
  const text = `
question: Do all styles flush the same?
replications: 1
duration: 400ms
machine: {stage2_bits: 40, costs: qemu-icount, scheduler: {name: round-robin, timeslice: 1ms}}
domains:
  a: {memory: {ram: 16MiB, block: ${block}}, vcpus: [{guest: {name: program, repeat: false, ops: [${ops}]}}]}
  b: {vcpus: [{guest: {name: periodic-waker, period: ${period}us, run: 20us}}, {guest: hog}]}
policies: {${STYLES.map((style) => `${style}: {before: true, during: {threshold: ${threshold}}, style: ${style}}`).join(', ')}}
`;
  const loaded = readExperiment('styles.yaml', text, costProfileFiles('experiments/styles.yaml'));
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.experiment.cells.map(({ setup }) => {
    const { flushes, pages_flushed } = replicate(setup, 1, 0).counters;
    return [flushes, pages_flushed];
  });
}

describe('machines that flush', () => {
  it('keep their laws under every scheduler and policy', () => {
    fc.assert(
      fc.property(flushMachines, (machine) => {
        fc.pre(machine !== undefined);
        keepsLaws(machine);
      }),
      { numRuns: 100 },
    );
  });

  it('flush the same pages, whatever is done at check points', () => {
    const input = [
      fc.integer({ min: 10, max: 2000 }),
      fc.array(fc.nat(7), { minLength: 6, maxLength: 6 }),
      fc.integer({ min: 150, max: 3000 }),
      fc.constantFrom('2MiB', '4KiB'),
    ] as const;
    fc.assert(
      fc.property(...input, (threshold, blocks, period, block) => {
        const [inPlace, ...others] = pagesByStyle(threshold, blocks, period, block);
        expect(inPlace[0]).toBeGreaterThanOrEqual(3);
        for (const each of others) expect(each).toEqual(inPlace);
      }),
      { numRuns: 15 },
    );
  });
});
