import { MS } from '../engine/time.ts';
import type { ProfileSource } from '../experiment/plan/cost-profile.ts';
import { readExperiment } from '../experiment/plan/parse.ts';
import type { Setup } from '../experiment/schema/schema.ts';
import { type RecordedVcpu, type RecordPlaces, recordWaits } from './recorded-waits.ts';
import type { Workload, WorkloadOp } from './workload.ts';
import { workloadFile } from './workload-file.ts';

/** How long it runs and blocks [ns]: so little that every wake-up is served at once, and longer than a rate limit. */
export const ROUND = { run: MS / 10, block: 2 * MS } as const;
const OPS: readonly WorkloadOp[] = [
  { kind: 'run', length: ROUND.run },
  { kind: 'block', length: ROUND.block },
];
const ROUNDS = 40;

/** An experiment that the simulator has written itself: its only cell. */
export function setupOf(text: string, profiles: ProfileSource): Setup {
  const loaded = readExperiment('workload.yaml', text, profiles);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('; '));
  return loaded.experiment.cells[0].setup;
}

/**
 * Simulates a vCPU that runs and blocks over and over, on a pCPU of its own or beside a hog, on a machine as that
 * of a workload.
 * @param costs - a cost profile as experiment files name it
 */
export function simulateRounds(
  machine: Omit<Workload, 'vcpus' | 'pcpus' | 'duration'>,
  hasHog: boolean,
  costs: string,
  profiles: ProfileSource,
  places: RecordPlaces,
): RecordedVcpu {
  const record = {
    ...{ pcpus: [0], migrations: 0, run: 0, waited: 0, runs: 0 },
    ...{ wakeWaits: [], wakes: [] },
  };
  const vcpu = { life: 1, vcpu: 0, start: 0, record };
  const file = workloadFile(
    {
      ...machine,
      pcpus: 1,
      duration: 2 * ROUNDS * ROUND.block,
      vcpus: [
        { ...vcpu, domain: 0, ops: Array.from({ length: ROUNDS }, () => OPS).flat() },
        ...(hasHog ? [{ ...vcpu, domain: 1, ops: [{ kind: 'spin' } as const] }] : []),
      ],
    },
    { costs },
  );
  if (!file.ok) throw new Error(file.message);
  const [first] = recordWaits(setupOf(file.text, profiles), places);
  return first;
}
