import fc from 'fast-check';
import { describe, it } from 'vitest';
import { MS, US } from '../../src/engine/time.ts';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { readExperiment } from '../../src/experiment/plan/parse.ts';
import { capsHold, LAWS, noStarvation, sameDecisions, sharesFollowWeights } from './laws.ts';
import { FREE, type Hypervisor, hogs, run, scenarios } from './scenarios.ts';
import { SCHEDULERS, type SchedulerCase } from './schedulers.ts';

/** What Xen costs on the measured machine, with Xen's timers. */
function measured(): Hypervisor {
  const text = `question: none
replications: 1
duration: 1s
machine: {costs: qemu-icount}
domains: {d: {vcpus: [{guest: hog}]}}
`;
  const loaded = readExperiment('x.yaml', text, costProfileFiles('experiments/x.yaml'));
  if (!loaded.ok) throw new Error('the shipped cost profile is sound');
  const { costs } = loaded.experiment.cells[0].setup.machine;
  return { costs, timers: { slop: 50 * US }, path: 50 * US };
}

const HYPERVISORS: Readonly<Record<string, Hypervisor>> = {
  'a free hypervisor': FREE,
  'a measured hypervisor': measured(),
};

const eachLaw = (scheduler: SchedulerCase, hypervisor: Hypervisor) =>
  fc.property(scenarios, (scenario) => {
    const watch = run(scheduler, scenario, hypervisor);
    for (const [name, law] of Object.entries(LAWS))
      named(name, () => law(watch, scheduler, hypervisor));
  });

/** Says which law was broken. */
function named(law: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new Error(`law ${law}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Holds them for each scheduler; 5 runs are a few dozen random scenarios of each law. */
export function holdSchedulerLaws(runs: number): void {
  describe.each(SCHEDULERS.map((scheduler) => [scheduler.name, scheduler] as const))(
    '%s',
    (_, scheduler) => {
      for (const [name, hypervisor] of Object.entries(HYPERVISORS)) {
        it(`keeps its laws on ${name}`, () => {
          fc.assert(eachLaw(scheduler, hypervisor), { numRuns: 8 * runs });
        });
      }

      it('decides the same way again', () => {
        const again = fc.property(scenarios, (scenario) => {
          sameDecisions(run(scheduler, scenario), run(scheduler, scenario));
        });
        fc.assert(again, { numRuns: 2 * runs });
      });

      // Laws that only some schedulers promise.
      if (scheduler.longestWait)
        it('starves nobody', () => {
          const law = fc.property(scenarios, ({ pcpus, vcpus }) => {
            const free = vcpus.map((vcpu) => ({ ...vcpu, hard: undefined }));
            const scenario = { pcpus, duration: 1500 * MS, vcpus: free };
            noStarvation(run(scheduler, scenario), scheduler, FREE);
          });
          fc.assert(law, { numRuns: 2 * runs });
        });

      const { shareError, capExcess } = scheduler;

      if (shareError)
        it('shares by weight', () => {
          const weights = fc.array(fc.integer({ min: 256, max: 512 }), {
            minLength: 2,
            maxLength: 4,
          });
          const law = fc.property(weights, (some) => {
            const scenario = { pcpus: 1, duration: 3000 * MS, vcpus: hogs(some) };
            sharesFollowWeights(run(scheduler, scenario), shareError ?? 0);
          });
          fc.assert(law, { numRuns: 3 * runs });
        });

      if (capExcess)
        it('holds caps', () => {
          const law = fc.property(fc.integer({ min: 5, max: 100 }), (cap) => {
            const scenario = { pcpus: 2, duration: 3000 * MS, vcpus: hogs([256], cap) };
            capsHold(run(scheduler, scenario), capExcess ?? 0);
          });
          fc.assert(law, { numRuns: 2 * runs });
        });
    },
  );
}
