import { type Duration, MS } from '../engine/time.ts';
import type { ProfileSource } from '../experiment/plan/cost-profile.ts';
import { readExperiment } from '../experiment/plan/parse.ts';
import { replicate } from '../experiment/replication.ts';
import type { Setup } from '../experiment/schema/schema.ts';
import { quantileSorted } from '../stats/quantiles.ts';
import { guestModel } from './guest-model.ts';
import { type RecordPlaces, recordWaits } from './recorded-waits.ts';
import type { Workload, WorkloadOp } from './workload.ts';
import { type WorkloadStyle, workloadFile } from './workload-file.ts';

/** What a trace says of wake-ups, and what the same workload gives under a profile. */
export interface WaitCheck {
  /** From wake-up to running, all vCPUs: median and 99th percentile [ns]. */
  readonly recorded: readonly [p50: number, p99: number];
  readonly simulated: readonly [p50: number, p99: number];
  /** The experiment whose wake-ups these are. */
  readonly text: string;
}

/** An experiment that the simulator has written itself: its only cell. */
function setupOf(text: string, profiles: ProfileSource): Setup {
  const loaded = readExperiment('workload.yaml', text, profiles);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('; '));
  return loaded.experiment.cells[0].setup;
}

/**
 * Simulates a workload under a profile as if it were traced, and compares how long vCPUs waited once woken.
 * @returns undefined if an experiment file cannot hold the workload
 */
export function checkWaits(
  workload: Workload,
  costs: string,
  profiles: ProfileSource,
  places: RecordPlaces,
): WaitCheck | undefined {
  const style: WorkloadStyle = { costs, overhead: overheadOf(workload, costs, profiles, places) };
  const file = workloadFile(workload, style);
  if (!file.ok) return undefined;
  const simulated = recordWaits(setupOf(file.text, profiles), places).flatMap(({ waits }) => waits);
  const recorded = workload.vcpus.flatMap(({ record }) => [...record.wakeWaits]);
  return { recorded: quantiles(recorded), simulated: quantiles(simulated), text: file.text };
}

/** How late guests with timers find their clock under a profile, if the workload has any: the median [ns]. */
export function guestLatency(
  workload: Workload,
  costs: string,
  profiles: ProfileSource,
  places: RecordPlaces,
): number | undefined {
  const periodic = workload.vcpus.some((vcpu) => guestModel(vcpu).kind === 'periodic');
  const overhead = overheadOf(workload, costs, profiles, places);
  const file = workloadFile(workload, { costs, overhead, hasPeriodic: true });
  if (!periodic || !file.ok) return undefined;
  const { latencies } = replicate(setupOf(file.text, profiles), 1, 0);
  return latencies.find(({ kind }) => kind === 'virq')?.summary.p50;
}

function quantiles(waits: readonly number[]): [number, number] {
  const sorted = waits.toSorted((a, b) => a - b);
  return [quantileSorted(sorted, 0.5), quantileSorted(sorted, 0.99)];
}

const ROUND: readonly WorkloadOp[] = [
  { kind: 'run', length: MS },
  { kind: 'block', length: MS },
];
const ROUNDS = 40;

/**
 * What the hypervisor needs of the time for which a vCPU is running, and blocked, in one round: found by simulating a vCPU
 * that runs and blocks for a millisecond each, beside a hog if the workload has one.
 */
function overheadOf(
  workload: Workload,
  costs: string,
  profiles: ProfileSource,
  places: RecordPlaces,
): { run: Duration; block: Duration } {
  const record = {
    pcpus: [0],
    migrations: 0,
    run: 0,
    waited: 0,
    runs: 0,
    wakeWaits: [],
    wakes: [],
  };
  const vcpu = { life: 1, vcpu: 0, start: 0, record };
  const hasHog = workload.vcpus.some((one) => guestModel(one).kind === 'hog');
  const round = {
    ...workload,
    pcpus: 1,
    duration: 2 * ROUNDS * MS,
    vcpus: [
      { ...vcpu, domain: 0, ops: Array.from({ length: ROUNDS }, () => ROUND).flat() },
      ...(hasHog ? [{ ...vcpu, domain: 1, ops: [{ kind: 'spin' } as const] }] : []),
    ],
  };
  const file = workloadFile(round, { costs });
  if (!file.ok) throw new Error(file.message);
  const [{ runs, blocks }] = recordWaits(setupOf(file.text, profiles), places);
  const extra = (lengths: readonly number[]) =>
    Math.max(
      0,
      Math.round(
        quantileSorted(
          lengths.toSorted((a, b) => a - b),
          0.5,
        ),
      ) - MS,
    );
  return { run: extra(runs), block: extra(blocks) };
}
