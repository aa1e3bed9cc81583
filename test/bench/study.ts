import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECOND } from '../../src/engine/time.ts';
import { replicate } from '../../src/experiment/replication.ts';
import type { Cell, Experiment } from '../../src/experiment/schema/schema.ts';
import { experimentFile } from './experiments.ts';
import { type Effort, fastest, median, timed } from './measure.ts';

const CLI = 'dist/cli/main.js';
const HELPS = 20;
const REPLICATIONS = 10;
/**
 * The main study as it was defined at 9e095f7, but for its second cost profile, which is no more: whatever the study becomes, speed is
 * compared on the same work.
 */
const INPUT = 'test/bench/inputs/main-study-2026-11-27.yaml';

/** The main study of `INPUT` on one pCPU: simulated time per time, in the cell that has the most events. Its probes are on. */
export function simulatedSeconds(effort: Effort): number {
  const experiment = experimentFile(INPUT);
  const { setup } = densestCell(experiment, effort);
  const replications = effort.quick ? 1 : REPLICATIONS;
  const simulated = (replications * setup.duration) / SECOND;
  const seconds = fastest(effort, () =>
    timed(() => {
      for (let i = 0; i < replications; i++) replicate(setup, experiment.seed, i);
    }),
  );
  return simulated / seconds;
}

function densestCell({ cells, seed }: Experiment, { quick }: Effort): Cell {
  const candidates = cells.filter(({ setup }) => setup.machine.pcpus === 1);
  const events = candidates
    .slice(0, quick ? 1 : candidates.length)
    .map(({ setup }) => replicate(setup, seed, 0).counters.events);
  return candidates[events.indexOf(Math.max(...events))];
}

/** How long the main study takes on the command line, with two workers, to the end of the process [s]. */
export function studyTime({ quick, runs }: Effort): number {
  const out = mkdtempSync(join(tmpdir(), 'preemptlab-bench-'));
  const less = ['--replications', '2', '--filter', 'upstream/base'];
  const args = ['run', 'experiments/dario.yaml', '--jobs', '2', '--quiet', '--out'];
  try {
    // A process of its own: there is nothing to warm up. Of many runs of so long a work, two are enough.
    const times = Array.from({ length: Math.min(runs, 2) }, (_, i) =>
      commandTime([...args, join(out, String(i)), ...(quick ? less : [])]),
    );
    return Math.min(...times);
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** How long `--help` takes, to the end of the process; the middle one of 20 [ms]. */
export function helpTime({ quick }: Effort): number {
  const times = Array.from({ length: quick ? 1 : HELPS }, () => commandTime(['--help']));
  return 1000 * median(times);
}

function commandTime(args: readonly string[]): number {
  return timed(() => {
    const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
    if (status !== 0)
      throw new Error(`preemptlab ${args.join(' ')}: exit code ${status}\n${stderr}`);
  });
}
