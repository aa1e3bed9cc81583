import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timed } from './measure.ts';

const CLI = 'dist/cli/main.js';

/**
 * How long `preemptlab run` takes for a study whose replications are next to nothing, to the end of the process [s].
 * @param cells - each with a period of its own
 */
export function runTime(cells: number, replications: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'preemptlab-growth-'));
  const file = join(folder, 'study.yaml');
  const levels = Array.from({ length: cells }, (_, i) => `${1000 + i}us`);
  writeFileSync(
    file,
    `question: How does time grow?
replications: ${replications}
duration: 10ms
machine: { costs: zero }
policies: { upstream: { before: true, during: { threshold: 512 } } }
domains: { waker: { vcpus: [{ guest: { name: periodic-waker, period: 1ms } }] } }
factors: { period: { set: domains.waker.vcpus.0.guest.period, levels: [${levels.join(', ')}] } }
measure: { latencies: [wakeup] }
`,
  );
  const args = [CLI, 'run', file, '--jobs', '2', '--quiet', '--out', join(folder, 'out')];
  try {
    return timed(() => {
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
