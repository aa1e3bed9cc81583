import type { Duration } from '../engine/time.ts';
import type { ProfileSource } from '../experiment/plan/cost-profile.ts';
import { replicate } from '../experiment/replication.ts';
import { quantileSorted } from '../stats/quantiles.ts';
import { guestModel } from './guest-model.ts';
import { type RecordPlaces, recordWaits } from './recorded-waits.ts';
import { ROUND, setupOf, simulateRounds } from './rounds.ts';
import type { VcpuWorkload, Workload } from './workload.ts';
import { type WorkloadStyle, workloadFile } from './workload-file.ts';

/** A vCPU that is woken so often is one whose wake-ups count. */
const WAKES_MIN = 10;

/** What a trace says of wake-ups, and what the same workload gives under a profile. */
export interface WaitCheck {
  /** From wake-up to running, all vCPUs: median and 99th percentile [ns]. */
  readonly recorded: readonly [p50: number, p99: number];
  readonly simulated: readonly [p50: number, p99: number];
  /** The experiment whose wake-ups these are. */
  readonly text: string;
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
  const overhead = overheadOf(workload, costs, profiles, places);
  const style: WorkloadStyle = { costs, overhead, hasWakers: true };
  const file = workloadFile(workload, style);
  if (!file.ok) return undefined;
  // Who hardly ever wakes up waits for the toolstack that starts it.
  const wakes = ({ record }: VcpuWorkload) => record.wakeWaits.length >= WAKES_MIN;
  const simulated = recordWaits(setupOf(file.text, profiles), places);
  const recorded = workload.vcpus.filter(wakes).flatMap(({ record }) => [...record.wakeWaits]);
  const waits = simulated.flatMap((vcpu, i) => (wakes(workload.vcpus[i]) ? vcpu.waits : []));
  return { recorded: quantiles(recorded), simulated: quantiles(waits), text: file.text };
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
  const file = workloadFile(workload, { costs, overhead, hasPeriodic: true, hasWakers: true });
  if (!periodic || !file.ok) return undefined;
  const { latencies } = replicate(setupOf(file.text, profiles), 1, 0);
  return latencies.find(({ kind }) => kind === 'virq')?.summary.p50;
}

function quantiles(waits: readonly number[]): [number, number] {
  const sorted = waits.toSorted((a, b) => a - b);
  return [quantileSorted(sorted, 0.5), quantileSorted(sorted, 0.99)];
}

/**
 * What the hypervisor needs of the time for which a vCPU is running, and blocked, in one round: found by simulating rounds,
 * beside a hog if the workload has one.
 */
function overheadOf(
  workload: Workload,
  costs: string,
  profiles: ProfileSource,
  places: RecordPlaces,
): { run: Duration; block: Duration } {
  const hasHog = workload.vcpus.some((one) => guestModel(one).kind === 'hog');
  const { runs, blocks } = simulateRounds(workload, hasHog, costs, profiles, places);
  const extra = (lengths: readonly number[], own: Duration) =>
    Math.max(
      0,
      Math.round(
        quantileSorted(
          lengths.toSorted((a, b) => a - b),
          0.5,
        ),
      ) - own,
    );
  return { run: extra(runs, ROUND.run), block: extra(blocks, ROUND.block) };
}
