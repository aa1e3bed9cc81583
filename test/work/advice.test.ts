import { describe, expect, it } from 'vitest';
import { adviceStudy, flushedMemory, simulatedWorst } from '../../src/experiment/advice-study.ts';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import { advise, rulesFor } from '../../src/work/advice.ts';
import { flushRule } from '../../src/work/policy.ts';

function study(...overrides: string[]): Experiment {
  const loaded = adviceStudy(costProfileFiles('experiments/advise.yaml'), overrides);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.experiment;
}

function adviceOf({ cells }: Experiment) {
  const [{ setup }] = cells;
  return advise(flushRule(setup.policy), setup.machine.costs, flushedMemory(setup));
}

/** The arithmetic is of typical costs. */
const A53 = 'machine.costs={profile: zcu102-a53, spread: false}';
/** Raises no softirqs of its own. */
const PLAIN = 'machine.scheduler={name: fixed-priority, priorities: {probe: 1}}';

describe('advice', () => {
  it.each([
    [A53],
    ['machine.costs=qemu-icount', 'policies.checked.during.threshold=64'],
    [A53, 'policies.checked.during.threshold=4096'],
    [A53, 'domains.guest.memory.block=4KiB', 'domains.guest.memory.ram=2MiB'],
    [A53, 'policies.checked.during={every: 50us}'],
    [A53, 'policies.checked.during={block: 2MiB}'],
  ])('on the worst wait agrees with simulated flushes: %s %s %s', (...overrides) => {
    const { worst, chunk, window } = adviceOf(study(...overrides));
    const to = `${window + 3 * chunk}ns`;
    const within = ['sampling.to', 'sampling.windows.0.to'].map((path) => `${path}=${to}`);
    const simulated = simulatedWorst(study(...overrides, ...within, 'replications=400'));
    expect(simulated).toBeLessThanOrEqual(worst);
    // Of 400 moments spread over three chunks some are close to the start of one. Two lookups in a chunk would take a stop
    // just before a block's end.
    const { lookup } = study(...overrides).cells[0].setup.machine.costs;
    expect(simulated).toBeGreaterThan(worst - 0.04 * chunk - 2 * lookup);
  });

  it.each([
    [true, 'checked'],
    [false, 'unchecked'],
  ] as const)('on what waits before a flush agrees, with a check there: %s', (before, which) => {
    const never = [`policies.checked.before=${before}`, A53, PLAIN];
    const { worstBefore, window } = adviceOf(study(...never));
    const { costs } = study(...never).cells[0].setup.machine;
    // While the return path checks, interrupts are masked: what comes then is raised in the flush.
    const masked = costs.checkVcpuWork + costs.checkPcpuWork;
    const within = ['sampling.to', 'sampling.windows.0.to'].map(
      (path) => `${path}=${window - masked}ns`,
    );
    const simulated = simulatedWorst(study(...never, ...within, 'replications=300'));
    expect(simulated).toBeLessThanOrEqual(worstBefore[which]);
    expect(simulated).toBeGreaterThan(worstBefore[which] - window);
  });

  it('on the length of a flush and its checks agrees with the machine', () => {
    const { cells } = study(A53);
    const { costs } = cells[0].setup.machine;
    const memory = { pages: 16_384, blockPages: 512 };
    const { checks, checking, flush } = advise(flushRule(cells[0].setup.policy), costs, memory);
    expect(checks).toBe(315);
    expect(checking).toBe(315 * costs.check);
    const entry = costs.flushVmEntry + costs.flushRangeEntry + costs.flushTail;
    expect(flush).toBe(entry + 16_384 * costs.page + 32 * costs.lookup + checking);
  });

  it('for a target is the rule that checks least of those that keep it', () => {
    const [{ setup }] = study(A53).cells;
    const { costs } = setup.machine;
    const memory = flushedMemory(setup);
    for (const target of [2e3, 10e3, 50e3, 1e6]) {
      const { counted, timed } = rulesFor(target, costs, memory);
      if (counted === undefined || timed === undefined)
        throw new Error('a target that can be kept');
      const worst = Math.max(counted.worst, counted.worstInHoles);
      expect(worst).toBeLessThanOrEqual(target);
      expect(worst).toBeGreaterThan(target - costs.page - costs.lookup - 10 * costs.skip);
      expect(timed.worst).toBeLessThanOrEqual(target);
      expect(timed.worst).toBeGreaterThan(target - costs.page - costs.lookup);
    }
  });

  it('for a target below one page is that there is none', () => {
    const [{ setup }] = study(A53).cells;
    const none = rulesFor(1000, setup.machine.costs, flushedMemory(setup));
    expect(none).toEqual({ counted: undefined, timed: undefined });
  });
});
