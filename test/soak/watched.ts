import { buildMachine } from '../../src/experiment/build/build.ts';
import { loadExperiment } from '../../src/experiment/plan/load.ts';
import type { Setup } from '../../src/experiment/schema/schema.ts';
import {
  affinityRespected,
  onePlaceAtATime,
  ratelimitRespected,
  soundDecisions,
  timeAddsUp,
} from '../properties/laws.ts';
import { FREE } from '../properties/scenarios.ts';
import { SCHEDULERS, type SchedulerCase } from '../properties/schedulers.ts';
import { Watch } from '../properties/watch.ts';

/** The laws that hold whatever the costs and the settings of the scheduler are. */
const LAWS = [
  affinityRespected,
  onePlaceAtATime,
  ratelimitRespected,
  soundDecisions,
  timeAddsUp,
] as const;

/** What the scheduler of a setup promises. */
function caseOf({ scheduler }: Setup['machine']): SchedulerCase {
  const found = SCHEDULERS.find(({ name }) => name.split(' ')[0] === scheduler.name);
  if (found === undefined) throw new Error(`nothing is known about ${scheduler.name}`);
  return { ...found, ratelimit: 'ratelimit' in scheduler ? scheduler.ratelimit : 0 };
}

/** Carries out the first replication of every cell, watched. Rejects if a law is broken. */
export async function keepsLaws(file: string): Promise<void> {
  const loaded = loadExperiment(file);
  if (!loaded.ok) return;
  const { cells, seed } = loaded.experiment;
  for (const { setup } of cells) {
    const watch = new Watch();
    const { machine } = buildMachine(setup, seed, 0, watch);
    machine.run(setup.duration);
    watch.end();
    for (const law of LAWS) law(watch, caseOf(setup.machine), FREE);
  }
}
