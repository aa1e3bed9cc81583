import { createHash } from 'node:crypto';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { Outcome } from '../experiment/outcome.ts';
import { replicate } from '../experiment/replication.ts';
import { vcpuNames } from '../experiment/vcpu-names.ts';
import { encodeRecord } from '../results/record.ts';
import { noteLoaded } from './end-guard.ts';
import { SampleArchive } from './sample-archive.ts';
import type { Task } from './tasks.ts';

noteLoaded();

/** A replication as it goes to the journal. */
export interface Report {
  readonly replication: number;
  readonly line: string;
  readonly failed: boolean;
  readonly samples: readonly Uint8Array[];
}

/** What a task gave, and how long it took [ms]. */
export interface TaskReport {
  readonly reports: readonly Report[];
  readonly time: number;
}

/**
 * Carries out a task, and makes its results ready to be written, so that the main thread only has to write. A
 * replication that breaks is returned as a value, because errors lose what they say on their way between threads.
 */
export default function runTask(task: Task): TaskReport | ReturnType<typeof move> {
  const start = performance.now();
  const reports = task.replications.map((replication): Report => {
    try {
      return succeeded(task, replication);
    } catch (error) {
      const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      const outcome: Outcome = { ok: false, replication, message };
      const line = encodeRecord({ cell: task.head[0], outcome }, task.key);
      return { replication, line, failed: true, samples: [] };
    }
  });
  const report: TaskReport = { reports, time: performance.now() - start };
  const buffers = reports.flatMap(({ samples }) => samples.map(({ buffer }) => buffer));
  if (buffers.length === 0) return report;
  // Samples are handed over, not copied.
  return move({
    get [transferableSymbol]() {
      return buffers;
    },
    get [valueSymbol]() {
      return report;
    },
  });
}

/** Runs a replication; its samples are compressed while they come. */
function succeeded({ head, setup, seed, key }: Task, replication: number): Report {
  const archive = new SampleArchive([...head, String(replication)], vcpuNames(setup));
  const { samples: _, ...result } = replicate(setup, seed, replication, archive.sink);
  const outcome: Outcome = { ok: true, replication, result };
  const members = archive.end();
  const hash = createHash('sha256');
  for (const member of members) hash.update(member);
  const bytes = members.reduce((sum, { length }) => sum + length, 0);
  const blob = bytes === 0 ? undefined : { bytes, sha256: hash.digest('hex') };
  const line = encodeRecord({ cell: head[0], outcome, samples: blob }, key);
  return { replication, line, failed: false, samples: members };
}
